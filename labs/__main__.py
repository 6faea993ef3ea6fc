"""`python labs NAME... -- OPTIONS`: run these labs with the same options, one after another.

`python grader.py lab` becomes this program, so that no lab runs in the grader's process. It exits
with the exit code of the first lab that does not exit with 0.
"""

import runpy
import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Run the labs named before `--`; return the exit code."""
    names, options = arguments[: arguments.index("--")], arguments[arguments.index("--") + 1 :]
    for name in names:
        script = str(Path(__file__).with_name(f"{name}.py"))
        sys.argv = [script, *options]
        try:
            runpy.run_path(script, run_name="__main__")
        except SystemExit as end:
            if end.code:
                return int(end.code)
        except KeyboardInterrupt:
            print(f"{name}: interrupted", file=sys.stderr)
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
