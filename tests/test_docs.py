"""Every command in README.md and docs/*.md is run as it stands, or stands in the table below.

A command is a line of a ```sh block, a line of an indented block that begins with a program, or an
inline `python ...`. Each one that the table does not mention is run in a copy of the repository,
with the words in capitals filled in, and must end with full marks (0) or without (1). A new page
needs no change here, unless it has a command that takes long or cannot be run everywhere.

Commands of grader.py are run in this process, on the grader that the tests share: to start one for
each takes most of their time. tests/cli/test_cli.py starts them as users do.
"""

import io
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from grading import hints
from grading.cli import authors, grade, main, students
from grading.course import syllabus
from grading.course.syllabus import ROOT
from grading.judging.grader import Grader
from grading.judging.plan import Plan
from grading.submission.file import from_bytes

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# Followed word for word, in a copy of its own, by tests/test_authoring.py.
FOLLOWED = {"authoring.md"}

# What the words in capitals stand for, as paths in the copy.
FILLED_IN = {
    "FILE": "exercises/ex1_vanilla_rnn.py",
    "FOLDER": "reference",
    "SUBMISSIONS": "submissions",
    "GRADES": "grades",
    "ROSTER.csv": "roster.csv",
    "MATCH.csv": "match.csv",
    "DECISIONS.csv": "decisions.csv",
    "RUBRIC.csv": "rubric.csv",
    "GRADES/answers.csv": "rubric.csv",
    "EXERCISE": "ex1",
    "ID": "ex1",
    "N": "1",
    "OUT": "out",
    "OUT.zip": "out.zip",
    "OBJECTS": ".",
    "PYTHON": "python3",
}


@dataclass
class Sandbox:
    """A copy of the repository, and the grader that grades there."""

    root: Path
    grader: Grader


Treatment = Callable[[str, Sandbox], None]


def as_it_stands(command: str, sandbox: Sandbox) -> None:
    """Run it, and nothing goes wrong."""
    words = shlex.split(filled_in(command))
    assert words[:2] == ["python", "grader.py"], f"nobody knows how to treat {command}"

    @contextmanager
    def shared_grader(isolation: str, device: str) -> Iterator[Grader]:
        yield sandbox.grader

    said = io.BytesIO()
    shown = io.TextIOWrapper(said, encoding="utf-8", write_through=True)
    with inside(sandbox) as patch, redirect_stdout(shown), redirect_stderr(shown):
        for commands in (grade, students, authors):
            patch.setattr(commands, "grader_on", shared_grader)
        with pytest.raises(SystemExit) as end:
            sys.exit(main.main(words[2:], standalone_mode=False) or 0)
    assert end.value.code in (0, 1), said.getvalue().decode()
    assert said.getvalue()


@contextmanager
def inside(sandbox: Sandbox) -> Iterator[pytest.MonkeyPatch]:
    """As if the copy were where this program lies, and the place it was called from."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(sandbox.root)
        patch.setattr(syllabus, "ROOT", sandbox.root)
        yield patch


def after_work(command: str, sandbox: Sandbox) -> None:
    """Run it where an exercise is solved."""
    shutil.copy(ROOT / "reference" / "ex4_interpretability.py", sandbox.root / "exercises")
    as_it_stands(command, sandbox)


def shortened(other: str) -> Treatment:
    """Run a cheaper command in its place, which takes the same way; both must be valid."""

    def treat(command: str, sandbox: Sandbox) -> None:
        if command.startswith("python grader.py"):
            parsed(command, sandbox)
        as_it_stands(other, sandbox)

    return treat


def parsed(command: str, sandbox: Sandbox) -> None:
    """Not run, but every argument and option is accepted by click."""
    with inside(sandbox):
        context = click.Context(main.main)
        words = shlex.split(filled_in(command))[2:]
        name, found, rest = main.main.resolve_command(context, words)
        assert found is not None
        try:
            found.make_context(name, rest, parent=context)
        except click.exceptions.Exit as end:  # --help
            assert end.exit_code == 0


def its_options(command: str, sandbox: Sandbox) -> None:
    """A script that takes minutes: not run, but it says that it has these options."""
    words = shlex.split(filled_in(command))
    start = next((n for n, word in enumerate(words) if word.startswith("--")), len(words))
    assert words[0] == "python"
    said = subprocess.run(
        [sys.executable, *words[1:start], "--help"],
        cwd=sandbox.root,
        capture_output=True,
        text=True,
    )
    assert said.returncode == 0, said.stderr
    for option in words[start:]:
        assert not option.startswith("--") or option in said.stdout


def extras(command: str, sandbox: Sandbox) -> None:
    """An installation: not run, as CI has just done it, but what it names is there."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for extra in re.findall(r"\.\[(\w+)\]", command):
        assert extra in project["optional-dependencies"]
    for file in re.findall(r"-c (\S+)", command):
        assert (ROOT / file).exists()


def a_command(command: str, sandbox: Sandbox) -> None:
    """The name of a command alone, in the middle of a sentence."""
    name = command.split()[-1]
    assert main.main.get_command(click.Context(main.main), name) is not None


def nothing(command: str, sandbox: Sandbox) -> None:
    """It cannot be run here, for the reason given in the table."""


# In order; the first pattern that fits the whole command counts.
TABLE: list[tuple[str, Treatment, str]] = [
    (r"python grader\.py ex5", nothing, "the exercise that docs/authoring.md is about to add"),
    (r"python grader\.py (hint|watch|lab|release|batch|calibrate)", a_command, "only its name"),
    (r"python grader\.py pack", after_work, "it packs nothing while nothing is worked on"),
    (r"python grader\.py watch .*", parsed, "it does not end; tests/watch/test_watch.py watches"),
    (
        r"python grader\.py audit",
        shortened("python grader.py audit ex4 --only stub --jobs 1 --save docs/tolerances.json"),
        "minutes; CI runs more of it",
    ),
    (r"python grader\.py audit --save \S+", parsed, "the row above saves"),
    (r"python grader\.py calibrate ID --seeds N", parsed, "the row below measures"),
    (
        r"python grader\.py calibrate ex1 --seeds 40",
        shortened("python grader.py calibrate ex1 --seeds 1 --variant reference"),
        "a minute",
    ),
    (
        r"python grader\.py batch .* --cluster .*",
        parsed,
        "it needs a cluster: tests/batch/test_batch.py",
    ),
    (
        r"python grader\.py batch SUBMISSIONS --out GRADES --roster ROSTER\.csv --rubric \S+",
        shortened(
            "python grader.py batch SUBMISSIONS --out GRADES --roster ROSTER.csv"
            " --rubric RUBRIC.csv --exercise ex4 --jobs 1"
        ),
        "four exercises and a grader for each processor; tests/batch/test_batch.py grades classes",
    ),
    (
        r"python grader\.py batch SUBMISSIONS --out GRADES --roster ROSTER\.csv"
        r"( --(match|decisions) \S+)?",
        parsed,
        "the row above grades; tests/batch/test_whose.py matches, and test_ledger.py decides",
    ),
    (r"python grader\.py (lab|release|pull-request) .*", parsed, "they have tests of their own"),
    (r"python grader\.py (calibrate )?\w+ --device cuda.*", parsed, "there may be no GPU"),
    (
        r"python -m tests\.fuzz\S* .*",
        its_options,
        "hours, if one likes; tests/fuzz/test_fuzz.py is short",
    ),
    (r"python (benchmarks|labs)/\w+\.py.*", its_options, "minutes, on a machine of one's own"),
    (r"python -m tests\.attacks\.elsewhere", nothing, "it runs attacks without a sandbox"),
    (
        r"python -m pytest tests/sandbox/test_hostile\.py -m \"\"",
        nothing,
        "minutes; CI runs each attack on one rung",
    ),
    (r"python -m tests\.matrix .*", its_options, "an hour; tests/matrix/test_matrix.py is short"),
    (r"python -m pytest -q -n 2", nothing, "this is it"),
    (r"python -m pytest -m thorough .*", nothing, "minutes, and the package index"),
    (r"python3? -m venv \S+", nothing, "CI has just done it"),
    (r"(uv )?pip install .*", extras, "CI has just done it; uv would ask PyTorch's own index"),
    (r"apt-get install \w+", nothing, "it needs root; CI does it"),
    (r"docker .*", nothing, "there may be no Docker"),
    (
        r"(DEVICE=cpu )?tests/gpu\.sh",
        nothing,
        "six minutes; tests/gpu/test_gpu.py runs parts of it",
    ),
]

_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"^ {4}(\S.*)$", re.MULTILINE)
_INLINE = re.compile(r"`([^`]+)`")
_PROGRAM = re.compile(
    r"([A-Z_]+=\S+ )*(\.venv/bin/)?"
    r"(python3?|pip|pytest|bash|docker|apt-get|git|curl|ruff|mypy) \S"
)
_REMARK = re.compile(r" +#.*| {2,}.*")


def commands(text: str) -> Iterator[str]:
    """Every command on a page, normalized, in the order of the kinds of places."""
    for kind, block in _FENCE.findall(text):
        if kind in ("sh", "bash", "shell", "console"):
            for line in re.sub(r"\\\n *", "", block).splitlines():
                yield from parts(line)
    prose = _FENCE.sub("", text)
    spans = [" ".join(span.split()) for span in _INLINE.findall(prose)]
    for line in [*_INDENTED.findall(prose), *spans]:
        if _PROGRAM.match(line):
            yield from parts(line)


def parts(line: str) -> Iterator[str]:
    """What is chained by &&, each without the folder of the interpreter; no prompt, no remark."""
    for part in _REMARK.sub("", line.strip().removeprefix("$ ")).split("&&"):
        if part.strip() and not part.startswith("#"):
            yield part.strip().removeprefix(".venv/bin/")


def filled_in(command: str) -> str:
    words = [FILLED_IN.get(word, word) for word in command.split(" ")]
    unknown = [word for word in words if re.fullmatch(r"[A-Z]{2,}(\.\w+)?", word)]
    assert not unknown, f"what is to be put in place of {unknown}?"
    return " ".join(words)


def every_command() -> list[str]:
    found: dict[str, None] = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        if page.name in FOLLOWED:
            text = _FENCE.sub("", text)
        found.update(dict.fromkeys(commands(text)))
    return list(found)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, grader: Grader) -> Sandbox:
    """A copy of the repository in which something has been graded, and a class has handed in."""
    root = tmp_path_factory.mktemp("docs") / "unrolled"
    unwanted = (".*", "__pycache__", "build", "*.egg-info")
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(*unwanted))
    settings = root / "course.toml"
    shown = settings.read_text().replace("show_answers = false", "show_answers = true")
    settings.write_text(shown)
    questions = root / "exercises" / "questions" / "ex1.md"
    questions.write_text(questions.read_text().replace("<!-- Write your answer here. -->", "Yes."))
    exercise = syllabus.load(root).exercise("ex1")
    stub = from_bytes(exercise.stub.read_bytes(), exercise.file)
    hints.remember(exercise, grader.grade(exercise, stub, Plan(seed=1, training=False)))
    for name in ("ada", "kurt"):
        folder = root / "submissions" / name
        folder.mkdir(parents=True)
        shutil.copy(root / "exercises" / "ex4_interpretability.py", folder)
    (root / "roster.csv").write_text("name,login\nAda Lovelace,ada\nKurt Goedel,kurt\n")
    (root / "match.csv").write_text("submission,person\nada,Ada Lovelace\n")
    (root / "decisions.csv").write_text("person,exercise,kind,value\nada,ex4,excuse,\n")
    (root / "rubric.csv").write_text(
        "submission,exercise,question,points,max_points,comment\n"
        "reference,ex1,struggling,2,3,good\n"
    )
    return Sandbox(root, grader)


@pytest.mark.timeout(300, method="thread")
@pytest.mark.parametrize("command", every_command())
def test_a_command_of_the_docs(command: str, sandbox: Sandbox) -> None:
    treat = next((treat for pattern, treat, _ in TABLE if re.fullmatch(pattern, command)), None)
    (treat or as_it_stands)(command, sandbox)


def test_commands_are_found_wherever_they_stand() -> None:
    text = """
Run `python grader.py
doctor`, not `grader.py` or `python`.

```sh
python3 -m venv .venv && .venv/bin/pip install -e .
# a remark
python grader.py ex1 \\
  --plain
```

```python
python = "not a command"
```

    python grader.py ex2        and what it does
    no command
"""
    assert list(commands(text)) == [
        "python3 -m venv .venv",
        "pip install -e .",
        "python grader.py ex1 --plain",
        "python grader.py ex2",
        "python grader.py doctor",
    ]


@pytest.mark.parametrize(
    ("command", "treat"),
    [
        ("python grader.py no_such_command", as_it_stands),
        ("python grader.py ex1 --no-such-option", as_it_stands),
        ("curl https://example.org", as_it_stands),
        ("python grader.py watch ex1 --no-such-option", parsed),
        ("python benchmarks/watch.py --no-such-option", its_options),
        ("pip install -e '.[no_such_extra]'", extras),
        ("python grader.py no_such_command", a_command),
    ],
)
def test_a_command_that_is_wrong_would_be_noticed(
    command: str, treat: Treatment, sandbox: Sandbox
) -> None:
    with pytest.raises((AssertionError, click.ClickException)):
        treat(command, sandbox)


def test_every_link_leads_somewhere_and_every_page_is_in_the_index() -> None:
    linked: dict[Path, set[Path]] = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for target, _, anchor in (
            link.partition("#") for link in re.findall(r"\]\(([^)\s]+)\)", _FENCE.sub("", text))
        ):
            if ":" in target:
                continue
            path = (page.parent / target).resolve() if target else page
            assert path.exists(), f"{page.name}: {target}"
            linked.setdefault(page, set()).add(path)
            if anchor:
                assert anchor in anchors(path), f"{page.name}: {target}#{anchor}"
    index = ROOT / "docs" / "README.md"
    for path in sorted((ROOT / "docs").iterdir()):
        assert path == index or path in linked[index], f"{path.name} is not in the index"


def anchors(page: Path) -> set[str]:
    """The headings of a page, as links name them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
