"""A class: collects submissions, grades them in parallel, stores every result, writes the grades.

collect.py   folders, archives and downloads from learning platforms -> submissions
people.py    submissions -> people
store.py     every result, content-addressed, in one SQLite file
run.py       grades what is left, on a fleet, and notes what changed
grades.py    raw score, late penalty, score: latest or best attempt
"""
