"""Who handed in what: a roster is read, and each submission is matched to a person or to nobody.

names.py      names compared letter for letter, and their spellings without accents
roster.py     rosters, as people write them and as platforms export them
matching.py   the evidence for a person, the strongest first
decisions.py  what a person decided with --match, and people.csv
"""
