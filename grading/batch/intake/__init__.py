"""What came in: a folder becomes hand-ins, each with the work that counts and the time it came in.

layout.py     which platform's download a folder is, and where it begins
files.py      the files in a folder or archive, bounded in number and size
naming.py     what the name of a file says
choice.py     which of several files is the work on an exercise
answers.py    which of several files holds the answers to its questions
collected.py  one attempt of one author at one exercise, and the work in it
attempts.py   the attempts of one author, compared with each other
collect.py    the whole folder
identify.py   whose each hand-in is, and when it came in
times.py      the evidence for a time, and how late it makes a hand-in
commits.py    when a clone's work was committed, read without trusting its configuration
"""
