"""A class: collects submissions, grades them in parallel, stores every result, writes the grades.

intake/        what came in, and whose, and when
platforms/     the layouts of each platform's download
people/        rosters, and the evidence for a person
paths.py       what lies at a path
vocabulary.py  words that are nobody's name
store.py       every result, content-addressed, in one SQLite file
run.py         grades what is left, on a fleet, and notes what changed
grades.py      raw score, late penalty, score: latest or best attempt
by_hand.py     points that people give
attention.py   what a person must settle
similar.py     hand-ins that are alike, by fingerprints.py
files.py       everything that is written, with gradebooks.py and statistics.py, and the pages
pages.py       what students see; class_page.py, matrix.py: what instructors see; wording.py
console.py     what is said at the end
command.py     all of it, in order
"""
