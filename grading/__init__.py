"""The engine: judges a submission's tensors fairly and safely. It knows nothing of RNNs."""

import os

# The grader compares small arrays. numpy would make a thread for every core, which costs 0.07 s of
# CPU at every start (measured), and a process with threads is not safe to fork.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
