"""Runs git on a bare repository; configuration and environment of the user have no say."""

import os
import subprocess
from pathlib import Path

from grading.errors import UsageError

# To list the files of this repository, or to find the last commit of one, takes 0.03 s (measured).
SECONDS = 60
# In kB. A few hundred kB of objects may unpack to any size. A system without this limit has none.
MEMORY = 2 * 1024 * 1024
# What the shell in between ends with if there is no git.
_NOT_FOUND = 127
_LIMITED = ("sh", "-c", f'ulimit -v {MEMORY} 2>/dev/null; exec "$@"', "sh")
# git hears of no configuration of the user, fetches nothing from a server and asks nobody. What
# else the environment says about git, such as another repository's place, is left out.
_ALONE = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_TERMINAL_PROMPT": "0",
}


class NoGitError(UsageError):
    """git cannot be run on this machine."""


def git(repository: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run git in a bare repository; the result says whether it failed.

    Raises NoGitError if it cannot be run, and UsageError if it takes more than a minute. git fails
    if it needs more than 2 GB.
    """
    others = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            [*_LIMITED, "git", "-C", str(repository), "--git-dir", ".", *arguments],
            env=others | _ALONE,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
        )
    except OSError as error:
        raise NoGitError(f"git {arguments[0]} does not work here: {error}") from error
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"git {arguments[0]} took more than {SECONDS} s") from error
    if done.returncode == _NOT_FOUND:
        raise NoGitError("git is not installed: install it")
    return done
