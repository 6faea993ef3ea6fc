"""Hands the course out as a student edition.

`command.py` leads; `record.py` asks the reference and known mistakes, `public_part.py` drops
everything that only hidden checks use, `contents.py` lists the files, `secrets.py` and `leaks.py`
prove that they hold no answers, and `proofs.py` that the edition works.
"""
