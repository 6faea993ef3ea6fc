"""Who handed in what: a roster is read, and each submission is matched to a person or to nobody.

names.py      names compared letter for letter, and their spellings without accents
person.py     a person, and what identifies one
sheet.py      a roster as its file has it: cells, and the person of each row
roster.py     rosters, as people write them and as platforms export them
merging.py    one person from several rows
evidence.py   what is known about an author, and a match
steps.py      the kinds of evidence, the strongest first
doubts.py     what speaks against a match
matching.py   the strongest evidence for a person
decisions.py  what a person decided with --match, and people.csv
"""
