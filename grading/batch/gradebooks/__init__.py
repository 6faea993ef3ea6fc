"""Grades and feedback, out again: this project's own tables, and what platforms import.

csv_writer.py   rows as CSV, and text that no spreadsheet runs
entry.py        what a gradebook gets for one person and exercise, rounded once
remarks.py      one sentence of feedback for a cell
exports.py      the gradebooks that platforms export, found among the rosters
columns.py      the column of an export that an exercise fills
book.py         what every gradebook is made from, and what there is to know about it
canvas.py       canvas.csv
moodle.py       moodle.csv
worksheet.py    moodle_worksheet.csv
blackboard.py   blackboard.csv
brightspace.py  brightspace.csv
zips.py         feedback-PLATFORM.zip
uploads.py      all of these, and what must fit before anything is graded
nbgrader.py     nbgrader.csv
own.py          grades.csv and answers.csv
"""
