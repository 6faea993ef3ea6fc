"""What every lab needs: options, the code it looks at, figures, and the page that shows them.

A lab is one script in the percent format, `labs/NAME.py`. Its first cell declares its settings and
calls `start`; the rest is the experiment. It runs in three ways:

    python labs/sine.py --iterations 500    starts a kernel that executes the lab as a notebook, and
                                            makes a page of it (page.py); so does `grader.py lab`
    the same without Jupyter's packages     the script itself: plots, no page (session.py)
    cell by cell in an editor               with the default settings

A lab runs a student's own code on the student's own machine, and nothing here grades.
"""

import os
import sys
from pathlib import Path

# Labs have their own plot settings: a user's may need something missing here, LaTeX or a backend.
os.environ["MATPLOTLIBRC"] = os.devnull
if "IPython" not in sys.modules:  # IPython chooses its own backend
    os.environ.pop("MPLBACKEND", None)

LABS = Path(__file__).resolve().parent.parent
ROOT = LABS.parent
# For the course's own packages, no matter where Python was started.
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

from grading.errors import UsageError
from lab import figures
from lab.session import Lab, start
from lab.settings import Settings, setting

__all__ = ["LABS", "ROOT", "Lab", "Settings", "UsageError", "figures", "setting", "start"]
