"""Downloads of the platforms on which students hand in: names and times, as each writes them.

Each module recognizes its own platform's names among those of a folder, and makes hand-ins of them:

    hand_in.py      what all of them make
    canvas.py       doejane_LATE_1234_56789_ex1_vanilla_rnn-1.py
    moodle.py       Jane Doe_123456_assignsubmission_file_/ex1_vanilla_rnn.py
    gradescope.py   submission_123456/, with submission_metadata.yml beside it
    blackboard.py   Homework 1_jdoe_attempt_2026-10-05-21-02-38_ex1_vanilla_rnn.py, and receipts
    brightspace.py  1234-56 - Jane Doe - Oct 5, 2026 902 PM/ex1_vanilla_rnn.py
    submitty.py     submissions/jdoe/2/ex1_vanilla_rnn.py
    nbgrader.py     submitted/jdoe/ex1/ex1_vanilla_rnn.ipynb
    clones.py       rnns-jdoe/.git
    plain.py        everything else: the name of a file or folder is its owner's
"""
