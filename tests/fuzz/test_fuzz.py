"""The fuzzers at a small scale: first what once broke something, then a few thousand new inputs.

Each run of the tests makes the same inputs; `python -m tests.fuzz` makes as many others as wanted.
"""

import csv
import io
import json
import math
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grading import text
from grading.course import questions
from grading.course.syllabus import Course
from grading.errors import UsageError
from grading.judging.grader import Grader
from grading.sandbox import frames
from tests.fuzz import answers, engine, submissions
from tests.fuzz.inputs import Chance
from tests.fuzz.targets import TARGETS, Target
from tests.support.toy import PUBLIC_CHECKS, make_course

CASES = 1000
SEED = 7


@pytest.fixture(params=TARGETS.values(), ids=lambda target: target.name)
def target(request: pytest.FixtureRequest) -> Target:
    found = request.param
    assert isinstance(found, Target)
    return found


def test_what_once_broke_a_reader_does_so_no_more(target: Target) -> None:
    failures = engine.replay(target).failures
    assert [(one.data.hex(), one.error) for one in failures] == []


def test_every_kept_input_belongs_to_a_target() -> None:
    kept = [path.name for path in engine.SEEDS.iterdir()]
    assert kept
    assert {name.rpartition("-")[0] for name in kept} <= set(TARGETS)


def test_a_reader_keeps_its_promise_whatever_comes_in(target: Target) -> None:
    outcome = engine.run(target, CASES, SEED)
    assert [(one.data.hex(), one.error) for one in outcome.failures] == []
    assert outcome.cases == CASES
    # Inputs that are all refused, or all read, would try half of a reader.
    assert outcome.read > CASES / 50
    assert outcome.refused > CASES / 50 or target.name == "text"


def raising(data: bytes) -> bool:
    raise KeyError("undocumented")


def looping(data: bytes) -> bool:
    while True:
        pass


def greedy(data: bytes) -> bool:
    return len(bytes(64 * 1024 * 1024)) > 0


@pytest.mark.parametrize(
    ("check", "error"),
    [(raising, KeyError), (looping, engine.Hang), (greedy, engine.Greed)],
)
def test_a_broken_promise_is_found(
    monkeypatch: pytest.MonkeyPatch, check: Callable[[bytes], bool], error: type[BaseException]
) -> None:
    monkeypatch.setattr(engine, "HANGS_AFTER", 0.5)
    outcome = engine.run(Target("broken", lambda chance: b"x", check), 1, SEED)
    assert [type(one.error) for one in outcome.failures] == [error]
    assert (outcome.read, outcome.refused) == (0, 0)


def test_the_same_seed_makes_the_same_inputs(target: Target) -> None:
    def first(seed: int) -> list[bytes]:
        chance = Chance(seed)
        return [target.make(chance) for _ in range(20)]

    assert first(1) == first(1)
    assert first(1) != first(2)


# --- by property, where an input has a structure that hypothesis can shrink

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)
SIZES = st.integers(-1, 4) | st.sampled_from([2**26, 2**26 + 1, 2**31, 2**63, 2**70])
ENTRIES = st.tuples(
    st.text(min_size=1, max_size=3),
    st.sampled_from(frames.DTYPES),
    st.lists(SIZES, max_size=frames.MAX_DIMS + 1),
).map(list)


@settings(max_examples=300)
@given(
    JSON | st.just({}),
    st.lists(ENTRIES | JSON, max_size=3) | JSON,
    st.binary(max_size=40),
)
def test_any_json_in_a_header_is_a_frame_or_refused(
    meta: object, listing: object, body: bytes
) -> None:
    header = json.dumps({"meta": meta, "arrays": listing}).encode()
    prefix = frames.PREFIX.pack(frames.MAGIC, len(header), len(body))
    TARGETS["frames"].check(prefix + header + body)


@settings(max_examples=300)
@given(st.lists(st.integers(0, 4) | st.just(2**26), max_size=8), st.sampled_from(frames.DTYPES))
def test_an_array_without_elements_is_a_frame_or_refused(shape: list[int], dtype: str) -> None:
    header = json.dumps({"meta": {}, "arrays": [["a", dtype, [0, *shape][:8]]]}).encode()
    TARGETS["frames"].check(frames.PREFIX.pack(frames.MAGIC, len(header), 0) + header)


CELLS = st.sampled_from(["ann", "ex1", "1", "2.5", "nan", "inf", "-1", "", "x\ny", '"', "é"])


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@settings(max_examples=300)
@given(
    rows=st.lists(st.lists(CELLS, max_size=7), max_size=4),
    columns=st.permutations(questions.COLUMNS),
)
def test_any_rows_are_marks_or_refused(
    folder: Path, rows: list[list[str]], columns: list[str]
) -> None:
    file = io.StringIO()
    csv.writer(file).writerows([columns, *rows])
    path = folder / "rubric.csv"
    path.write_text(file.getvalue(), encoding="utf-8", newline="")
    try:
        marks = questions.read_rubric(path)
    except UsageError as error:
        assert "\n" not in str(error)
    else:
        for name, mark in (one for mine in marks.values() for one in mine.items()):
            assert isinstance(name, str)
            assert 0 <= mark.points <= mark.max_points < math.inf


@settings(max_examples=300)
@given(st.text(st.characters(codec=None), max_size=100), st.integers(0, 120))
def test_cleaning_twice_is_cleaning_once(said: str, limit: int) -> None:
    shown = text.clean(said, limit)
    assert text.clean(shown, len(shown)) == shown
    assert len(text.one_line(said, limit)) <= limit + len(" […]")


# --- forged answers


@pytest.mark.parametrize("identity", ["ex1", "ex2", "ex3", "ex4"])
def test_a_check_gives_a_verdict_whatever_is_answered(
    grader: Grader, real_course: Course, identity: str
) -> None:
    exercise = real_course.exercise(identity)
    recorded = answers.record(grader, exercise, training=False)
    troubles, ends = [], set()
    for forgery in answers.chosen(answers.forgeries(recorded), 20, SEED):
        words, trouble = answers.verdict(grader, exercise, recorded, forgery)
        troubles += [f"{forgery}: {trouble}"] if trouble else []
        ends.add(words)
    assert troubles == []
    assert ends >= {"failed", "passed"}


def test_a_check_that_breaks_is_found(grader: Grader, tmp_path: Path) -> None:
    careless = PUBLIC_CHECKS.replace(
        "    same(",
        "    assert len(both.double(values=draw.normal(3, 2))[0]['doubled'])\n    same(",
    )
    exercise = make_course(tmp_path, careless).exercise("toy")
    grader.answers.pop("toy", None)
    recorded = answers.record(grader, exercise, training=True)
    forgery = answers.Forgery("doubles", 0, "doubled", "a number")
    assert "len() of unsized object" in answers.verdict(grader, exercise, recorded, forgery)[1]


# --- random submissions


@pytest.mark.parametrize("identity", ["ex2", "ex4"])
def test_random_submissions_end_with_a_report_that_counts(
    grader: Grader, real_course: Course, identity: str
) -> None:
    exercise = real_course.exercise(identity)
    found = list(submissions.endings(grader, exercise, 12, SEED))
    assert [one.trouble for one in found] == [""] * 12
    # Something must have reached the checks, and something must have been wrong.
    assert {one.outcome for one in found} >= {"some points", "unreadable"}
