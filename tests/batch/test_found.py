"""What people tried on the batch's intake, and the right answer to each."""

import hashlib
import io
import json
import os
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from grading import pack
from grading.batch import grades as rules
from grading.batch.by_hand import ByHand
from grading.batch.counting import Graded
from grading.batch.decisions import Decided
from grading.batch.intake import naming
from grading.batch.intake.collect import collect
from grading.batch.intake.identify import identify
from grading.batch.people import merging, roster
from grading.batch.platforms import blackboard
from grading.batch.settling import to_settle
from grading.batch.store import Result
from grading.batch.taking import TakenIn, Told, roster_of
from grading.course.syllabus import Course, LatePolicy
from grading.errors import UsageError

FILE = "ex4_interpretability.py"
NOTEBOOK = "ex4_interpretability.ipynb"
ANSWERS = "# Questions\n"
WORK, BETTER, LAST = "x = 1\n", "x = 22\n", "x = 333\n"
BERLIN = ZoneInfo("Europe/Berlin")
POLICY = LatePolicy(datetime(2026, 10, 5, 23, 59, tzinfo=BERLIN), 0, 10, 50)
Files = Mapping[str, str | bytes]


def packed(files: Files) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def handed_in(ex4: str, **more: str | bytes) -> bytes:
    """What `grader.py pack` makes, but for the names in it."""
    sums = {name: hashlib.sha256(str(text).encode()).hexdigest() for name, text in more.items()}
    listed = {"format": pack.FORMAT, "exercises": {"ex4": ex4}, "files": sums}
    return packed({pack.LIST: json.dumps(listed), **more})


def put(folder: Path, files: Files) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


@dataclass(frozen=True)
class Seen:
    """What counts for each person, or for the label of nobody's work, and what is listed."""

    counts: dict[str, str]
    days: dict[str, int]
    sources: dict[str, str]
    listed: list[str]

    def lists(self, text: str) -> bool:
        return any(text in line for line in self.listed)


def seen(
    folder: Path,
    course: Course,
    people: str = "",
    ids: tuple[str, ...] = ("ex4",),
    policy: LatePolicy | None = None,
    **given: object,
) -> Seen:
    """What a batch makes of a folder, if the longer program has the higher score."""
    late = {name: replace(one, late=policy) for name, one in course.exercises.items()}
    course = replace(course, exercises=late)
    if people:
        path = folder.parent / "roster.csv"
        path.write_text(people, encoding="utf-8")
        given["rosters"] = (path,)
    told = Told(**given)  # type: ignore[arg-type]
    known = roster_of(course, told)
    asked = [course.exercise(one) for one in ids]
    others = [other for other in course.exercises.values() if other not in asked]
    own = [folder / "grades", *told.files]
    collected = collect(folder, asked, others=others, own=own)
    files = (told.match, told.times)
    intake, _ = identify(course, asked, collected, [], known, {}, *files)
    graded, programs = [], {}
    for found in collected:
        result = None
        if found.work is not None:
            programs[found.work.identity] = found.work.read().source
            result = Result("graded", float(len(found.work.read().source)), 100.0)
        match, came_in = intake.matches[found.author.label], intake.received[found]
        graded.append(Graded(found, match, came_in, result, lambda: None))
    hand, decided = ByHand(course, {}), Decided([], known, {})
    grades = rules.grades(graded, rules.Rules(course, {}))
    taken = TakenIn(intake, hand, decided, [], [])
    unsettled = to_settle(course, taken, grades)
    counts, days, sources = {}, {}, {}
    for grade in grades:
        who = grade.person.name if grade.person else grade.submission
        key = who if len(ids) == 1 else f"{who} {grade.exercise}"
        lengths = {float(len(source)): source for source in programs.values()}
        if grade.raw_score is not None:
            counts[key] = lengths[grade.raw_score]
            days[key], sources[key] = grade.late_days, grade.received.source
    listed = [f"{kind}: {line}" for kind, lines in unsettled.lines.items() for line in lines]
    return Seen(counts, days, sources, listed)


@dataclass(frozen=True)
class Case:
    """A class, and what must come of it: programs by person, and what must be listed or not."""

    files: Files
    counts: Mapping[str, str]
    people: str = ""
    listed: tuple[str, ...] = ()
    ids: tuple[str, ...] = ("ex4",)


JANE = "name,id,login\nJane Doe,12,jdoe\n"
KIM = "name,id\nKim X,1\nKim Y,2\n"
CANVAS = "doejane_100_"
METADATA = "submission_7:\n  :submitters: []\n  :created_at: 2026-10-01 10:00:00 +0000\n"
CASES = {
    "Gradescope lists nobody": Case(
        {"submission_metadata.yml": METADATA, f"submission_7/{FILE}": WORK},
        {"submission_7": WORK},
        JANE,
        ("belongs to nobody: submission_7",),
    ),
    "a helper's second copy on Canvas": Case(
        {
            f"{CANVAS}10_{FILE}": WORK,
            f"{CANVAS}11_utils.py": BETTER,
            f"{CANVAS}12_utils-1.py": LAST,
            f"roeann_101_13_{FILE}": WORK,
        },
        {"Jane Doe": WORK, "Ann Roe": WORK},
        "name\nJane Doe\nAnn Roe\n",
    ),
    "a plot with a number on Canvas": Case(
        {f"{CANVAS}10_{FILE}": WORK, f"{CANVAS}11_plot-2.png": b"\x89"},
        {"Jane Doe": WORK},
        "name\nJane Doe\n",
    ),
    "a module with a number on Canvas": Case(
        {f"{CANVAS}10_{FILE}": WORK, f"{CANVAS}11_utils-2.py": BETTER},
        {"Jane Doe": WORK},
        "name\nJane Doe\n",
    ),
    "a person called Late on Canvas": Case(
        {f"late_100_10_{FILE}": WORK}, {"Late": WORK}, "name\nLate\n"
    ),
    "one stub and a notebook that cannot be read": Case(
        {f"jdoe/{FILE}": "STUB", f"jdoe/{NOTEBOOK}": "no notebook"},
        {"Jane Doe": "STUB"},
        JANE,
        ("which file counts is not settled: jdoe",),
    ),
    "an empty file beside the work": Case(
        {f"jdoe/{FILE}": " \n", "jdoe/ex4_interpretability (1).py": WORK},
        {"Jane Doe": WORK},
        JANE,
    ),
    "a file handed in beside the packed archive": Case(
        {f"jdoe/{FILE}": BETTER, "jdoe/hand-in.zip": handed_in(FILE, **{FILE: WORK})},
        {"Jane Doe": WORK},
        JANE,
        ("which file counts is not settled: jdoe",),
    ),
    "a list of what nobody reads": Case(
        {"jdoe.zip": handed_in("notes.txt", **{"notes.txt": "no", FILE: WORK})},
        {"Jane Doe": WORK},
        JANE,
    ),
    "an archive made on Windows": Case(
        {"jdoe.zip": packed({f"work\\{FILE}": WORK, "work\\ex4_helpers.py": BETTER})},
        {"Jane Doe": WORK},
        JANE,
    ),
    "an archive in an archive": Case(
        {"jdoe.zip": packed({"work.zip": packed({FILE: WORK})})},
        {},
        JANE,
        ("work.zip; an archive in an archive is not read",),
    ),
    "another exercise's file": Case(
        {"doejane_100_10_ex1_vanilla_rnn.py": WORK, f"roeann_101_11_{FILE}": WORK},
        {"Ann Roe": WORK},
        "name\nJane Doe\nAnn Roe\n",
        ("holds no ex4_interpretability.py",),
    ),
    "names of one spelling in one script": Case(
        {f"汪伟/{FILE}": WORK}, {"汪伟": WORK}, "name,id\n王伟,1\n", ("perhaps 王伟",)
    ),
    "names of one spelling, each with its own letter": Case(
        {f"Hans Möller/{FILE}": WORK},
        {"Hans Möller": WORK},
        "name,id\nHans Møller,1\n",
        ("perhaps",),
    ),
    "a name without accents": Case(
        {f"Lukasz Müller/{FILE}": WORK}, {"Łukasz Müller": WORK}, "name,id\nŁukasz Müller,1\n"
    ),
    "logins with a common beginning": Case(
        {
            f"rnns-a-x/{FILE}": WORK,
            "rnns-a-x/.git/HEAD": "",
            f"rnns-a-y/{FILE}": WORK,
            "rnns-a-y/.git/HEAD": "",
        },
        {"X": WORK, "rnns-a-y": WORK},
        "name,login\nX,a-x\nOther,y\nY,a-y\n",
        ("rnns-a-y: perhaps Y (a-y) or Other (y)",),
    ),
    "a login that hides another without a receipt": Case(
        {f"HW_mary_ann_attempt_2026-10-01-10-00-00_{FILE}": WORK},
        {"HW_mary_ann": WORK},
        "name,login\nMary,mary_ann\nAnn,ann\n",
        ("perhaps",),
    ),
    "a team of Canvas": Case(
        {f"group1_100_10_{FILE}": WORK},
        {"A": WORK, "B": WORK},
        "Student,ID,SIS User ID,Section,Group Name\nA,100,1,s,Group 1\nB,101,2,s,Group 1\n",
    ),
    "everybody of a team with the same file": Case(
        {
            f"Red-{name}_{number}_assignsubmission_file_/{FILE}": WORK
            for number, name in enumerate(("A A", "B B"))
        },
        {"A A": WORK, "B B": WORK},
        "name,id,group\nA A,1,Red\nB B,2,Red\n",
    ),
    "a team's name with a hyphen": Case(
        {f"Team-A-A A_7_assignsubmission_file_/{FILE}": WORK},
        {"A A": WORK},  # each member of a team has a folder with the team's name in front
        "name,id,group\nA A,1,Team-A\nB B,2,Team-A\n",
    ),
    "a hyphen that stands for no team": Case(
        {f"-Zed_7_assignsubmission_file_/{FILE}": WORK},
        {"-Zed_7": WORK},
        "name,id,group\nA A,1,-\nB B,2,-\n",
        ("belongs to nobody: -Zed_7",),
    ),
    "two names that look alike when cleaned": Case(
        {f"x\x01/{FILE}": WORK, f"x\x02/{FILE}": BETTER},
        {"x� (f9fce3ba)": WORK, "x� (adb4aeeb)": BETTER},
    ),
    "a file with the label of a platform": Case(
        {f"doejane_1234_5678_{FILE}": WORK, f"doejane_1234/{FILE}": BETTER},
        {"Jane Doe": WORK, "doejane_1234 (223db0f0)": BETTER},
        "name\nJane Doe\n",
        ("doejane_1234 (223db0f0)",),
    ),
    "a name like a participant": Case(
        {f"Kim X_2_assignsubmission_file__99_assignsubmission_file_/{FILE}": WORK},
        {"Kim X_2_assignsubmission_file__99": WORK},
        "Identifier,Full name,Email address\nParticipant 2,Kim Y,y@x.edu\n",
        ("nobody",),
    ),
    "ids of letters and a zero": Case(
        {f"abc/{FILE}": WORK}, {"abc": WORK}, "name,id\nKim,0abc\n", ("nobody: abc",)
    ),
    "one name twice on a roster without ids": Case(
        {f"Kim X/{FILE}": WORK}, {"Kim X": WORK}, "name,section\nKim X,\nKim X,\n", ("perhaps",)
    ),
}

CASES |= {
    "Gradescope indents its list, and a folder is missing": Case(
        {
            "submission_metadata.yml": (
                "submission_8:\n  :submitters:\n    - :name: C\n      :sid: '9'\n"
                "submission_9:\n  :submitters:\n  - :name: D\n    :sid: '10'\n"
            ),
            f"submission_8/{FILE}": WORK,
        },
        {"C": WORK},
        "name,id\nC,9\nD,10\n",
        ("D_submission_9: submission_metadata.yml lists submission_9, which is not in the folder",),
    ),
    "a login at GitHub that is somebody's id": Case(
        {
            f"rnns-12/{FILE}": BETTER,
            "rnns-12/.git/HEAD": "",
            f"rnns-jdoe/{FILE}": WORK,
            "rnns-jdoe/.git/HEAD": "",
        },
        {"Jane Doe": WORK, "rnns-12": BETTER},
        JANE,
        ("belongs to nobody: rnns-12",),
    ),
    "a helper with the exercise's id": Case(
        {"jdoe/ex4_utils.py": WORK, "jdoe/solution.py": BETTER},
        {"Jane Doe": WORK},
        JANE,
        ("from ex4_utils.py; solution.py beside it does not count",),
    ),
    "a file called after the id, and a helper": Case(
        {"jdoe/ex4.py": WORK, "jdoe/solution.py": BETTER}, {"Jane Doe": WORK}, JANE
    ),
    "an archive of another kind beside the stub": Case(
        {f"jdoe/{FILE}": "STUB", "jdoe/work.rar": b"Rar!"},
        {"Jane Doe": "STUB"},
        JANE,
        ("which file counts is not settled: jdoe",),
    ),
    "two downloads in one folder": Case(
        {
            f"A/doejane_11111_22222_{FILE}": WORK,
            f"A/roe_33333_44444_{FILE}": WORK,
            f"ann/{FILE}": WORK,
        },
        {"ann": WORK},
        "",
        ("needs attention: A: looks like several people's work: give it as SUBMISSIONS itself",),
    ),
    "a student's own folders of modules": Case(
        {f"jdoe/{FILE}": WORK, "jdoe/a/x.py": WORK, "jdoe/b/x.py": WORK},
        {"Jane Doe": WORK},
        JANE,
    ),
    "a helper as a later attempt": Case(
        {
            f"HW_jdoe_attempt_2026-10-01-10-00-00_{FILE}": WORK,
            "HW_jdoe_attempt_2026-10-02-10-00-00_utils.py": BETTER,
        },
        {"Jane Doe": BETTER},
        JANE,
        ("from utils.py; another attempt has the name of the exercise",),
    ),
    "a user of Submitty without settings": Case(
        {
            f"submissions/jdoe/1/{FILE}": WORK,
            f"submissions/jdoe/2/{FILE}": BETTER,
            "submissions/jdoe/user_assignment_settings.json": '{"active_version": 2}',
            "submissions/kim/user_assignment_settings.json": '{"active_version": 0}',
            f"submissions/ann/1/{FILE}": WORK,
        },
        {"Jane Doe": BETTER},
        JANE,
        ("ann: has a user_assignment_settings.json that cannot be read",),
    ),
    "grades of an earlier run": Case(
        {f"class/jdoe/{FILE}": WORK, f"class/ann/{FILE}": WORK, "grades/grades.csv": "x"},
        {"Jane Doe": WORK, "Ann": WORK},
        JANE + "Ann,13,\n",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_counts_is_right_or_listed(tmp_path: Path, real_course: Course, name: str) -> None:
    case = CASES[name]
    stub = real_course.exercise("ex4").stub.read_text(encoding="utf-8")
    folder = tmp_path / "class"
    put(folder, {place: stub if text == "STUB" else text for place, text in case.files.items()})
    found = seen(folder, real_course, case.people, case.ids)
    expected = {who: stub if text == "STUB" else text for who, text in case.counts.items()}
    assert found.counts == expected, found.listed
    assert all(found.lists(text) for text in case.listed), found.listed
    assert case.listed or not found.listed


def test_times_of_nbgrader_are_those_of_each_assignment(
    tmp_path: Path, real_course: Course
) -> None:
    late = {"ex1": "2026-10-01 10:00:00 UTC", "ex4": "2026-10-07 10:00:00 UTC"}
    folder = tmp_path / "submitted"
    for name, text in late.items():
        file = real_course.exercise(name).file
        put(folder, {f"jdoe/{name}/{file}": WORK, f"jdoe/{name}/timestamp.txt": text})
    found = seen(folder, real_course, JANE, ("ex1", "ex4"), POLICY)
    assert found.days == {"Jane Doe ex1": 0, "Jane Doe ex4": 2}
    only = seen(folder, real_course, JANE, ("ex4",), POLICY)
    assert (only.days, only.listed) == ({"Jane Doe": 2}, [])


def test_a_time_in_one_student_s_folder_is_no_time_of_nbgrader(
    tmp_path: Path, real_course: Course
) -> None:
    folder = tmp_path / "submitted"
    put(folder, {f"{name}/{FILE}": WORK for name in ("ann", "bob", "jdoe")})
    put(folder, {f"jdoe/w/{FILE}": WORK, "jdoe/w/timestamp.txt": "2020-01-01 00:00:00 UTC"})
    found = seen(folder, real_course, JANE, policy=POLICY)
    assert set(found.sources.values()) == {"unknown"}


# A name that Brightspace did not write, and whether its time is known.
DATES = {
    f"1-2 - Ann - Oct 5, 2026 902 PM/{FILE}": "2026-10-05 21:02",
    f"1-2 - x - Oct 1, 2026 1200 AM - Ann - Oct 7, 2026 902 PM/{FILE}": "2026-10-07 21:02",
    f"1-2 - x - Oct 1, 2026 1200 AM - Ann - Oct 7, 2026 902 PM - {FILE}": "",
    f"1-2 - Ann - Oct 7, 2026 902 PM - x - Oct 1, 2026 1200 AM - {FILE}": "",
}


@pytest.mark.parametrize("name", DATES)
def test_no_part_of_a_name_is_an_earlier_time(
    tmp_path: Path, real_course: Course, name: str
) -> None:
    put(tmp_path / "class", {name: WORK})
    [found] = collect(tmp_path / "class", [real_course.exercise("ex4")])
    moment = found.stamp.moment
    assert ("" if moment is None else f"{moment:%Y-%m-%d %H:%M}") == DATES[name]


def in_git(folder: Path, when: str) -> None:
    dates = {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
    who = ["-c", "user.name=x", "-c", "user.email=x@x"]
    for arguments in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "work"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True, env={**os.environ, **dates})


@pytest.mark.parametrize("when", ["@253402300799 +0000", "@4102444800 +0000", "@0 +0000"])
def test_a_commit_at_the_end_of_the_calendar_ends_no_batch(
    tmp_path: Path, real_course: Course, when: str
) -> None:
    folder = tmp_path / "class"
    put(folder, {f"rnns-jdoe/{FILE}": WORK, "ann/x.py": WORK})
    in_git(folder / "rnns-jdoe", when)
    found = seen(folder, real_course, policy=POLICY)
    assert found.counts["rnns-jdoe"] == WORK
    assert found.lists("nothing tells when it came in: rnns-jdoe") == when.startswith("@2534")


def make_link(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [make_link, os.mkfifo, Path.mkdir])
def test_a_packed_list_that_is_no_file_ends_no_batch(
    tmp_path: Path, real_course: Course, make: Callable[[Path], None]
) -> None:
    folder = tmp_path / "class"
    put(folder, {f"jdoe/{FILE}": WORK, f"ann/{FILE}": WORK})
    make(folder / "jdoe" / pack.LIST)
    assert seen(folder, real_course, JANE).counts == {"Jane Doe": WORK, "ann": WORK}


@pytest.mark.parametrize("version", ["1e999", "-1", "1" * 300, "true", "[]", '"2"', "NaN"])
def test_a_version_that_is_none_ends_no_batch(
    tmp_path: Path, real_course: Course, version: str
) -> None:
    folder = tmp_path / "submissions"
    settings = "user_assignment_settings.json"
    put(folder, {f"jdoe/1/{FILE}": WORK, f"jdoe/2/{FILE}": BETTER})
    put(folder, {f"jdoe/{settings}": f'{{"active_version": {version}}}'})
    found = seen(folder, real_course, JANE)
    assert found.counts or found.lists("jdoe")


@pytest.mark.parametrize("part", ["copy-", "copy---", "-1", "copy-1", "(1)", "v1", "new_", "-"])
def test_a_name_of_many_copies_is_read_at_once(real_course: Course, part: str) -> None:
    exercise = real_course.exercise("ex4")
    for beginning in ("", exercise.module):
        naming.copy_number(f"{beginning}{part * (60_000 // len(part))}!.py", exercise)


COPIES = {
    "ex4_interpretability.py": 0,
    "ex4_interpretability (2).py": 2,
    "ex4_interpretability-Copy1.py": 1,
    "ex4_interpretability-Copy1 (3).py": 3,
    "Copy of ex4_interpretability.py": 1,
    "EX4_interpretability_v12_final.PY": 12,
    "ex4_interpretability_tests.py": None,
    "my_ex4_interpretability.py": None,
}


@pytest.mark.parametrize("name", COPIES)
def test_the_number_of_a_copy(real_course: Course, name: str) -> None:
    assert naming.copy_number(name, real_course.exercise("ex4")) == COPIES[name]


@pytest.mark.parametrize("line", ["\tA:" + " " * 500_000, " " * 500_000, "A:" + " \t" * 200_000])
@pytest.mark.parametrize("end", ["", "\n\n", "\n\tB:x"])
def test_a_receipt_of_many_spaces_is_read_at_once(tmp_path: Path, line: str, end: str) -> None:
    name = "HW_jdoe_attempt_2026-10-01-10-00-00.txt"
    for text in (f"Name: Jane (jdoe)\n\nComments:\nhi\n\nFiles:\n{line}{end}", f"Name:{line}"):
        put(tmp_path, {name: text})
        [found], used = blackboard.take(tmp_path, [name])
        assert (found.author.account, used) == ("blackboard jdoe", {name})


def test_answers_handed_in_again_are_kept(tmp_path: Path, real_course: Course) -> None:
    names = {f"{CANVAS}1_{FILE}": WORK, f"{CANVAS}2_ex4.md": "old", f"{CANVAS}3_ex4-1.md": "new"}
    put(tmp_path / "class", names)
    found = collect(tmp_path / "class", [real_course.exercise("ex4")])
    assert all(one.answers is not None and one.work is not None for one in found)


# Rosters, and the people in them; what cannot be trusted is refused.
ROSTERS = {
    "empty lines on top": ("\n,,\nname,id\nA,1\n", ["A 1"]),
    "Excel's line on top": ("sep=;\nname;id\nA;1\n", ["A 1"]),
    "no addresses": ("name,email\nA,-\nB,-\nC,n/a\nD,N/A\n", ["A ", "B ", "C ", "D "]),
    "zeros dropped in one row": (
        "name,id,email\nAnn Roe,7,a@x\nAnn Roe,007,a@x\n",
        ["Ann Roe 007"],
    ),
    "one person's changed name": (
        'name,id,email\nAnn Roe,7,a@x\n"Poe, Ann",7,a@x\n',
        ["Ann Roe 7"],
    ),
    "one id for two people": ("name,id\nAnn Roe,7\nBob Poe,7\n", ["Ann Roe ", "Bob Poe "]),
    "one address for two people": (
        "name,id,email\nAnn Roe,7,a@x\nBob Poe,8,A@x\n",
        ["Ann Roe 7", "Bob Poe 8"],
    ),
    "an id that a spreadsheet has shortened": (
        "name,id\nAnn Roe,2.02112E+11\nBob Poe,2.02112E+11\n",
        "a spreadsheet has shortened the number 2.02112E+11",
    ),
    "GitHub Classroom": (
        "identifier,github_username,github_id,name\ns01,jd,5,\nAnn Roe,ar,6,\n",
        ["s01 s01", "Ann Roe "],
    ),
    "a quotation mark that never ends": ('name,id\n"A,1\nB,2\n', "cannot be read as a CSV file"),
}


@pytest.mark.parametrize("name", ROSTERS)
def test_a_roster_is_read_or_refused(tmp_path: Path, name: str) -> None:
    text, expected = ROSTERS[name]
    path = tmp_path / "roster.csv"
    path.write_text(text, encoding="utf-8")
    try:
        people = merging.merged(roster.read(path, {}))
    except UsageError as error:
        assert isinstance(expected, str)
        assert expected in str(error)
    else:
        assert [f"{person.name} {person.id}" for person in people] == expected


def test_a_person_may_have_a_login_on_each_platform(tmp_path: Path, real_course: Course) -> None:
    people = {
        "a.csv": "name,id,login\nJane Doe,12,jdoe\n",
        "b.csv": "name,id,login\nDoe Jane,12,jd99\n",
    }
    put(tmp_path, people)
    put(tmp_path / "class", {f"jd99/{FILE}": WORK})
    given = tuple(tmp_path / name for name in people)
    assert seen(tmp_path / "class", real_course, rosters=given).counts == {"Jane Doe": WORK}


TABLES = {
    "a row of people.csv": ("match", "submission,person\nx,Jane Doe (12)\n", ""),
    "two people for one submission": (
        "match",
        "submission,person\nx,12\nx,13\n",
        "two people for x",
    ),
    "the same twice": ("match", "submission,person\nx,12\nx,jdoe\n", ""),
    "a cell with an apostrophe": ("times", "submission,submitted_at\n'x,2026-10-01\n", ""),
    "two times": ("times", "submission,submitted_at\nx,2026-10-01\nx,2026-10-02\n", "two times"),
    "a time that is none": ("times", "submission,submitted_at\nx,1.10.2026\n", "ISO 8601"),
    "a time before all zones": ("times", "submission,submitted_at\nx,0001-01-01\n", ""),
    "a time after all zones": ("times", "submission,submitted_at\nx,9999-12-31T23:59:59\n", ""),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_decision_is_taken_or_refused(tmp_path: Path, real_course: Course, name: str) -> None:
    option, text, refused = TABLES[name]
    put(tmp_path, {"table.csv": text, f"class/x/{FILE}": WORK})
    people = "name,id,login\nJane Doe,12,jdoe\nAnn Roe,13,aroe\n"
    given = {option: tmp_path / "table.csv"}
    try:
        found = seen(tmp_path / "class", real_course, people, policy=POLICY, **given)
    except UsageError as error:
        assert refused
        assert refused in str(error)
    else:
        assert not refused
        assert list(found.counts) == ["Jane Doe" if option == "match" else "x"]


def test_a_link_to_itself_ends_no_batch(tmp_path: Path, real_course: Course) -> None:
    put(tmp_path / "class", {f"ann/{FILE}": WORK, f"bob/{FILE}": WORK})
    for name in ("loop", "roster.csv"):
        (tmp_path / "class" / name).symlink_to(name)
    assert set(seen(tmp_path / "class", real_course, "name\nann\nbob\n").counts) == {"ann", "bob"}


def notebook(source: str) -> bytes:
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": []}
    document = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    return json.dumps(document).encode()


def test_a_packed_notebook_counts_before_the_module(tmp_path: Path, real_course: Course) -> None:
    files = {FILE: WORK.encode(), NOTEBOOK: notebook(BETTER)}
    archive = pack.as_zip(pack.Packed(files, {"ex4": NOTEBOOK}))
    put(tmp_path / "class", {"jdoe.zip": archive})
    [work] = [one.work for one in collect(tmp_path / "class", [real_course.exercise("ex4")])]
    assert work is not None
    assert (work.name, work.settled) == (NOTEBOOK, True)
    # What has changed since is chosen by the rules for everybody.
    changed = packed({FILE: WORK, NOTEBOOK: notebook(LAST), pack.LIST: listed_in(archive)})
    put(tmp_path / "class", {"jdoe.zip": changed})
    [work] = [one.work for one in collect(tmp_path / "class", [real_course.exercise("ex4")])]
    assert work is not None
    assert work.name == FILE


def listed_in(archive: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return opened.read(pack.LIST)
