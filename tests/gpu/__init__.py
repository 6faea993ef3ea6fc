"""The parts of `tests/gpu.sh`, one module each, with a `run(job)` that gathers figures.

    __main__     runs the parts one after the other until the time is up, and sums them up
    part         one part, in a process of its own
    record       what a part has found, in a file that is whole at every moment
    environment  the machine; which rung of isolation it takes; the memory of a worker (memory.py)
    marks        references and stubs through the command line
    right        right variants of exercises 1 and 3
    calibrate    what training checks measure for the reference and for known mistakes
    mistakes     the known mistakes that are hardest to catch
    labs         every lab in its shortest setting
    rest         the tests that are marked for CUDA, and an audit of everything

Right, mistakes and rest share audits.py. What runs with torch outside a worker is in bare.py, and
what a worker is asked to do while its memory is read, in probes.py.
"""

# The names of the modules, in the order in which they run.
PARTS = ("environment", "marks", "right", "calibrate", "mistakes", "labs", "rest")
