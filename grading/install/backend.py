"""The build backend: setuptools; if this Python is too old, it says so at once.

pip alone looks up to 106 s (measured) for packages that suit both this Python and constraints.txt,
and fails without a word about the version. Every Python since 2.7 can read this file.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit("Python 3.11 or newer is needed, and this is %s" % sys.version.split()[0])

from setuptools.build_meta import *  # noqa: F403
