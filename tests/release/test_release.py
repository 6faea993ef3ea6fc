"""A student edition: what is in it, what must not be, and that it works without the reference."""

import ast
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from grading.course import edition, syllabus
from grading.course.edition import MANIFEST
from grading.course.syllabus import ROOT, Course, Exercise
from grading.errors import GraderError, UsageError
from grading.fleet.pool import Pool
from grading.judging import recorded
from grading.judging.grader import Grader
from grading.judging.plan import Plan
from grading.release import command, place, proofs
from grading.release.contents import contents
from grading.release.leaks import leaks
from grading.release.public_part import PublicPart, public_part
from grading.release.record import SEEDS, npz, public_mistakes, record
from grading.release.secrets import Secrets, secrets
from grading.release.syntax import shape
from grading.report import Report, Status
from grading.sandbox.rungs import best
from grading.submission.file import from_bytes
from tests.support import reports
from tests.support.editions import copy_course
from tests.support.patience import PATIENCE
from tests.support.toy import REFERENCE, make_course

IDENTITY = "ex4"
MISTAKES = 6
TWO_SEEDS = SEEDS[:2]


@dataclass(frozen=True)
class Released:
    """A course, its edition, and what was said while it was made."""

    course: Course
    out: Path
    said: list[str]

    @property
    def exercise(self) -> Exercise:
        return self.course.exercise(IDENTITY)

    @property
    def handed_out(self) -> Exercise:
        return syllabus.load(self.out).exercise(IDENTITY)

    @property
    def files(self) -> dict[str, bytes]:
        return proofs.read_all(self.out)


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Released:
    """One release for all tests: exercise 4 with a few mistakes, on two seeds."""
    folder = tmp_path_factory.mktemp("release")
    plan = copy_course(folder / "course", IDENTITY, MISTAKES)
    said: list[str] = []
    out = folder / "edition"
    command.release(plan, out, jobs=2, plain=True, seeds=TWO_SEEDS, say=said.append)
    return Released(plan, out, said)


@pytest.fixture(scope="session")
def checks(real_course: Course) -> PublicPart:
    return public_part(list(real_course.exercises.values()))


@pytest.fixture(scope="session")
def real_secrets(real_course: Course, checks: PublicPart) -> Secrets:
    return secrets(list(real_course.exercises.values()), checks)


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A command line of the course or edition in `folder`."""
    return subprocess.run(
        [sys.executable, "grader.py", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def graded(grader: Grader, exercise: Exercise, source: str, seed: int) -> Report:
    # The same id, but another course: nothing may be remembered.
    grader.answers.pop(exercise.id, None)
    try:
        work = from_bytes(source.encode(), exercise.file)
        return grader.grade(exercise, work, Plan(seed, training=False))
    finally:
        grader.answers.pop(exercise.id, None)


# --- what is in an edition -------------------------------------------------------------------


def test_an_edition_holds_what_students_need_and_nothing_else(released: Released) -> None:
    files = released.files
    assert set(json.loads(files[MANIFEST])["files"]) == files.keys() - {MANIFEST}
    assert {name.split("/")[0] for name in files} >= {"exercises", "grading", "data", "README.md"}
    assert not any(name.startswith(("reference/", "checks/hidden/", "tests/")) for name in files)
    assert not released.exercise.reference.is_relative_to(released.out)
    assert f"exercises/{released.exercise.file}" in files
    assert "exercises/notebooks/ex4_interpretability.ipynb" in files
    workflows = {name for name in files if name.startswith(".github/workflows/")}
    assert workflows == {".github/workflows/grade.yml", ".github/workflows/pull-request.yml"}


def test_what_was_proved_is_said(released: Released) -> None:
    assert [line.split(":")[0].split(",")[0] for line in released.said] == [
        "nothing secret is in it",
        "a fresh clone works",
        "untouched exercises and notebooks score 0",
        "the reference gets every public point on 2 seeds",
        "written",
    ]


def test_the_first_screen_of_the_readme_has_the_two_commands(released: Released) -> None:
    first = "\n".join(released.files["README.md"].decode().splitlines()[:20])
    install, grade = proofs.readme_commands(released.out)
    assert install in first
    assert grade in first
    assert "pip install" in install
    assert grade == f".venv/bin/python grader.py {IDENTITY}"


def test_no_link_of_its_pages_leads_nowhere(released: Released) -> None:
    pages = [released.out / "README.md", *(released.out / "docs").glob("*.md")]
    assert len(pages) >= 2
    links = 0
    for page in pages:
        for target in command_links(page):
            assert (page.parent / target).exists(), f"{page}: {target}"
            links += 1
    assert links > 0
    assert "For instructors" not in (released.out / "docs" / "notebooks.md").read_text()


def command_links(page: Path) -> list[str]:
    pieces = page.read_text().split("](")[1:]
    return [piece.split(")")[0] for piece in pieces if not piece.startswith("http")]


def test_recorded_answers_are_numbers_and_json(released: Released) -> None:
    path = released.handed_out.recorded
    with np.load(path.with_suffix(".npz"), allow_pickle=False) as arrays:
        kinds = {arrays[name].dtype.kind for name in arrays.files}
    assert kinds <= set("biuf")
    index = json.loads(path.read_text())
    assert index["seeds"] == list(TWO_SEEDS)
    assert [set(one) for one in index["mistakes"]] == [
        {"name", "student", "hints", "fails"} for _ in public_mistakes(released.exercise)
    ]


def test_it_is_made_again_byte_by_byte(released: Released) -> None:
    exercises = list(released.course.exercises.values())
    with Pool(best(), "cpu", 1) as pool:
        answers = record(exercises, TWO_SEEDS, pool, lambda *_: None)
    again = contents(released.course, public_part(exercises), answers, TWO_SEEDS)
    assert again == released.files


# --- what students see -----------------------------------------------------------------------


def test_every_mistake_is_named_as_with_the_reference(released: Released, grader: Grader) -> None:
    reference = released.exercise.reference.read_text()
    known = public_mistakes(released.exercise)
    assert len(known) >= 3
    for mistake in known:
        source = mistake.made_in(reference)
        full = graded(grader, released.exercise, source, TWO_SEEDS[0])
        found = graded(grader, released.handed_out, source, TWO_SEEDS[0])
        public = {check.id: check for check in full.checks if check.visibility == "public"}
        assert {check.id for check in found.checks} == public.keys()
        for check in found.checks:
            assert check.message == public[check.id].message
            assert check.status == public[check.id].status
        names = {check.misconception for check in found.checks if check.id in mistake.fails}
        assert names == {mistake.name}


def test_the_command_line_of_an_edition(released: Released, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(released.out, folder)
    mistake = public_mistakes(released.exercise)[0]
    wrong = mistake.made_in(released.exercise.reference.read_text())
    (folder / "exercises" / released.exercise.file).write_text(wrong)
    result = run(folder, IDENTITY)
    assert result.returncode == 1, result.stderr
    assert "more points are for hidden checks" in result.stdout
    assert mistake.student in " ".join(result.stdout.split())
    hint = run(folder, "hint", IDENTITY)
    assert mistake.hints[0] in hint.stdout
    outside = run(folder, IDENTITY, "--seed", "12345")
    assert outside.returncode == 2
    assert outside.stderr == ("grader: --seed 12345: choose one of the recorded seeds: 1, 2\n")
    author = run(folder, "audit")
    assert (author.returncode, author.stdout) == (2, "")
    assert "student edition" in author.stderr
    listed = run(folder, "--help").stdout.split()
    assert "hint" in listed
    assert not set(edition.AUTHORS) & set(listed)


def test_a_fault_in_an_edition_counts_only_on_a_machine_that_is_fit(
    released: Released, tmp_path: Path
) -> None:
    """There is no reference to try; a small program takes its place."""
    raises = tmp_path / released.exercise.file
    stub = released.handed_out.stub.read_text(encoding="utf-8")
    raises.write_text(stub.replace("NotImplementedError", "OSError"), encoding="utf-8")
    arguments = (IDENTITY, "--submission", str(raises), "--json", "-")
    graded = run(released.out, *arguments)
    assert graded.returncode == 1, graded.stderr
    assert json.loads(graded.stdout)["status"] == "graded"
    refused = subprocess.run(
        [sys.executable, "-m", "tests.support.machines", "little", *arguments],
        cwd=released.out,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 3, refused.stderr
    report = json.loads(refused.stdout)
    assert (report["status"], report["score"]) == ("not_gradable", None)
    (message, *_) = [one["message"] for one in report["checks"] if one["status"] == "grader_error"]
    assert "room for tensors" in message
    assert "Your code was not judged" in message


def test_the_seed_is_one_of_those_recorded(released: Released) -> None:
    exercises = [released.handed_out]
    assert {edition.choose_seed(exercises, None) for _ in range(60)} == set(TWO_SEEDS)
    assert edition.choose_seed(exercises, 2) == 2
    assert edition.choose_seed([released.exercise], 12345) == 12345


def test_another_stream_of_numbers_is_one_clear_line(
    released: Released, grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded, "stream", lambda: "another")
    with pytest.raises(UsageError, match=r"pip install -c constraints\.txt"):
        graded(grader, released.handed_out, REFERENCE, 1)


def test_a_question_that_was_not_recorded_is_the_graders_error(
    released: Released, grader: Grader
) -> None:
    source = released.exercise.reference.read_text()
    report = graded(grader, released.handed_out, source, 77)
    assert not report.gradable
    assert "was recorded" in report.faults[0]


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_text("{"),
        lambda path: path.write_text('{"format": "unrolled/recorded/1", "seeds": [1]}'),
        lambda path: path.with_suffix(".npz").write_bytes(b"PK"),
        lambda path: path.with_suffix(".npz").write_bytes(npz({"float32": np.zeros(3)})),
    ],
)
def test_damaged_records_are_refused(
    released: Released, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    shutil.copytree(released.out / "checks", tmp_path / "checks")
    shutil.copyfile(released.out / "course.toml", tmp_path / "course.toml")
    exercise = syllabus.load(tmp_path).exercise(IDENTITY)
    assert exercise.in_edition
    damage(exercise.recorded)
    with pytest.raises(GraderError, match="cannot be used"):
        recorded.Recording(exercise)


# --- what must not be in it ------------------------------------------------------------------


def test_nothing_of_the_real_course_is_given_away(
    real_course: Course, checks: PublicPart, real_secrets: Secrets
) -> None:
    assert len(real_secrets.texts) > 1500
    assert len(real_secrets.trees) > 1000
    files = contents(real_course, checks, {}, SEEDS)
    assert [leak.words for leak in leaks(files, real_secrets)] == []


def solution(real_course: Course) -> str:
    return real_course.exercise("ex1").reference.read_text()


def in_array(text: str, dtype: type) -> bytes:
    return npz({"numbers": np.frombuffer(text.encode(), np.uint8).astype(dtype)})


PLANTED: dict[str, tuple[str, Callable[[str, Course], bytes]]] = {
    "a line": ("labs/x.py", lambda text, _: text.splitlines()[-6].encode()),
    "a line in other white space": (
        "labs/x.txt",
        lambda text, _: (
            b"output,  hidden = self.step(given if\n reads_given else outputs[-1], hidden)"
        ),
    ),
    "a comment": ("labs/x.py", lambda text, _: f"# {text.splitlines()[-5].strip()}\n".encode()),
    "all of it in a string": ("labs/x.py", lambda text, _: f"kept = {text!r}\n".encode()),
    "all of it in JSON": ("x.json", lambda text, _: json.dumps({"kept": [{text: 1}]}).encode()),
    "bytes of an array": ("x.npz", lambda text, _: in_array(text, np.uint8)),
    "numbers of an array": ("x.npz", lambda text, _: in_array(text, np.float32)),
    "a mistake": (
        "labs/x.py",
        lambda text, _: b"y = self.activation(inputs) + self.hidden_to_hidden(hidden)\n",
    ),
    "a hidden check's sentence": (
        "docs/x.md",
        lambda _, __: b"Gradients of one step reach the inputs, the hidden state, V and b.",
    ),
    "a hidden check's name": ("docs/x.md", lambda _, __: b"see net_learns_a_sine there"),
    "a canonical answer": (
        "README.md",
        lambda _, plan: plan.exercise("ex1").answers.read_bytes().splitlines()[6],
    ),
    "what instructors say of a mistake": (
        "checks/recorded/x.json",
        lambda _, __: b'["tanh(W x) + V h instead of tanh of the sum"]',
    ),
    "what only hidden checks use": (
        "labs/x.py",
        lambda _, plan: plan.exercise("ex1").probes.read_bytes().split(b"def net_trained")[1][500:],
    ),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_leak_is_found(real_course: Course, real_secrets: Secrets, planted: str) -> None:
    name, plant = PLANTED[planted]
    found = leaks({name: plant(solution(real_course), real_course)}, real_secrets)
    assert found
    assert {leak.path for leak in found} == {name}


@pytest.mark.parametrize("kind", ["module", "notebook", "Markdown", "string"])
def test_a_solution_under_other_names_is_found(
    real_course: Course, real_secrets: Secrets, kind: str
) -> None:
    text = solution(real_course)
    for old, new in (("hidden", "memory"), ("outputs", "said"), ("given", "drive")):
        text = text.replace(old, new)
    body = ast.unparse(ast.parse(text))
    name, data = {
        "module": ("labs/x.py", body),
        "notebook": ("x.ipynb", json.dumps({"cells": [{"source": body.splitlines(True)}]})),
        "Markdown": ("docs/x.md", f"As follows:\n\n```python\n{body}\n```\n"),
        "string": ("labs/x.py", f"kept = {body!r}"),
    }[kind]
    found = leaks({name: data.encode()}, real_secrets)
    assert any("n0" in leak.found for leak in found)


def test_honest_code_is_no_leak(real_secrets: Secrets) -> None:
    honest = """
def train(model, inputs, targets, optimizer):
    for _ in range(100):
        outputs, _ = model(inputs)
        loss = torch.nn.functional.mse_loss(outputs, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
"""
    assert leaks({"labs/x.py": honest.encode()}, real_secrets) == []


def test_a_shape_is_the_same_under_other_names_and_no_other() -> None:
    one, renamed, other = (
        shape(ast.parse(text).body)
        for text in (
            "def f(x: int, y=2):\n    '''Doc.'''\n    return x.sum(dim=0) + self.a(y, x)",
            "def g(p, q=2):\n    return p.sum(dim=0) + self.b(q, p)",
            "def g(p, q=2):\n    return p.sum(dim=0) + self.b(p, q)",
        )
    )
    assert one == renamed
    assert one != other


def test_arrays_of_objects_are_refused(real_secrets: Secrets) -> None:
    data = io.BytesIO()
    np.savez(data, kept=np.array([{"a": 1}], dtype=object))
    with pytest.raises((GraderError, ValueError)):
        leaks({"x.npz": data.getvalue()}, real_secrets)


def test_a_release_with_a_leak_fails_and_leaves_nothing(
    released: Released, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "course"
    shutil.copytree(released.exercise.root, root)
    (root / "labs").mkdir(exist_ok=True)
    (root / "labs" / "gates.py").write_text(released.exercise.reference.read_text())
    answers = {name: data for name, data in released.files.items() if "/recorded/" in name}
    monkeypatch.setattr(command, "record", lambda *_: answers)
    out = tmp_path / "edition"
    with pytest.raises(GraderError, match=r"labs/gates.py: the solution of ex4"):
        command.release(syllabus.load(root), out, jobs=1, plain=True, seeds=TWO_SEEDS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["course"]


# --- what public checks use ------------------------------------------------------------------


def test_what_only_hidden_checks_use_stays_behind(checks: PublicPart, real_course: Course) -> None:
    texts = {path.relative_to(real_course.exercise("ex1").root).as_posix(): text
             for path, text in checks.files.items()}  # fmt: skip
    probes = texts["checks/probes/ex1.py"]
    assert "def net_forward(" in probes
    assert "def steer_exactly(" in probes
    for hidden in ("net_trained", "cell_gradients", "import io"):
        assert hidden not in probes
        assert hidden in real_course.exercise("ex1").probes.read_text()
    assert "checks/oracles/ex4.py" not in texts
    assert any("def principal_components" in text for text in checks.left_behind)
    for text in texts.values():
        ast.parse(text)


def test_a_name_that_is_not_there_is_said(tmp_path: Path) -> None:
    plan = make_course(tmp_path, "from checks.inputs.toy import nothing\n" + PUBLIC)
    folder = tmp_path / "checks" / "inputs"
    folder.mkdir()
    (folder / "toy.py").write_text("something = 1\n")
    with pytest.raises(GraderError, match=r"toy\.py does not define nothing"):
        public_part(list(plan.exercises.values()))


PUBLIC = '''
from grading.checking.check import check
from grading.checking.compare import same

@check(points=10)
def doubles_twice(draw, both):
    """What was doubled is doubled again."""
    got, want = both.double(values=draw.normal(3))
    same(*both.double(values=got["doubled"]), axes={"doubled": ("row",)})
'''
KNOWN = """
[[misconception]]
name = "halves"
why = "it halves"
student = "Your double halves."
hints = ["nudge", "concept", "location"]
fails = ["doubles_twice"]
edits = [["2 * values", "values / 2"]]
"""


def test_a_check_that_asks_about_an_answer_cannot_be_recorded(tmp_path: Path) -> None:
    exercise = make_course(tmp_path, PUBLIC).exercise("toy")
    exercise.misconceptions.parent.mkdir(parents=True, exist_ok=True)
    exercise.misconceptions.write_text(KNOWN)
    with (
        Pool(best(), "cpu", 1) as pool,
        pytest.raises(GraderError, match="cannot be recorded"),
    ):
        record([exercise], (1,), pool, lambda *_: None)


# --- proofs that fail ------------------------------------------------------------------------


def test_untouched_exercises_must_earn_nothing() -> None:
    untouched = reports.check(status=Status.NOT_ATTEMPTED, points=0)
    failed = reports.check(status=Status.FAILED, points=0)
    proofs.require_untouched([reports.report(untouched)])
    with pytest.raises(GraderError, match="ex4, untouched, gets 3 points"):
        proofs.require_untouched([reports.report(replace(untouched, points=3))])
    with pytest.raises(GraderError, match="checks failed"):
        proofs.require_untouched([reports.report(untouched, failed)])


def test_the_reference_must_get_every_public_point(released: Released) -> None:
    def prove(points: int, most: int) -> None:
        check = reports.check(points=points, max_points=most)
        proofs.require_full_marks([reports.report(check)], released.course)

    prove(60, 60)
    with pytest.raises(GraderError, match="the reference gets 59 of 60 points with seed 1"):
        prove(59, 60)
    with pytest.raises(GraderError, match="the reference gets 50 of 50 points"):
        prove(50, 50)


def test_a_readme_without_its_two_commands_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("```sh\none\n```\n")
    with pytest.raises(GraderError, match="two commands"):
        proofs.readme_commands(tmp_path)


# --- where it is put -------------------------------------------------------------------------

FILES = {"a.txt": b"a", "b/c.txt": b"c"}


def with_manifest(files: dict[str, bytes]) -> dict[str, bytes]:
    content = {"format": "unrolled/edition/1", "files": place.sums(files)}
    return {**files, MANIFEST: json.dumps(content).encode()}


def put(out: Path, files: dict[str, bytes]) -> None:
    place.require_replaceable(out)
    with place.staged(out, with_manifest(files)):
        pass


def test_a_previous_edition_is_replaced_and_its_repository_stays(tmp_path: Path) -> None:
    out = tmp_path / "edition"
    put(out, FILES)
    (out / ".git").mkdir()
    (out / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (out / "b" / "__pycache__").mkdir()
    (out / "b" / "__pycache__" / "x.pyc").write_bytes(b"x")
    put(out, {"a.txt": b"new"})
    assert (out / "a.txt").read_bytes() == b"new"
    assert not (out / "b").exists()
    assert (out / ".git" / "HEAD").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["edition"]


@pytest.mark.parametrize("failing", [".git", "edition"])
def test_an_edition_that_cannot_be_put_in_place_leaves_the_previous_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    out = tmp_path / "edition"
    put(out, FILES)
    (out / ".git").mkdir()
    (out / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    before = proofs.read_all(out)
    rename = Path.rename
    calls = []

    def once(source: Path, target: Path) -> Path:
        if target.name == failing and not calls:
            calls.append(source)
            raise OSError("no")
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", once)
    with pytest.raises(OSError, match="no"):
        put(out, {"a.txt": b"new"})
    assert calls
    assert proofs.read_all(out) == before
    assert (out / ".git" / "HEAD").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["edition"]


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda out: (out / "a.txt").write_text("my work"), "a.txt for one"),
        (lambda out: (out / "mine.py").write_text("my work"), "mine.py for one"),
        (lambda out: (out / MANIFEST).unlink(), "nor a student edition"),
        (lambda out: (out / MANIFEST).write_text("[]"), "nor a student edition"),
    ],
)
def test_other_work_is_never_replaced(
    tmp_path: Path, spoil: Callable[[Path], object], word: str
) -> None:
    out = tmp_path / "edition"
    put(out, FILES)
    spoil(out)
    before = proofs.read_all(out)
    with pytest.raises(UsageError, match=word):
        put(out, FILES)
    assert proofs.read_all(out) == before


def test_a_file_or_link_is_no_place_for_an_edition(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path)
    for name in ("file", "link"):
        with pytest.raises(UsageError, match="is not a folder"):
            place.require_replaceable(tmp_path / name)
    with pytest.raises(UsageError, match="there is no folder"):
        place.require_replaceable(tmp_path / "no" / "such")


def test_a_proof_that_fails_leaves_the_previous_edition(tmp_path: Path) -> None:
    out = tmp_path / "edition"
    put(out, FILES)
    with pytest.raises(GraderError), place.staged(out, with_manifest({"a.txt": b"new"})):
        raise GraderError("not proved")
    assert (out / "a.txt").read_bytes() == b"a"
    assert [path.name for path in tmp_path.iterdir()] == ["edition"]
