"""docs/authoring.md, followed word for word in a copy of the repository."""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from grading.course.syllabus import ROOT
from tests.support.patience import PATIENCE

PAGE = ROOT / "docs" / "authoring.md"
# What an author works with; the tests and their bank of the other exercises are not needed.
COPIED = (
    "grader.py",
    "grading",
    "checks",
    "reference",
    "exercises",
    "course.toml",
    "pyproject.toml",
)
FENCE = re.compile(
    r"(?:^\*\*`(?P<file>[^`]+)`\*\*(?P<append>, at the end)?\n\n)?"
    r"^```(?P<kind>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass
class Followed:
    """A copy of the repository after the page; what each block of commands said and ended with."""

    root: Path
    said: list[str]
    codes: list[int]


def blocks() -> list[re.Match[str]]:
    return list(FENCE.finditer(PAGE.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Followed:
    root = tmp_path_factory.mktemp("course")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, root / name)
    found = Followed(root, [], [])
    for block in blocks():
        if block["file"]:
            path = root / block["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            assert path.exists() == bool(block["append"]), path
            before = path.read_text(encoding="utf-8") + "\n" if block["append"] else ""
            path.write_text(before + block["text"], encoding="utf-8")
        elif block["kind"] == "sh":
            result = run(block["text"], root)
            found.said.append(result.stdout)
            found.codes.append(result.returncode)
            assert "Traceback" not in result.stderr, result.stderr
        else:
            assert block["kind"] == "text", f"nobody knows what to do with {block['text']}"
            said = single_spaced(found.said[-1])
            for line in block["text"].splitlines():
                assert single_spaced(line) in said, found.said[-1]
    return found


def run(commands: str, root: Path) -> subprocess.CompletedProcess[str]:
    """As typed, with this interpreter as `python`."""
    shell = f'python() {{ "{sys.executable}" "$@"; }}\n{commands}'
    return subprocess.run(
        ["bash", "-c", shell], cwd=root, capture_output=True, text=True, timeout=PATIENCE
    )


def single_spaced(text: str) -> str:
    return " ".join(text.split())


def test_every_step_does_what_the_page_says(followed: Followed) -> None:
    # stubs, the stub graded, the solution graded, a mistake (its last command is rm), audit, check
    assert followed.codes == [0, 1, 0, 0, 0, 0]


def test_the_engine_is_untouched_and_so_is_every_other_exercise(followed: Followed) -> None:
    def texts(root: Path) -> dict[str, str]:
        names = [path for part in COPIED for path in [root / part, *(root / part).rglob("*")]]
        return {
            str(path.relative_to(root)): path.read_text(encoding="utf-8", errors="replace")
            for path in names
            if path.is_file() and "__pycache__" not in path.parts and ".unrolled" not in path.parts
        }

    before, after = texts(ROOT), texts(followed.root)
    changed = {name for name, text in before.items() if after.get(name) != text}
    assert changed == {"course.toml"}
    new = after.keys() - before.keys()
    assert new
    assert all("ex5" in name for name in new)
    assert "ex5" not in "".join(text for name, text in after.items() if name.startswith("grading/"))


def test_what_the_page_writes_is_in_the_house_style(followed: Followed) -> None:
    files = [block["file"] for block in blocks() if (block["file"] or "").endswith(".py")]
    assert len(files) > 4
    for command in (["check"], ["format", "--check"]):
        result = subprocess.run(
            [sys.executable, "-m", "ruff", *command, *files],
            cwd=followed.root,
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, result.stdout


def test_the_stub_has_its_hint_and_nothing_of_the_solution(followed: Followed) -> None:
    stub = (followed.root / "exercises" / "ex5_gru_cell.py").read_text(encoding="utf-8")
    assert "# tensor.chunk(3, dim=1) cuts the columns" in stub
    assert stub.count("raise NotImplementedError") == 3  # twice, and once in the docstring
    assert "sigmoid(reset" not in stub
    questions = (followed.root / "exercises" / "questions" / "ex5.md").read_text(encoding="utf-8")
    assert "## memory: Which gate" in questions
    assert "update gate z" not in questions
