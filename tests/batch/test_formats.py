"""Names and times as platforms write them: each row says what must come out, and who writes it so.

The comment above a row names the source: a repository and a path in it. Formats and facts come from
there, the names are invented.
"""

import json
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import ModuleType

import pytest

from grading.batch.intake.collect import collect
from grading.batch.intake.layout import recognized
from grading.batch.people import roster
from grading.batch.people.evidence import Evidence, Kind
from grading.batch.people.matching import Roster
from grading.batch.people.person import Person
from grading.batch.platforms import (
    blackboard,
    brightspace,
    canvas,
    clones,
    gradescope,
    moodle,
    nbgrader,
    submitty,
)
from grading.batch.platforms.hand_in import HandIn
from grading.course.syllabus import Course

FILE = "ex1_vanilla_rnn.py"
EAST = timezone(-timedelta(hours=4))


def put(folder: Path, *paths: str, text: str = "x = 1\n") -> None:
    """Files, and folders for paths that end with a slash."""
    for path in paths:
        place = folder / path
        if path.endswith("/"):
            place.mkdir(parents=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")


def taken(platform: ModuleType, folder: Path) -> dict[str, HandIn]:
    """The hand-ins of a folder in which the platform knows every name, by label and attempt."""
    names = sorted(path.name for path in folder.iterdir())
    hand_ins, used = platform.take(folder, names)
    assert used == set(names)
    return {f"{one.author.label}/{one.attempt}": one for one in hand_ins}


def clues(hand_in: HandIn, kind: Kind) -> list[str]:
    return [clue.value for clue in hand_in.author.clues if clue.kind is kind]


def matched(people: Sequence[Person], hand_ins: dict[str, HandIn]) -> dict[str, set[str]]:
    """The names of the people whom each label belongs to."""
    matches = Roster(people).match([one.author for one in hand_ins.values()], {})
    return {label: {one.name for one in match.people} for label, match in matches.items()}


# Canvas: instructure/canvas-lms, lib/content_zipper.rb (get_filename, sanitize_file_name,
# sanitize_user_name, add_upload_submission, add_text_or_url).
CANVAS = [
    # NAME_USER_FILE_THEIRS: the sortable name in lower case, without spaces and punctuation.
    ("doejane_1234_56789_ex1.py", "doejane_1234", "doejane", "1234", False, "ex1.py"),
    # LATE in capitals after the name; for real names of files: mikewesthad/canvas-unzipper,
    # README.md, and HCI-Data-Analysis/HCI-data-analysis,
    # scripts/convert_zip_file/convert_zip_file_id.md.
    ("doejane_LATE_1234_56789_ex1.py", "doejane_1234", "doejane", "1234", True, "ex1.py"),
    # A name in lower case is never the word: somebody may be called Late.
    ("doe_late_1234_56789_ex1.py", "doe_late_1234", "doe_late", "1234", False, "ex1.py"),
    # [[:word:]] keeps letters and marks of every script, digits and underscores.
    ("müllerjörg2_1234_56789_ex1.py", "müllerjörg2_1234", "müllerjörg2", "1234", False, "ex1.py"),
    ("किमअ_1234_56789_ex1.py", "किमअ_1234", "किमअ", "1234", False, "ex1.py"),
    # /_(\d+)_/ loses its underscores, others stay.
    (
        "some999_1234_guy_77_88_ex1.py",
        "some999_1234_guy_77",
        "some999_1234_guy",
        "77",
        False,
        "ex1.py",
    ),
    # Anonymous grading: no name, anon_ and a code for the user.
    ("anon_aB3dE_56789_ex1.py", "anon_aB3dE", "", "", False, "ex1.py"),
    ("LATE_anon_9xYz2_56789_ex1.py", "anon_9xYz2", "", "", True, "ex1.py"),
    ("anon_12345_56789_ex1.py", "anon_12345", "", "", False, "ex1.py"),
    # Where the user's number was given without a name.
    ("1234_56789_ex1.py", "1234", "", "1234", False, "ex1.py"),
]


@pytest.mark.parametrize(("name", "label", "who", "user", "late", "theirs"), CANVAS)
def test_canvas(
    tmp_path: Path, name: str, label: str, who: str, user: str, late: bool, theirs: str
) -> None:
    put(tmp_path, name)
    [hand_in] = taken(canvas, tmp_path).values()
    assert hand_in.author.label == label
    assert clues(hand_in, Kind.NAME) == [who] * bool(who)
    assert clues(hand_in, Kind.CANVAS) == [user] * bool(user)
    assert [part.name for part in hand_in.parts] == [theirs]
    assert hand_in.stamp.late is late


# add_text_or_url: text and addresses have no number of a file.
@pytest.mark.parametrize(
    "name", ["doejane_1234_text.html", "LATE_anon_aB3dE_link.html", "anon_aB3dE_text.html"]
)
def test_canvas_typed_text(tmp_path: Path, name: str) -> None:
    put(tmp_path, name)
    [hand_in] = taken(canvas, tmp_path).values()
    assert not hand_in.parts
    assert "only text typed into Canvas" in hand_in.problem


def test_canvas_has_one_submission_of_each_author(tmp_path: Path) -> None:
    # get_uploaded_files_from: the files of the current submission only. A file handed in again has
    # -N in front of its suffix: TimHanneman/Canvas_submission_sort, README.md.
    put(tmp_path, "doejane_1234_11_ex1-1.py", "doejane_1234_12_data_utils.py")
    [hand_in] = taken(canvas, tmp_path).values()
    assert {part.name for part in hand_in.parts} == {"ex1.py", "data_utils.py"}
    assert hand_in.attempt == 2


def test_canvas_versions_of_one_file_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    put(tmp_path, "doejane_1234_13_ex1-1.py", "doejane_1234_12_ex1.py", "doejane_1234_11_help.py")
    hand_ins = taken(canvas, tmp_path)
    parts = {label: {part.name for part in one.parts} for label, one in hand_ins.items()}
    assert parts == {
        "doejane_1234/1": {"ex1.py", "help.py"},
        "doejane_1234/2": {"ex1.py", "help.py"},
    }


def test_canvas_gives_the_name_of_a_group_and_the_number_of_one_member(tmp_path: Path) -> None:
    # zip_assignment and get_user_name: the representative of a group has the group's name.
    put(tmp_path, "group1_1234_11_ex1.py", "doejane_1236_12_ex1.py")
    people = [
        Person("Kim X", canvas="1234", teams=("Group 1",)),
        Person("Kim Y", canvas="1235", teams=("Group 1",)),
        Person("Jane Doe", canvas="1236", teams=("Group 2",)),
    ]
    assert matched(people, taken(canvas, tmp_path)) == {
        "group1_1234": {"Kim X", "Kim Y"},
        "doejane_1236": {"Jane Doe"},
    }


# Moodle 4 and later: moodle/moodle, mod/assign/classes/downloader.php (get_student_prefix,
# load_submissionplugin_filelist). Before: mod/assign/locallib.php, download_submissions.
MOODLE = [
    # As folders: no underscore at the end since Moodle 4.
    ("Jane Doe_123_assignsubmission_file/ex1.py", "Jane Doe_123", ""),
    ("Jane Doe_123_assignsubmission_file_/ex1.py", "Jane Doe_123", ""),
    # Not as folders: the file's own name follows.
    ("Jane Doe_123_assignsubmission_file_ex1.py", "Jane Doe_123", "ex1.py"),
    # A file's own name may look like a prefix.
    ("Jane Doe_123_assignsubmission_file_my_2_ex1.py", "Jane Doe_123", "my_2_ex1.py"),
    # Underscores of a name become spaces, so that the first one ends the name.
    ("Doe Jane 2_123_assignsubmission_file/ex1.py", "Doe Jane 2_123", ""),
    # Anonymous: "Participant" in the language of the course.
    ("Participant_123_assignsubmission_file/ex1.py", "Participant_123", ""),
    # Those in no group share the default group, which has no number.
    ("Default group_assignsubmission_file/ex1.py", "Default group", ""),
    # A folder of the student's own, below that of the platform.
    ("Jane Doe_123_assignsubmission_file/sub/ex1.py", "Jane Doe_123", ""),
    # Another plugin of hand-ins has its own word: <subtype>_<type>.
    ("Jane Doe_123_assignsubmission_github/ex1.py", "Jane Doe_123", ""),
]


@pytest.mark.parametrize(("path", "label", "theirs"), MOODLE)
def test_moodle(tmp_path: Path, path: str, label: str, theirs: str) -> None:
    put(tmp_path, path)
    [hand_in] = taken(moodle, tmp_path).values()
    assert hand_in.author.label == label
    assert [part.name for part in hand_in.parts] == [theirs or path.partition("/")[0]]
    assert not hand_in.problem


# Typed text is onlinetext.html, in a folder of its own or after the prefix: moodle/moodle,
# mod/assign/submission/onlinetext/locallib.php (get_files).
@pytest.mark.parametrize(
    "path",
    [
        "Jane Doe_123_assignsubmission_onlinetext/onlinetext.html",
        "Jane Doe_123_assignsubmission_onlinetext_/onlinetext.html",
        "Jane Doe_123_assignsubmission_onlinetext_onlinetext.html",
    ],
)
def test_moodle_typed_text(tmp_path: Path, path: str) -> None:
    put(tmp_path, path)
    [hand_in] = taken(moodle, tmp_path).values()
    assert "only text typed into Moodle" in hand_in.problem
    put(tmp_path, "Jane Doe_123_assignsubmission_file/ex1.py")
    [hand_in] = taken(moodle, tmp_path).values()
    assert len(hand_in.parts) == 1


MOODLE_PEOPLE = [
    Person("Jane Doe", moodle="12", teams=("Section A", "Team-1")),
    Person("Mary-Jane Doe", moodle="13", teams=("Section A",)),
    Person("Kim Lee", moodle="14", teams=("Section B",)),
    Person("Kim Lee", moodle="15", teams=("Section B", "Team-1")),
    Person("Zoë Ång", moodle="16"),
]
MOODLE_MATCHES = [
    ("Jane Doe_12", {"Jane Doe"}),
    ("Mary-Jane Doe_13", {"Mary-Jane Doe"}),
    # The number tells two of one name apart.
    ("Kim Lee_15", {"Kim Lee"}),
    # The name's spelling may differ, if the number agrees.
    ("Zoe Ang_16", {"Zoë Ång"}),
    # Moodle 4: the number of a group is nobody's participant number.
    ("Team X_12", set()),
    ("Team-1_14", {"Jane Doe", "Kim Lee"}),
    # Moodle 3: the group in front of each member's name, also where nobody works in a group.
    ("Section A-Jane Doe_12", {"Jane Doe"}),
    ("Section A-Mary-Jane Doe_13", {"Mary-Jane Doe"}),
    # Another number is another person's.
    ("Section A-Jane Doe_99", set()),
    ("Jane Doe_99", set()),
    ("Section B-Jane Doe_99", set()),
    # Anonymous, and downloaded before the identities were revealed.
    ("Participant_13", {"Mary-Jane Doe"}),
    ("Section A-Participant_13", {"Mary-Jane Doe"}),
    # A name without letters is no anonymous one.
    ("--_13", set()),
    ("Team--_13", set()),
]


@pytest.mark.parametrize(("prefix", "names"), MOODLE_MATCHES)
def test_whose_moodle_hand_in_it_is(tmp_path: Path, prefix: str, names: set[str]) -> None:
    put(tmp_path, f"{prefix}_assignsubmission_file/ex1.py")
    assert matched(MOODLE_PEOPLE, taken(moodle, tmp_path)) == {prefix: names}


def test_anonymous_hand_ins_share_a_word_in_any_language(tmp_path: Path) -> None:
    # get_string('participant'): moodle/moodle, mod/assign/lang/en/assign.php, and its translations.
    for number in (12, 13):
        put(tmp_path, f"Teilnehmerin_{number}_assignsubmission_file/ex1.py")
    assert matched(MOODLE_PEOPLE, taken(moodle, tmp_path)) == {
        "Teilnehmerin_12": {"Jane Doe"},
        "Teilnehmerin_13": {"Mary-Jane Doe"},
    }


# Submitty: Submitty/Submitty, site/app/controllers/student/SubmissionController.php writes
# Y-m-d H:i:sO and the name of the zone.
SUBMITTY_TIMES = [
    ("2026-10-05 21:02:38-0400 America/New_York\n", datetime(2026, 10, 5, 21, 2, 38, tzinfo=EAST)),
    ("2026-10-05 21:02:38+0000 UTC\n", datetime(2026, 10, 5, 21, 2, 38, tzinfo=UTC)),
    ("2026-10-05 21:02:38+0000 Etc/GMT+4\n", datetime(2026, 10, 5, 21, 2, 38, tzinfo=UTC)),
    # python_submitty_utils/submitty_utils/dateutils.py: no name, an offset of hours, or none.
    ("2026-10-05 21:02:38-0400", datetime(2026, 10, 5, 21, 2, 38, tzinfo=EAST)),
    ("2026-10-05 21:02:38-04", datetime(2026, 10, 5, 21, 2, 38, tzinfo=EAST)),
    ("2026-10-05 21:02:38 America/New_York", datetime(2026, 10, 5, 21, 2, 38)),
    ("yesterday", None),
]


@pytest.mark.parametrize(("text", "moment"), SUBMITTY_TIMES)
def test_submitty_times(tmp_path: Path, text: str, moment: datetime | None) -> None:
    root = tmp_path / "submissions"
    put(root, "jdoe/2/.submit.timestamp", text=text)
    put(root, "jdoe/user_assignment_settings.json", text=json.dumps({"active_version": 2}))
    [hand_in] = taken(submitty, root).values()
    assert hand_in.stamp.moment == moment
    assert hand_in.attempt == 2


# downloadAssignedZips in site/app/controllers/MiscController.php: what the zip holds.
SUBMITTY = [
    # all
    ("submissions/{}/1", "submissions/{}", ""),
    # results, and both for everybody
    ("submissions/{}/1", "submissions/{}", "results/{}/1/results.json"),
    # active: no folder of the version
    ("submissions/{}", "", ""),
    ("submissions/{}", "", "results/{}/results.json"),
    # limited, and limited_active
    ("{}/1", "{}", ""),
    ("{}", "", ""),
]


@pytest.mark.parametrize(("work", "settings", "beside"), SUBMITTY)
def test_submitty_downloads(
    tmp_path: Path, work: str, settings: str, beside: str, real_course: Course
) -> None:
    for user in ("jdoe", "kim"):
        inner = work.format(user)
        put(tmp_path, f"{inner}/.submit.timestamp", text="2026-10-05 21:02:38-0400 Etc/GMT+4\n")
        put(tmp_path, f"{inner}/{FILE}")
        if settings:
            path = f"{settings.format(user)}/user_assignment_settings.json"
            put(tmp_path, path, text=json.dumps({"active_version": 1}))
        if beside:
            put(tmp_path, beside.format(user))
    found = {one.author.label: one for one in collect(tmp_path, [real_course.exercise("ex1")])}
    assert set(found) == {"jdoe", "kim"}
    for one in found.values():
        assert one.work is not None
        assert one.stamp.moment == datetime(2026, 10, 5, 21, 2, 38, tzinfo=EAST)


def test_submitty_hand_ins_by_a_repository_lie_in_checkout(
    tmp_path: Path, real_course: Course
) -> None:
    for user in ("jdoe", "kim"):
        put(tmp_path, f"submissions/{user}/1/.submit.timestamp", text="2026-10-05 21:02:38-0400\n")
        put(tmp_path, f"submissions/{user}/1/.submit.VCS_CHECKOUT")
        settings = f"submissions/{user}/user_assignment_settings.json"
        put(tmp_path, settings, text=json.dumps({"active_version": 1}))
        put(tmp_path, f"checkout/{user}/1/{FILE}")
    found = collect(tmp_path, [real_course.exercise("ex1")])
    assert {one.author.label for one in found if one.work} == {"jdoe", "kim"}


# nbgrader: jupyter/nbgrader, nbgrader/exchange/abc/exchange.py (timestamp_format) and
# nbgrader/utils.py (parse_utc).
NBGRADER_TIMES = [
    ("2026-10-05 21:02:38.123456 UTC", datetime(2026, 10, 5, 21, 2, 38, 123456, tzinfo=UTC)),
    ("2026-10-05 21:02:38.123456 -0400", datetime(2026, 10, 5, 21, 2, 38, 123456, tzinfo=EAST)),
    # nbgrader/apps/zipcollectapp.py writes isoformat(' ') of a time from a name, without a zone;
    # parse_utc reads it as UTC.
    ("2026-10-05 21:02:38", datetime(2026, 10, 5, 21, 2, 38, tzinfo=UTC)),
    # The short name of another zone is ambiguous.
    ("2026-10-05 21:02:38.123456 EST", None),
    # nbgrader/coursedir.py (get_existing_timestamp) knows empty files.
    ("", None),
]


@pytest.mark.parametrize(("text", "moment"), NBGRADER_TIMES)
def test_nbgrader_times(tmp_path: Path, text: str, moment: datetime | None) -> None:
    root = tmp_path / "submitted"
    put(root, "jdoe/ps1/timestamp.txt", text=text)
    [hand_in] = taken(nbgrader, root).values()
    assert hand_in.stamp.moment == moment


def test_each_assignment_of_nbgrader_has_its_own_time(tmp_path: Path, real_course: Course) -> None:
    # directory_structure in nbgrader/coursedir.py: submitted/STUDENT/ASSIGNMENT, all in one course.
    put(tmp_path, f"submitted/jdoe/ps1/{FILE}")
    put(tmp_path, "submitted/jdoe/ps1/timestamp.txt", text="2026-10-05 21:02:38.1 UTC")
    put(tmp_path, "submitted/jdoe/ps2/other.ipynb")
    put(tmp_path, "submitted/jdoe/ps2/timestamp.txt", text="2026-11-05 21:02:38.1 UTC")
    put(tmp_path, "submitted/kim/ps1/notes.txt", "submitted/kim/ps2/notes.txt")
    jane, kim = collect(tmp_path, [real_course.exercise("ex1")])
    assert jane.work is not None
    assert jane.stamp.moment == datetime(2026, 10, 5, 21, 2, 38, 100000, tzinfo=UTC)
    assert kim.author.label == "kim"
    assert "holds no" in kim.problem


# Gradescope: the sample in a test of another parser of such downloads (parse-metadata.test.ts; the
# index names no repository): symbols of Ruby as keys, several submitters, times of Ruby, blocks of
# output. djhuffman/gradescope_renaming_files, gradescope_rename_files.py, reads the same :name:.
GRADESCOPE_TIMES = [
    ("2026-10-05 21:02:38.861687000 Z", datetime(2026, 10, 5, 21, 2, 38, 861687, tzinfo=UTC)),
    ("2026-10-05 21:02:38.000000000 Z", datetime(2026, 10, 5, 21, 2, 38, tzinfo=UTC)),
    ("2026-10-05 21:02:38.000000000 -04:00", datetime(2026, 10, 5, 21, 2, 38, tzinfo=EAST)),
    ("'2026-10-05 21:02:38 UTC'", datetime(2026, 10, 5, 21, 2, 38, tzinfo=UTC)),
    ("!ruby/object:ActiveSupport::TimeWithZone", None),
]


@pytest.mark.parametrize(("text", "moment"), GRADESCOPE_TIMES)
def test_gradescope(tmp_path: Path, text: str, moment: datetime | None) -> None:
    put(tmp_path, f"submission_409194023/{FILE}")
    metadata = (
        "---\n"
        "submission_409194023:\n"
        "  :submitters:\n"
        "  - :name: Jane Doe\n    :sid: '0012'\n    :email: jane@example.org\n"
        "  - :name: 'Kim O''Hara'\n    :sid: 333\n    :email: kim@example.org\n"
        f"  :created_at: {text}\n"
        "  :score: 2.0\n"
        "  :results:\n    output: |-\n      :created_at: 2020-01-01 00:00:00 Z\n"
        "submission_700000003:\n  :submitters: []\n"
    )
    put(tmp_path, "submission_metadata.yml", text=metadata)
    jane, kim, nobody = taken(gradescope, tmp_path).values()
    assert "not in the folder" in nobody.problem
    assert clues(jane, Kind.ID) + clues(jane, Kind.EMAIL) == ["0012", "jane@example.org"]
    assert clues(kim, Kind.NAME) + clues(kim, Kind.ID) == ["Kim O'Hara", "333"]
    assert jane.stamp.moment == kim.stamp.moment == moment


# GitHub Classroom: github/gh-classroom, cmd/gh-classroom/clone/student-repos/student-repos.go:
# the folder SLUG-submissions, in it the repository's name, which is SLUG-LOGIN.
CLONES = [
    ("hw-1-submissions", ["hw-1-jane-doe", "hw-1-jane-roe"], ["jane-doe", "jane-roe"]),
    ("hw-1-submissions", ["hw-1-jane-doe"], ["jane-doe"]),
    ("class", ["hw-1-jdoe", "hw-1-kim"], ["jdoe", "kim"]),
    # Without that folder nothing tells where logins that begin alike begin.
    ("class", ["rnns-jane-doe", "rnns-jane-roe"], ["jane-doe", "jane-roe"]),
]


@pytest.mark.parametrize(("above", "names", "logins"), CLONES)
def test_clones(tmp_path: Path, above: str, names: list[str], logins: list[str]) -> None:
    for name in names:
        put(tmp_path / above, f"{name}/.git/HEAD")
    people = [Person(f"Person {login}", handles=(login,)) for login in logins]
    expected = {name: {f"Person {login}"} for name, login in zip(names, logins, strict=True)}
    assert matched(people, taken(clones, tmp_path / above)) == expected


def test_a_login_that_could_be_two_peoples_is_nobodys(tmp_path: Path) -> None:
    put(tmp_path / "class", "rnns-jane-doe/.git/HEAD", "rnns-jane-roe/.git/HEAD")
    people = [Person("One", login="jane-doe"), Person("Other", login="doe")]
    found = matched(people, taken(clones, tmp_path / "class"))
    assert found == {"rnns-jane-doe": set(), "rnns-jane-roe": set()}


# Blackboard: codepost-io/integration-blackboard, sample_submissions; kwurst/bb-file-cleanup, tests.
STAMP = "2026-10-05-21-02-38"
BLACKBOARD = [
    (f"Homework 1_jdoe_attempt_{STAMP}_ex1.py", "jdoe", "ex1.py"),
    (f"HW_1 part-2.b_j.doe_attempt_{STAMP}_my ex_1.py", "j.doe", "my ex_1.py"),
    # The word is in the course's language: oliviercailloux/JGradLib,
    # src/test/java/io/github/oliviercailloux/grade/mycourse/other_formats/
    # MyCourseHomeworkReaderTest.java.
    (f"Homework GitHub_jdoe_Tentative_{STAMP}_ex1.py", "jdoe", "ex1.py"),
    # A file's own name may hold a stamp.
    (f"HW_jdoe_attempt_{STAMP}_x_attempt_2020-01-01-00-00-00_y.py", "jdoe", ""),
]


@pytest.mark.parametrize(("name", "login", "theirs"), BLACKBOARD)
def test_blackboard(tmp_path: Path, name: str, login: str, theirs: str) -> None:
    put(tmp_path, name)
    [hand_in] = taken(blackboard, tmp_path).values()
    # Without a receipt, what stands before it may be the title or belong to the login.
    assert login in clues(hand_in, Kind.LOGIN) + clues(hand_in, Kind.POSSIBLE_LOGIN)
    assert [part.name for part in hand_in.parts] == [theirs or name.partition(f"{STAMP}_")[2]]
    assert hand_in.stamp.moment == datetime(2026, 10, 5, 21, 2, 38)


# The labels, their order and what stands between them: vangef/BBGradebookOrganiser,
# utils/organiser.py; timdrysdale/parselearn. UK: Mark for Grade. Dutch labels:
# jeroendoggen/blackboard-analysis-tools, settings.py.
@pytest.mark.parametrize(
    "labels",
    [
        ("Name", "Date Submitted", "Files", "Original filename", "Filename"),
        ("Naam", "Verzenddatum", "Bestanden", "Oorspronkelijke bestandsnaam", "Bestandsnaam"),
    ],
)
def test_the_receipt_of_blackboard(tmp_path: Path, labels: tuple[str, ...]) -> None:
    name, date, files, original, stored = labels
    before = f"Homework 1_j_doe_attempt_{STAMP}"
    receipt = (
        f"{name}: Jane Doe (j_doe)\nAssignment: Homework 1\n"
        f"{date}: Monday, October 5, 2026 9:02:38 PM EDT\nCurrent Grade: Needs Grading\n\n"
        "Submission Field:\nThere is no student submission text data for this assignment.\n\n"
        f"Comments:\n{files}:\n\t{original}: forged.py\n\t{stored}: {before}_ex1.py\n\n"
        f"{files}:\n\t{original}: ex1 final.py\n\t{stored}: {before}_ex1.py\n\n"
    )
    put(tmp_path, f"{before}_ex1.py")
    put(tmp_path, f"{before}.txt", text=receipt)
    [hand_in] = taken(blackboard, tmp_path).values()
    assert clues(hand_in, Kind.LOGIN) == ["j_doe"]
    assert clues(hand_in, Kind.NAME) == ["Jane Doe"]
    assert [part.name for part in hand_in.parts] == ["ex1 final.py"]


# Brightspace: cgmb/d2lmf, d2lmf/d2lmf.py; codepost-io/integration-brightspace, sample_submissions
# and sample_submissions_folders; gitchrisqueen/cpcc_task_automation,
# tests/unit/test_brightspace_zip_format.py.
EVENING = datetime(2026, 10, 5, 21, 2)
BRIGHTSPACE = [
    ("1234-56 - Jane Doe - Oct 5, 2026 902 PM/ex1.py", "Jane Doe", EVENING),
    ("1234-56 - Jane Doe - Oct 5, 2026 902 PM - ex1.py", "Jane Doe", EVENING),
    ("1234 - Jane Doe - Oct 5, 2026 9:02 PM/ex1.py", "Jane Doe", EVENING),
    ("1234-56 - Jane Doe - Oct 5, 2026 9_02 PM/ex1.py", "Jane Doe", EVENING),
    # Padded: UINDY-INSTRUCTORS/brightspace-utils.
    ("1234-56 - jdoe Jane Doe - Oct 5, 2026 0902 PM/ex1.py", "jdoe Jane Doe", EVENING),
    # The day first, and the whole word: spider-z3r0/grader_helper.
    ("1234-56 - 0012 Doe - 05 October 2026 902 PM/ex1.py", "0012 Doe", EVENING),
    # Groups: saritonin/academic-shell-scripts, rename_and_move.sh.
    ("1234-56 - Team 1 - Jane Doe - Oct 5, 2026 902 PM/ex1.py", "Team 1 - Jane Doe", EVENING),
    ("1234-56 - Jane Doe-Roe - Oct 5, 2026 1205 AM/ex1.py", "Jane Doe-Roe", EVENING.replace(
        hour=0, minute=5)),
    # Months of other languages are nowhere documented.
    ("1234-56 - Jane Doe - Okt 5, 2026 902 PM/ex1.py", "Jane Doe", None),
]  # fmt: skip


@pytest.mark.parametrize(("path", "who", "moment"), BRIGHTSPACE)
def test_brightspace(tmp_path: Path, path: str, who: str, moment: datetime | None) -> None:
    put(tmp_path, path, "index.html")
    [hand_in] = taken(brightspace, tmp_path).values()
    assert clues(hand_in, Kind.NAME) == [who]
    assert hand_in.stamp.moment == moment


def test_zips_of_otter(tmp_path: Path, real_course: Course) -> None:
    # ucbds-infra/otter-grader, otter/check/notebook.py (export): NOTEBOOK_STAMP.zip with the
    # notebook, its log and a note of the zip's name; the time is the student's own machine's.
    name = "ex1_vanilla_rnn_2026_10_05T21_02_38_123456.zip"
    notebook = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    for user in ("jdoe", "kim"):
        put(tmp_path, f"{user}/")
        with zipfile.ZipFile(tmp_path / user / name, "w") as archive:
            archive.writestr("ex1_vanilla_rnn.ipynb", json.dumps(notebook))
            archive.writestr(".OTTER_LOG", "")
            archive.writestr("__zip_filename__", name)
    hand_ins = recognized(tmp_path, [real_course.exercise("ex1")])
    assert {one.author.label for one in hand_ins} == {"jdoe", "kim"}
    assert all(one.stamp.moment is None for one in hand_ins)


ROSTERS = {
    # Canvas: instructure/canvas-lms, lib/gradebook_exporter.rb (csv_data): every column that may
    # stand in front of the assignments, the row of manual posting and that of the points.
    "canvas": (
        "Student,ID,SIS User ID,SIS Login ID,Integration ID,Root Account,Section,HW 1 (77)\n"
        ",,,,,,,Manual Posting\n"
        "    Points Possible,,,,,,,10.00\n"
        '"Doe, Jane",1234,s1,jdoe,i9,school.example.org,"A, B, and C",9\n'
        '"Student, Test",99,,5a6b,,school.example.org,A,\n',
        Person("Doe, Jane", id="s1", login="jdoe", canvas="1234", sections=("A", "B", "C")),
    ),
    # The same without the school's ids.
    "canvas_without_sis": (
        "Student,ID,SIS Login ID,Section,HW 1 (77)\n"
        "    Points Possible,,,,10.00\n"
        '"Doe, Jane",1234,jdoe,A,9\n',
        Person("Doe, Jane", login="jdoe", canvas="1234", sections=("A",)),
    ),
    # The same with names in two columns (show_student_first_last_name).
    "canvas_with_two_names": (
        "LastName,FirstName,ID,SIS User ID,SIS Login ID,Section,HW 1 (77)\n"
        "    Points Possible,,,,,,10.00\n"
        "Doe,Jane,1234,s1,jdoe,A,9\n"
        "Student,Test,99,,5a6b,A,\n",
        Person(*("Jane Doe", "s1", "", "jdoe", "Jane", "Doe", "1234"), sections=("A",)),
    ),
    # app/controllers/group_categories_controller.rb (export_headers, build_row).
    "canvas_groups": (
        "name,canvas_user_id,user_id,login_id,sections,group_name,canvas_group_id,group_id\n"
        '"Doe, Jane",1234,s1,jdoe,A,Group 1,5,g5\n',
        Person(
            *("Doe, Jane", "s1", "", "jdoe", "", "", "1234"),
            sections=("A",),
            teams=("Group 1",),
        ),
    ),
    # Moodle: moodle/moodle, user/action_redir.php: first name, last name, then the fields that
    # identify people on this site.
    "moodle": (
        '\ufeff"First name","Last name","ID number","Email address",Groups\n'
        'Jane,Doe,s1,jane@example.org,"Section A, Team 1"\n',
        Person(
            *("Jane Doe", "s1", "jane@example.org", "", "Jane", "Doe"),
            teams=("Section A", "Team 1"),
        ),
    ),
    "moodle_before_4": (
        "First name,Surname,Username,Email address\nJane,Doe,jdoe,jane@example.org\n",
        Person("Jane Doe", "", "jane@example.org", "jdoe", "Jane", "Doe"),
    ),
    # mod/assign/gradingtable.php (constructor, col_recordid): a group where people work in groups.
    "moodle_worksheet": (
        "Identifier,Full name,Email address,Status,Group,Grade,Maximum Grade\n"
        "Participant 12,Jane Doe,jane@example.org,Submitted for grading,Team 1,-,10.00\n",
        Person("Jane Doe", email="jane@example.org", moodle="12", teams=("Team 1",)),
    ),
    # Gradescope's roster as instructors feed it to their tools (memberships.csv): First Name, Last
    # Name, SID, Email, Role, and Sections or section_name in exports of grades. Public files; the
    # index names no repository.
    "gradescope": (
        "First Name,Last Name,SID,Email,Role,section_name\n"
        "Jane,Doe,s1,jane@example.org,Student,A\nTina,Roe,,tina@example.org,TA,\n",
        Person(*("Jane Doe", "s1", "jane@example.org", "", "Jane", "Doe"), sections=("A",)),
    ),
    # Submitty: Submitty/Submitty, site/public/js/server.js (downloadCSV) and
    # site/app/controllers/admin/UsersController.php.
    "submitty_users": (
        "Given Name,Family Name,User ID,Email,Secondary Email,UTC Offset,Time Zone,"
        "Registration Section,Registration Subsection,Rotation Section,Group\n"
        'Jane,Doe,jdoe,jane@example.org,,,NOT SET,"1","",2,Student\n'
        'Tina,Roe,troe,tina@example.org,,,NOT SET,"1","",2,Full Access Grader (Grad TA)\n',
        Person(*("Jane Doe", "", "jane@example.org", "jdoe", "Jane", "Doe"), sections=("1",)),
    ),
    # site/app/controllers/admin/ReportController.php (generateCSVRow).
    "submitty_report": (
        "User ID,Given Name,Family Name,Registration Section,hw1\njdoe,Jane,Doe,1,9\n",
        Person("Jane Doe", "", "", "jdoe", "Jane", "Doe", sections=("1",)),
    ),
    # GitHub Classroom: the columns as many tools read them; in one of them identifiers are names
    # with a group in brackets, in others addresses or numbers. Public files; the index names no
    # repository.
    "classroom_numbers": (
        "identifier,github_username,github_id,name\ns123,jdoe,900001,Jane Doe\n",
        Person("Jane Doe", id="s123", handles=("jdoe",)),
    ),
    "classroom_addresses": (
        'identifier,github_username,github_id,name\njane@example.org,jdoe,900001,""\n',
        Person("jane@example.org", email="jane@example.org", handles=("jdoe",)),
    ),
    "classroom_names": (
        'identifier,github_username,github_id,name\n"Doe, Jane",jdoe,900001,night owl\n',
        Person("Doe, Jane", handles=("jdoe",)),
    ),
    # Blackboard: nbeaver/offline-grades-upload; HamletTheHamster/newton, src/blackboard.test.mjs.
    "blackboard": (
        '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"Last Access"\t"Availability"\t'
        '"HW 1 [Total Pts: 100 Score] |1281892"\n'
        '"Doe"\t"Jane"\t"jdoe"\t"0012"\t""\t"Yes"\t"Needs Grading"\n'
        '"Roe"\t"Tina"\t"troe_previewuser"\t""\t""\t"Yes"\t""\n',
        Person("Jane Doe", "0012", "", "jdoe", "Jane", "Doe"),
    ),
    # Brightspace: kb.wisc.edu, page 4330.
    "brightspace": (
        "OrgDefinedId,Username,Last Name,First Name,Email,"
        "HW 1 Points Grade <Numeric MaxPoints:100 Weight:10>,End-of-Line Indicator\n"
        "#0012,#jdoe,Doe,Jane,jane@example.org,9,#\n",
        Person("Jane Doe", "0012", "jane@example.org", "jdoe", "Jane", "Doe"),
    ),
}


@pytest.mark.parametrize("export", ROSTERS)
def test_rosters(tmp_path: Path, export: str) -> None:
    text, person = ROSTERS[export]
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode("utf-16" if export == "blackboard" else "utf-8"))
    assert roster.read(path, {}) == [person]


def test_two_sections_of_canvas(tmp_path: Path) -> None:
    # to_sentence of two; the name of a section may hold the word as well.
    path = tmp_path / "roster.csv"
    rows = ["A", "B", "A and B", "Reading and Writing"]
    text = "".join(f"Kim {number},{number},k{number},{row}\n" for number, row in enumerate(rows))
    path.write_text(f"Student,ID,SIS Login ID,Section\n{text}", encoding="utf-8")
    sections = [person.sections for person in roster.read(path, {})]
    assert sections == [("A",), ("B",), ("A", "B"), ("Reading and Writing",)]


def test_evidence_of_a_group_and_a_name_is_said(tmp_path: Path) -> None:
    put(tmp_path, "Section A-Jane Doe_99_assignsubmission_file/ex1.py")
    authors = [one.author for one in taken(moodle, tmp_path).values()]
    people = [replace(person, moodle="") for person in MOODLE_PEOPLE]
    [match] = Roster(people).match(authors, {}).values()
    assert [person.name for person in match.people] == ["Jane Doe"]
    assert match.evidence is Evidence.TEAM_AND_NAME
