"""HTML pages: what students see, and what only instructors see. They need no network.

plan.py        which grades stand on which page of a student's
wording.py     points, times, rules and statuses in the words of the pages
rendering.py   a page from a template in templates/
students.py    a page of feedback, and the board of lowest values
statistics.py  scores, checks, mistakes and losses of a whole class
matrix.py      a row for each person, a column for each exercise
class_page.py  all of it for instructors
"""
