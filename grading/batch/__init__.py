"""A class: collect submissions, grade them side by side, keep every result, give out the grades.

collect.py   folders, archives and downloads of learning platforms -> submissions
roster.py    submissions -> people
store.py     what was graded, content-addressed, in one SQLite file
run.py       what is left to grade, on a pool, and what changed since
grades.py    raw score, late penalty, score: latest or best attempt
"""
