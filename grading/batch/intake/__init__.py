"""What came in: a folder becomes hand-ins, each with the work that counts and the time it came in.

files.py      the files in a folder or archive, bounded in number and size
choice.py     which of several files is the work on an exercise
commits.py    when a clone's work was committed, read without trusting its configuration
times.py      the evidence for a time, and how late it makes a hand-in
collect.py    the whole folder
"""
