"""Hand the course out: a student edition, and an autograder for Gradescope.

`command.py` leads; `record.py` asks the reference and known mistakes, `trim.py` leaves out of the
checks what only hidden ones use, `contents.py` lists the files, `secrets.py` and `leaks.py` prove
that no answer is among them, `proofs.py` that the edition works.
"""
