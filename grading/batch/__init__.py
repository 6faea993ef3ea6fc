"""A class: collects submissions, grades them in parallel, stores every result, writes the grades.

intake/        what came in, and whose, and when
platforms/     the layouts of each platform's download
people/        rosters, and the evidence for a person
paths.py       what lies at a path
vocabulary.py  words that are nobody's name
taking.py      takes in what a run is told, all of it or nothing
store.py       results, matches, marks, decisions, the ledger, in one SQLite file; migration.py
ledger.py      what earlier runs have seen and this folder lacks
run.py         grades what is left, on a fleet
counting.py    which of several attempts counts
lateness.py    days late, and the penalty for them
grades.py      raw score, penalty, score, final points; the zero for nothing handed in
decisions.py   overrides, extensions, excuses
by_hand.py     points that people give
changes.py     what became different since the last run
attention.py   what a person must settle, and the words for it
similar.py     hand-ins that are alike, by fingerprints.py
gradebooks/    grades and feedback for platforms, and this project's own tables
files.py       everything that is written, with gradebooks/ and pages/
pages/         what students see, and what only instructors see
generated.py   writes files whole, keeps edited ones, removes old ones
console.py     what is said at the end
command.py     all of it, in order
"""
