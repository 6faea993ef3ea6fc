"""The engine: judges a submission's tensors fairly and safely. It knows nothing of RNNs.

A room imports only from rooms above it:

errors        the two errors that end a grading, and the exit codes
text          makes text that came from a submission safe to show
environment   sets environment variables for a while
closing       a base class for what a `with` block closes
git           runs git where nothing around it has a say
files         reads files whole or refuses them in one line; writes them whole or not at all
tables        reads a CSV file as people save it
report        a report: pure data, and what each status means
sandbox       runs a submission apart from everything else
submission    reads what was handed in: a file or a notebook
course        what there is to grade: exercises, known mistakes, thresholds, questions, stubs
renderers     puts a report into words: terminal, JSON, JUnit, Gradescope
checking      what an author of checks needs, and the questions that a check asks
judging       runs the checks of one submission, gives the points, names known mistakes
fleet         grades many items: in this process, in a pool of processes, on a cluster
hints         gives hints one by one, for what failed last
pack          packs a student's work into one file to hand in
doctor        says what this machine offers
watch         grades again at each save
pull_request  grades a pull request on GitHub
audit         proves a course by putting its checks to the test
batch         grades a class, into gradebooks and pages
release       hands the course out without its answers
gradescope    the autograder that Gradescope runs
cli           the command line
install       tells an old Python that it is too old, before anything is installed
"""

import os

# The grader compares small arrays. numpy would make a thread for every core, which costs 0.07 s of
# CPU at every start (measured), and a process with threads is not safe to fork.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
