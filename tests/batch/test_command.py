"""What the instructor is told: whose everything is, when it came in, and what is not settled."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from grading.batch import by_hand
from grading.batch.attention import (
    ATTEMPTS,
    CHANGED,
    FILES,
    LATE,
    NOBODY,
    PERHAPS,
    TIME,
    UNREADABLE,
)
from grading.batch.command import STORE
from grading.batch.store import Store
from grading.course.syllabus import Course, LatePolicy
from grading.errors import UsageError
from tests.support.classes import EX1, WORK, pack, put
from tests.support.rehearsals import Rehearsal, rehearse
from tests.support.repositories import clone, commit, start

Capture = pytest.CaptureFixture[str]
DUE = datetime(2026, 10, 5, 23, 59, tzinfo=ZoneInfo("Europe/Berlin"))


def due(course: Course, **more: object) -> Course:
    """The same course with a deadline."""
    policy = LatePolicy(DUE, 0, 10, 50)
    exercises = {name: replace(one, late=policy) for name, one in course.exercises.items()}
    return replace(course, exercises=exercises, **more)  # type: ignore[arg-type]


def folders(folder: Path, *names: str) -> Path:
    for name in names:
        put(folder / name / EX1)
    return folder


def settled(found: Rehearsal) -> None:
    assert found.code == 0, found.lines
    assert len(found.lines) == 1


def test_names_beyond_ascii_reach_the_right_person(
    tmp_path: Path, real_course: Course, capsys: Capture
) -> None:
    names = ("Kim 지훈", "Anna Сидорова", "王小明", "Иван Петров", "Øystein Berg")
    folder = folders(tmp_path / "in", *names)
    roster = (
        "name,email\nKim 민수,minsu@x.edu\nAnna Петрова,petrova@x.edu\n王小明,wang@x.edu\n"
        "Иван Петров,ivan@x.edu\nOystein Berg,berg@x.edu\n"
    )
    found = rehearse(capsys, real_course, folder, roster)
    assert found.code == 1
    open_ones = [line.partition(":")[0] for line in [*found.about(NOBODY), *found.about(PERHAPS)]]
    assert sorted({line.removeprefix(" yet").strip() for line in open_ones} - {""}) <= sorted(names)
    assert not any("王小明" in line or "Иван" in line for line in found.lines)
    assert any("Kim 지훈" in line for line in found.lines)
    assert any("Anna Сидорова" in line for line in found.lines)
    missing = found.about("handed in nothing")
    assert missing == ["ex1: Kim 민수 (minsu@x.edu)", "ex1: Anna Петрова (petrova@x.edu)"]


def test_a_platforms_number_is_no_id(tmp_path: Path, real_course: Course, capsys: Capture) -> None:
    folder = folders(tmp_path / "in", "Maria Lopez_4711_assignsubmission_file_")
    put(folder / f"poeedgar_4712_56789_{EX1}")
    roster = "name,id,email\nMaria López García,1001,m@x.edu\nAnn Smith,4711,a@x.edu\nBob,4712,\n"
    found = rehearse(capsys, real_course, folder, roster)
    assert found.code == 1
    assert [line for line in found.lines if "Maria Lopez_4711" in line]
    assert [line for line in found.lines if "poeedgar_4712" in line]
    assert len(found.about("handed in nothing")) == 3


def test_the_files_of_one_canvas_student_are_one_submission(
    tmp_path: Path, real_course: Course, capsys: Capture
) -> None:
    folder, notebook = tmp_path / "in", real_course.exercise("ex1").notebook
    put(folder / "doejane_1234_56789_ex1_vanilla_rnn.ipynb", notebook.read_bytes())
    put(folder / f"doejane_1234_56790_{EX1}")
    put(folder / "roemax_1235_56791_data_utils.py")
    put(folder / f"roemax_1235_56792_{EX1}")
    put(folder / "roemax_1235_56793_report.pdf")
    found = rehearse(capsys, real_course, folder)
    assert found.code == 0
    assert found.lines[-1].startswith("2 attempts")


ROSTERS = {
    "semicolons": "name;id;email\nAnn Smith;1001;ann@x.edu\n",
    "tabs": "name\tid\temail\nAnn Smith\t1001\tann@x.edu\n",
    "empty rows": "name,id,email\nann,1001,ann@x.edu\n,,\n,,\n",
    "one row twice": "name,id,email\nann,1001,ann@x.edu\nann,1001,ann@x.edu\n",
    "Canvas": 'Student,ID,SIS Login ID,Section\n    Points Possible,,,\n"S, A",7,ann,A\n',
    "Moodle": '"First name","Last name","ID number","Email address"\nAnn,Smith,1001,ann@x.edu\n',
    "Gradescope": "First Name,Last Name,SID,Email,Role\nAnn,Smith,1001,ann@x.edu,Student\n",
}


@pytest.mark.parametrize("kind", ROSTERS)
def test_a_roster_as_a_platform_exports_it_finds_its_people(
    tmp_path: Path, real_course: Course, capsys: Capture, kind: str
) -> None:
    settled(rehearse(capsys, real_course, folders(tmp_path / "in", "ann"), ROSTERS[kind]))


def test_what_is_not_used_of_a_roster_is_said_and_is_nothing_to_settle(
    tmp_path: Path, real_course: Course, capsys: Capture
) -> None:
    text = "Name;Kennung;E-Mail\nann;1;fam@x\nbob;2;fam@x\n"
    found = rehearse(capsys, real_course, folders(tmp_path / "in", "ann", "bob"), text)
    assert found.code == 0
    assert found.about("roster") == [
        "roster.csv: not used: Kennung",
        "roster.csv: several people have fam@x: that identifies nobody",
    ]


def test_headers_that_fit_nothing_are_named_and_can_be_mapped(
    tmp_path: Path, real_course: Course, capsys: Capture
) -> None:
    folder, text = folders(tmp_path / "in", "ann"), "Naam,Nummer\nann,1\n"
    with pytest.raises(UsageError, match="its first line is Naam, Nummer"):
        rehearse(capsys, real_course, folder, text)
    mapped = replace(real_course, roster={"name": "Naam", "id": "Nummer"})
    settled(rehearse(capsys, mapped, folder, text))


@pytest.mark.parametrize(
    ("key", "said"),
    [("nam", r"no nam \(did you mean name\?\): known are name, given"), ("Foto", "no Foto: known")],
)
def test_a_key_of_the_roster_that_nobody_knows_is_named(
    tmp_path: Path, real_course: Course, capsys: Capture, key: str, said: str
) -> None:
    course = replace(real_course, roster={"id": "Nummer", key: "Naam"})
    with pytest.raises(UsageError, match=said):
        rehearse(capsys, course, folders(tmp_path / "in", "ann"), "name\nann\n")


def test_a_clone_has_the_time_of_its_commit(
    tmp_path: Path, real_course: Course, capsys: Capture
) -> None:
    origin = start(tmp_path / "origin")
    commit(origin, EX1, WORK, "2026-10-04T12:00:00+0200")
    for name in ("rnns-ann", "rnns-bob"):
        clone(origin, tmp_path / "in" / name)
    settled(rehearse(capsys, due(real_course), tmp_path / "in"))
    put(tmp_path / "in" / "rnns-bob" / EX1, "y = 1\n")
    found = rehearse(capsys, due(real_course), tmp_path / "in")
    assert (found.code, len(found.about(CHANGED))) == (1, 1)


def test_without_evidence_of_a_time_there_is_a_line_and_no_penalty(
    tmp_path: Path, real_course: Course, capsys: Capture
) -> None:
    folder = tmp_path / "in"
    for name in ("honest", "mallory"):
        pack(folder / f"{name}.zip", {EX1: WORK})
    pack(folder / "doejane_LATE_1111_2222_w.zip", {EX1: WORK})
    settled(rehearse(capsys, real_course, folder))
    found = rehearse(capsys, due(real_course), folder)
    assert found.code == 1
    assert found.about(TIME) == ["honest ex1", "mallory ex1"]
    assert found.about(LATE) == ["doejane_1111 ex1: it has the penalty of one day (canvas_late)"]
    times = "submission,submitted_at\nhonest,2026-10-05T23:00\nmallory,2026-10-05T21:00Z\n"
    later = rehearse(capsys, due(real_course), folder, times=times)
    assert later.about(TIME) == []
    times = f"{times}doejane_1111,2026-10-09T12:00:00+02:00\n"
    last = rehearse(capsys, due(real_course), folder, times=times)
    assert (last.code, last.lines[:-1]) == (0, ["late: 1 grade with a penalty"])


def test_a_time_of_a_person_counts_for_everything_of_theirs(
    tmp_path: Path, real_course: Course, capsys: Capture
) -> None:
    folder, roster = folders(tmp_path / "in", "ann", "bob"), "name,id\nann,1\nbob,2\n"
    times = "person,submitted_at\n1,2026-10-05T12:00\n"
    found = rehearse(capsys, due(real_course), folder, roster, times=times)
    assert found.about(TIME) == ["bob ex1"]


@pytest.mark.parametrize(
    ("rows", "undated", "notes"),
    [
        # The time of any member is that of the team's work.
        ("2,2026-10-05T12:00\n", ["zoe ex1"], []),
        ("2,2026-10-05T12:00\n3,2026-10-05T12:00\n", [], []),
        ("1,2026-10-05T12:00\n2,2026-10-05T12:00\n", ["zoe ex1"], []),
        # Max has handed in nothing.
        (
            "4,2026-10-05T12:00\n",
            ["red ex1", "zoe ex1"],
            ["times.csv: no submission has the time of Max (4)"],
        ),
    ],
)
def test_a_time_of_a_person_counts_for_the_team(
    tmp_path: Path,
    real_course: Course,
    capsys: Capture,
    rows: str,
    undated: list[str],
    notes: list[str],
) -> None:
    folder = folders(tmp_path / "in", "red", "zoe")
    roster = "name,id,team\nAnn,1,Red\nBob,2,Red\nZoe,3,\nMax,4,\n"
    times = f"person,submitted_at\n{rows}"
    found = rehearse(capsys, due(real_course), folder, roster, times=times)
    assert (found.about(TIME), found.about(UNREADABLE)) == (undated, notes)
    with pytest.raises(
        UsageError, match=r"times\.csv has two times for the people of red: choose one"
    ):
        rehearse(
            capsys,
            due(real_course),
            folder,
            roster,
            times="person,submitted_at\n1,2026-10-05T12:00\n2,2026-10-05T13:00\n",
        )


@pytest.mark.parametrize(
    ("clock", "unsettled"), [("02-10-00", True), ("01-59-59", False), ("03-00-00", False)]
)
def test_which_came_later_is_open_in_the_hour_that_a_clock_shows_twice(
    tmp_path: Path, real_course: Course, capsys: Capture, clock: str, unsettled: bool
) -> None:
    for number, stamp in enumerate(("02-40-00", clock)):
        name = f"HW_jdoe_attempt_2026-10-25-{stamp}_{EX1}"
        put(tmp_path / "in" / name, f"x = {number}\n")
    course = replace(real_course, zone=ZoneInfo("Europe/Berlin"))
    roster = "name,login\nJane Doe,jdoe\n"
    assert bool(rehearse(capsys, course, tmp_path / "in", roster).about(ATTEMPTS)) == unsettled
    assert rehearse(capsys, real_course, tmp_path / "in", roster).about(ATTEMPTS) == []


def test_files_that_only_a_number_separates_are_listed(
    tmp_path: Path, real_course: Course, capsys: Capture
) -> None:
    stub = real_course.exercise("ex1").stub.read_text(encoding="utf-8")
    files = {
        f"browser/{EX1}": stub,
        "browser/ex1_vanilla_rnn (1).py": WORK,
        f"depths/exercises/{EX1}": stub,
        f"depths/mine/work/{EX1}": WORK,
        "versions/ex1_v1.py": WORK,
        "versions/ex1_v2.py": WORK + "# more\n",
    }
    for name, text in files.items():
        put(tmp_path / "in" / name, text)
    found = rehearse(capsys, real_course, tmp_path / "in")
    assert found.code == 1
    [line] = found.about(FILES)
    assert line.startswith("versions ex1:")
    assert "ex1_v1.py" in line


def test_the_untouched_stub_never_replaces_work(
    tmp_path: Path, real_course: Course, capsys: Capture
) -> None:
    """Not even where it came in later, or where nothing tells which came later."""
    stub = real_course.exercise("ex1").stub.read_bytes()
    folder = folders(tmp_path / "in", "ann", "bob", "zoe")
    put(folder / "ann_attempt2" / EX1, stub)
    put(folder / "bob_.py", stub)
    put(folder / "zoe" / EX1, stub)
    found = rehearse(capsys, real_course, folder, "name\nAnn\nBob\nZoe\n")
    assert found.code == 0, found.lines
    counted = [line for line in found.lines if line.startswith("counted: ")]
    assert counted == [
        "counted: ann ex1: attempt 1 of 2; 1 with the untouched stub",
        "counted: bob ex1: attempt 1 of 2, and not bob_; 1 with the untouched stub",
    ]


def test_two_entries_of_one_person_are_attempts_of_theirs(
    tmp_path: Path, real_course: Course, capsys: Capture
) -> None:
    folder, roster = tmp_path / "in", "name\nAlice\n"
    put(folder / "alice.py", WORK)
    put(folder / "alice_.py", WORK + "# more\n")
    found = rehearse(capsys, real_course, folder, roster)
    assert found.code == 1
    [line] = found.about(ATTEMPTS)
    assert "the better one counts for now" in line
    assert "alice_" in line
    times = "submission,submitted_at\nalice,2026-10-05T12:00\nalice_,2026-10-05T13:00\n"
    assert rehearse(capsys, real_course, folder, roster, times=times).about(ATTEMPTS) == []


def test_a_match_settles_whose_it_is(tmp_path: Path, real_course: Course, capsys: Capture) -> None:
    folder = folders(tmp_path / "in", "kim", "lee")
    roster = "name,id\nKim 민수,1\nLee,2\n"
    assert rehearse(capsys, real_course, folder, roster).code == 1
    settled(rehearse(capsys, real_course, folder, roster, match="submission,person\nkim,1\n"))
    taken = rehearse(capsys, real_course, folder, roster, match="submission,person\nkim,\n")
    assert taken.code == 1


def test_a_team_hands_in_for_all_its_members(
    tmp_path: Path, real_course: Course, capsys: Capture
) -> None:
    folder, roster = folders(tmp_path / "in", "red", "zoe"), "name,id\nAnn,1\nBob,2\nZoe,3\n"
    assert rehearse(capsys, real_course, folder, roster).code == 1
    settled(rehearse(capsys, real_course, folder, roster, teams="team,person\nRed,1\nRed,Bob\n"))


@pytest.mark.parametrize(("count", "lines"), [(10, 10), (11, 1)])
def test_a_platform_that_tells_no_times_is_one_matter(
    tmp_path: Path, real_course: Course, capsys: Capture, count: int, lines: int
) -> None:
    """Many lines of one kind would hide the others."""
    folder = folders(tmp_path / "in", *(f"person {number:02}" for number in range(count)))
    roster = "name\n" + "".join(f"person {number:02}\n" for number in range(count))
    found = rehearse(capsys, due(real_course), folder, roster)
    said = [line for line in found.lines if line.startswith(TIME)]
    assert len(said) == lines
    assert f"to settle: {count} in all" in found.lines
    assert found.code == 1


def test_missing_work_alone_is_nothing_to_settle(
    tmp_path: Path, real_course: Course, capsys: Capture
) -> None:
    folder = folders(tmp_path / "in", "ann")
    found = rehearse(capsys, real_course, folder, "name\nann\nbob\n")
    assert found.code == 0
    assert found.about("handed in nothing") == ["ex1: bob"]


def test_the_list_is_short_and_counts_what_it_leaves_out(
    tmp_path: Path, real_course: Course, capsys: Capture
) -> None:
    folder = folders(tmp_path / "in", *(f"stranger {number:02}" for number in range(30)))
    for number in range(30):
        put(folder / f"unreadable {number:02}.zip", b"PK")
    roster = "name\n" + "".join(f"person {number}\n" for number in range(30))
    found = rehearse(capsys, real_course, folder, roster)
    assert found.code == 1
    assert len(found.lines) <= 25 + 10
    for kind, most in ((NOBODY, 60), ("needs attention", 30), ("handed in nothing", 30)):
        lines = [line for line in found.lines if line.startswith(kind)]
        counted = [int(line.split()[-2]) for line in lines if line.endswith(" more")]
        assert sum(counted) + len(lines) - len(counted) == most


def test_an_attempt_in_a_students_own_name_is_said(
    tmp_path: Path, real_course: Course, capsys: Capture
) -> None:
    """Where students choose the names of files, alice_attempt2.py may be anybody's."""
    put(tmp_path / "in" / "alice.py", WORK)
    put(tmp_path / "in" / "alice_attempt2.py", "raise SystemExit\n")
    found = rehearse(capsys, real_course, tmp_path / "in")
    assert [line for line in found.lines if "alice ex1: attempt 2 of 2" in line]


def test_numbers_of_another_assignment_are_said_once_and_names_count(
    tmp_path: Path, real_course: Course, capsys: Capture
) -> None:
    names = ("Ann Lee", "Bob Poe", "Cem Su")
    folders(tmp_path / "in", *(f"{name}_99_assignsubmission_file" for name in names))
    rows = "".join(f"Participant {at},{name}\n" for at, name in enumerate(names))
    found = rehearse(capsys, real_course, tmp_path / "in", f"Identifier,Full name\n{rows}")
    assert found.code == 0
    [line] = found.about("matched")
    assert line.startswith("by names, as the Moodle participants of the roster fit no submission")


def test_tutorial_groups_hand_in_for_nobody(
    tmp_path: Path, real_course: Course, capsys: Capture
) -> None:
    folders(tmp_path / "in", "Tutorial 1/Jane Doe", "Tutorial 2/Ann Roe")
    roster = "name,group\nJane Doe,Tutorial 1\nKim Lee,Tutorial 1\nAnn Roe,Tutorial 2\n"
    found = rehearse(capsys, real_course, tmp_path / "in", roster)
    assert len(found.about(PERHAPS)) == 2, found.lines


def test_a_dry_run_reads_what_earlier_runs_were_told(
    tmp_path: Path, real_course: Course, capsys: Capture
) -> None:
    """Also from the log of a run that was killed, which nothing may write or empty."""
    folder, roster = folders(tmp_path / "in", "kim"), "name,id\nKim 민수,1\n"
    assert rehearse(capsys, real_course, folder, roster).code == 1
    (tmp_path / "out").mkdir()
    with Store(tmp_path / "out" / STORE) as store:
        store.keep_matches({"kim": "id:1"})
        assert (tmp_path / "out" / f"{STORE}-wal").stat().st_size
        settled(rehearse(capsys, real_course, folder, roster))
    settled(rehearse(capsys, real_course, folder, roster))


@pytest.mark.parametrize(
    ("content", "said"), [(b"no database", "cannot be used"), (None, "cannot be read")]
)
def test_a_dry_run_refuses_a_store_that_a_run_would_refuse(
    tmp_path: Path, real_course: Course, capsys: Capture, content: bytes | None, said: str
) -> None:
    path = tmp_path / "out" / STORE
    if content is None:
        path.mkdir(parents=True)
    else:
        put(path, content)
    with pytest.raises(UsageError, match=rf"grades\.sqlite {said}"):
        rehearse(capsys, real_course, folders(tmp_path / "in", "ann"))


RUBRIC = "submission,exercise,question,points,max_points,comment\n"


def test_a_dry_run_reads_the_points_given_by_hand(
    tmp_path: Path, real_course: Course, capsys: Capture
) -> None:
    folder = folders(tmp_path / "in", "ann")
    question = by_hand.declared(real_course.exercise("ex1"))[0].name
    settled(rehearse(capsys, real_course, folder, rubric=f"{RUBRIC}ann,ex1,{question},1,2,\n"))
    rubric = f"{RUBRIC}zoe,ex1,{question},1,2,\n"
    found = rehearse(capsys, real_course, folder, rubric=rubric)
    assert found.about(UNREADABLE) == ["no submission is called zoe (rubric.csv)"]
    assert found.code == 1
    put(tmp_path / "out" / "answers.csv", rubric)
    with pytest.raises(UsageError, match="holds points that are not in the grades yet"):
        rehearse(capsys, real_course, folder)


WORKS = {"v1": WORK, "v2": WORK + "# more\n", "bad": "x" * 2**20 + "x"}
SAME = "1 with the same work"
BEST = "the best of 2 attempts, once they are graded"


@pytest.mark.parametrize(
    ("attempts", "files", "chosen", "counted"),
    [
        ("latest", {"ann": "v1", "ann_attempt2": "v2"}, 1, "ann ex1: attempt 2 of 2"),
        ("best", {"ann": "v1", "ann_attempt2": "v2"}, 2, f"ann ex1: {BEST}"),
        ("best", {"ann": "v1", "ann_attempt2": "v1"}, 2, f"ann ex1: attempt 2 of 2; {SAME}"),
        # What cannot be read is no attempt, but is listed.
        ("best", {"ann": "v1", "ann_attempt2": "bad"}, 1, ""),
        ("latest", {"ann": "v1", "ann_": "v2"}, 2, f"ann ex1: {BEST}, also ann_"),
        ("latest", {"ann": "bad", "ann_": "v2"}, 1, "ann_ ex1: attempt 1 of 2, and not ann"),
    ],
)
def test_a_dry_run_does_not_guess_which_attempt_scores_better(
    tmp_path: Path,
    real_course: Course,
    capsys: Capture,
    attempts: str,
    files: dict[str, str],
    chosen: int,
    counted: str,
) -> None:
    for name, work in files.items():
        put(tmp_path / "in" / name / EX1, WORKS[work])
        put(tmp_path / "in" / name / "helper.py", "x = 1\n")
    course = replace(real_course, attempts=attempts)
    found = rehearse(capsys, course, tmp_path / "in", "name\nAnn\n")
    assert found.about("counted") == ([counted] if counted else [])
    assert found.code == int("bad" in files.values() or (attempts == "latest" and chosen == 2))
    assert len(found.about("chosen")) == chosen


def test_a_dry_run_says_how_many_grades_carry_a_penalty(
    tmp_path: Path, real_course: Course, capsys: Capture
) -> None:
    times = "submission,submitted_at\nann,2026-10-06T12:00\nbob,2026-10-05T12:00\n"
    folder = folders(tmp_path / "in", "ann", "bob")
    found = rehearse(capsys, due(real_course), folder, times=times)
    assert found.about("late") == ["1 grade with a penalty"]
