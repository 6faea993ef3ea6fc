"""What each attack does to plain pytest: one process that imports the submission and asserts.

    python -m tests.attacks.elsewhere

writes elsewhere.json, {attack: outcome}. Linux, as root, with bubblewrap and setpriv: each run has
namespaces of its own, an unprivileged user, a read-only root, and limits on memory, processes, CPU
time and file size. Without all of them nothing is run: some of the attacks would take this machine
down.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import attacks
from tests.attacks import Attack

TARGET = attacks.FOLDER / "elsewhere.json"
# Nobody's, so that the limit on processes counts no others.
USER = "60700"
WALL_SECONDS = 60
SUITE = """
import sys
import torch
sys.path.insert(0, REFERENCE)
import ex1_vanilla_rnn as reference
import submission

def both(kind, *sizes):
    torch.manual_seed(1)
    right, theirs = getattr(reference, kind)(*sizes), getattr(submission, kind)(*sizes)
    theirs.load_state_dict(right.state_dict())
    return right, theirs

def test_cell():
    right, theirs = both("VanillaRNNCell", 5)
    inputs, hidden = torch.randn(3, 5), torch.randn(3, 5)
    assert torch.allclose(theirs(inputs, hidden)[0], right(inputs, hidden)[0])
    assert all(parameter.requires_grad for parameter in theirs.parameters())

def test_net():
    right, theirs = both("VanillaRNN", 3, 2, 6)
    inputs = torch.randn(9, 4, 3)
    assert torch.allclose(theirs(inputs)[0], right(inputs)[0])
"""


def sandboxed(command: list[str], work: str) -> list[str]:
    """`command` where it can do no harm, and sees what a plain grader's process would see."""
    tools = {name: shutil.which(name) for name in ("bwrap", "setpriv", "prlimit")}
    if os.geteuid() != 0 or None in tools.values():
        raise SystemExit("needs root, bubblewrap, setpriv and prlimit: nothing was run")
    outer = ["bwrap", "--die-with-parent", "--ro-bind", "/", "/", "--dev-bind", "/dev", "/dev"]
    # An interpreter in a closed home folder is shown there alone.
    outer += ["--perms", "0755", "--tmpfs", "/root"]
    for parent in reversed(Path(sys.base_prefix).parents):
        if parent.is_relative_to("/root"):
            outer += ["--perms", "0755", "--dir", str(parent)]
    outer += ["--ro-bind", sys.base_prefix, sys.base_prefix]
    outer += ["--bind", "/proc", "/proc", "--"]
    switch = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--"]
    inner = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--ro-bind", "/", "/"]
    inner += ["--size", str(2**28), "--tmpfs", "/tmp", "--proc", "/proc", "--dev", "/dev"]
    for path in (str(attacks.ROOT), sys.prefix):
        if path.startswith("/tmp/"):
            inner += ["--ro-bind", path, path]
    inner += ["--size", str(2**28), "--tmpfs", "/dev/shm", "--dir", "/tmp/work"]
    for name in ("submission.py", "test_plain.py"):
        inner += ["--ro-bind", f"{work}/{name}", f"/tmp/work/{name}"]
    inner += ["--chdir", "/tmp/work", "--"]
    limits = ["--nproc=60", "--cpu=10", f"--fsize={10**8}", f"--as={2 * 10**9}", "--core=0"]
    return [*outer, *switch, *inner, "prlimit", *limits, "--", *command]


def outcome(attack: Attack, source: str, folder: Path) -> str:
    """How plain pytest ends with this submission, in a few words."""
    (folder / "submission.py").write_bytes(source.encode("utf-8", "surrogatepass"))
    reference = str(attacks.ROOT / "reference")
    (folder / "test_plain.py").write_text(SUITE.replace("REFERENCE", repr(reference)))
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "UNROLLED_TEST_SECRET": "x"}
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            sandboxed([*command, "test_plain.py"], str(folder)),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
        )
        try:
            code = process.wait(WALL_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()  # and with it, everything inside
            process.wait()
            return "hangs"
    with log.open("rb") as file:
        said = file.read(2**20)
        file.seek(max(0, log.stat().st_size - 4096))
        end = file.read()
    return in_words(attack, code, said, end)


def in_words(attack: Attack, code: int, said: bytes, end: bytes) -> str:
    got_through = b"RuntimeError: BREACH" in said or b"\nBREACH" in said
    finished = b" in " in end and (b" passed" in end or b" failed" in end or b" error" in end)
    if code in (137, 152, -9) and not finished:
        return "hangs" if attack.category == "time" else "kills the suite"
    if got_through:
        return "gets through"
    if code == 0 and b"2 passed" not in end:
        return "ends the suite as if all were well"
    if code == 0:
        return "passes: forged" if attack.wrong or attack.category == "forging" else "passes"
    if b"2 passed" in end or b" skipped" in end or b" xfailed" in end:
        return "disturbs the suite"
    return "fails honestly" if finished else "kills the suite"


def main() -> None:
    # What is known already is kept: remove the file to measure everything again.
    found = json.loads(TARGET.read_text(encoding="utf-8")) if TARGET.exists() else {}
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        control = attacks.load()[0]
        if (ends := outcome(control, control.twin, Path(name))) != "passes":
            raise SystemExit(f"the box does not work here: a harmless twin {ends}")
        # Those that do not end come last.
        for attack in sorted(attacks.load(), key=lambda one: one.category == "time"):
            if attack.name in found:
                continue
            found[attack.name] = outcome(attack, attack.source, Path(name))
            print(f"{attack.name}: {found[attack.name]}", flush=True)
            TARGET.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
