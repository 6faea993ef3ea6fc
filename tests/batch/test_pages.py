"""Pages: what they say, to whom, and how they look in a narrow window and in the dark."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.batch.attention import Attention
from grading.batch.grades import Grade
from grading.batch.intake.times import Received
from grading.batch.pages import matrix, students, wording
from grading.batch.pages.class_page import FEW_LINES, MOST_LINES, Roll, class_page
from grading.batch.pages.matrix import Cell
from grading.batch.pages.statistics import LEADERS, ClassStatistics, Spread, spread
from grading.batch.people.evidence import Evidence, Match
from grading.batch.people.matching import Roster
from grading.batch.people.person import Person
from grading.batch.similar import Near, Same, Similar
from grading.course.syllabus import Course, LatePolicy
from grading.report import Mark, QuestionResult, Status
from tests.support import browser, class_files
from tests.support.graded import EXERCISES, NOON, grade, made
from tests.support.reports import check, report

MAX_SCORES = dict.fromkeys(EXERCISES, 16.0)
ADA, BOB = Person("Ada Lovelace", "7"), Person("Bob", "8")
FULL = report(check(max_points=100.0, points=80.0))
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, course_of_late_work: Course) -> Path:
    """The files of a class of 40, with names."""
    return write(tmp_path_factory.mktemp("class"), course_of_late_work)


@pytest.fixture(scope="module")
def course_of_late_work() -> Course:
    from grading.course import syllabus

    course = syllabus.load(syllabus.ROOT)
    policy = LatePolicy(datetime(2026, 12, 1, 23, 59, tzinfo=BERLIN), 1800.0, 10.0, 50.0)
    late = {name: replace(one, late=policy) for name, one in course.exercises.items()}
    return replace(course, exercises=late, show_names=True)


def write(folder: Path, course: Course, size: int = 40) -> Path:
    class_ = made(size)
    class_files.write(
        folder,
        course,
        class_.grades,
        MAX_SCORES,
        Roster(class_.people),
        class_.matches,
        attention=class_.attention,
        similar=class_.similar,
    )
    return folder


def text_of(page: str) -> str:
    """The words of a page, without tags."""
    body = page.partition("<body>")[2].partition("<script>")[0]
    inline = re.sub(r"</?(?:a|abbr|bdi|em|span|strong|time)\b[^>]*>", "", body)
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", inline)))


def feedback(one: Grade, *people: Person, zone: ZoneInfo = BERLIN) -> str:
    part = students.Part(one, one.report, {})
    return text_of(students.feedback_page([part], people, {"ex4": "Looking inside"}, zone))


def test_a_page_of_feedback_says_whose_it_is_when_it_came_in_and_of_which_file() -> None:
    said = feedback(grade("team1", "ex4", ADA, FULL), ADA, BOB)
    assert " Feedback for Ada Lovelace, Bob " in said
    assert "Submission: team1" in said
    assert "Handed in 2026-12-01 13:00:00 +01:00, by Gradescope" in said
    assert "File ex4_interpretability.py SHA-256 000000000000 " in said
    assert "80 of 100 points" in said
    page = students.feedback_page(
        [students.Part(grade("a", "ex4", None, FULL), FULL, {})], [], {}, UTC
    )
    assert f'title="{FULL.submission_sha256}"' in page


@pytest.mark.parametrize(
    ("came_in", "said"),
    [
        (Received(), "not known (nothing tells the time)"),
        (
            Received(None, "canvas_late", True),
            "not known (Canvas, which says only that it was late)",
        ),
        (Received(NOON, "times file"), "13:00:00 +01:00, by the instructor's file of times"),
        (Received(NOON, "a new platform"), "13:00:00 +01:00, by a new platform"),
    ],
)
def test_a_time_has_its_source_in_words(came_in: Received, said: str) -> None:
    assert f"Handed in {'2026-12-01 ' * ('13' in said)}{said}" in feedback(
        grade("a", "ex4", ADA, FULL, received=came_in)
    )


BY_HAND = (QuestionResult("q", "Why?", True, Mark(3.0, 5.0, "")),)
LATE = {"late_days": 1, "penalty": 8.0, "score": 72.0, "final": 72.0}


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({}, ""),
        (LATE, "80 for the checks - 8 (1 day late) = 72"),
        (
            {**LATE, "late_days": 2, "penalty": 0.3333, "score": 79.6667},
            "80 for the checks - 0.3333 (2 days late) = 79.6667",
        ),
        # Points given by hand stand apart, or count.
        ({"questions": BY_HAND}, ""),
        (
            {"questions": BY_HAND, "final": 83.0, "max_final": 105.0},
            "80 for the checks + 3 by hand = 83",
        ),
        (
            {**LATE, "questions": BY_HAND, "final": 75.0, "max_final": 105.0},
            "80 for the checks - 8 (1 day late) = 72 + 3 by hand = 75",
        ),
        # To an override nothing is added, and nothing is taken off.
        (
            {**LATE, "decided": ("override 90 (appeal)",), "overridden": True, "final": 90.0},
            "80 for the checks - 8 (1 day late) = 72; by the decision: 90",
        ),
        # An extension decides the deadline, and not the points.
        ({**LATE, "decided": ("extension +1d",)}, "80 for the checks - 8 (1 day late) = 72"),
        ({"decided": ("extension +3d",)}, ""),
        ({"decided": ("excused",), "excused": True}, ""),
        ({"raw_score": None, "score": None, "final": None}, ""),
    ],
)
def test_the_final_points_are_accounted_for_in_one_line(more: dict[str, object], line: str) -> None:
    found = grade("a", "ex4", ADA, FULL, **more)
    assert wording.account(found) == line
    assert (f"Points: {line}." in feedback(found)) == bool(line)


def test_a_decision_is_shown_and_who_is_excused_has_no_points() -> None:
    found = grade("a", "ex4", ADA, FULL, decided=("override: 90 (appeal)",), final=90.0)
    assert "90 of 100 points Decision of the instructor: override: 90 (appeal)" in feedback(found)
    said = feedback(grade("a", "ex4", ADA, FULL, decided=("excuse",), excused=True))
    assert "You are excused from this exercise" in said
    assert "of 100 points" not in said


def test_a_check_that_waits_names_the_other_by_its_title() -> None:
    waits = check(id="b", title="B", status=Status.BLOCKED, points=0.0, message="Waits for a.")
    strange = replace(waits, id="c", message="Waits for c_of_old.")
    said = feedback(grade("a", "ex4", ADA, report(check(title="The cell"), waits, strange)))
    assert "B Waits for: The cell" in said
    assert "Waits for c_of_old." in said


def test_nobody_else_is_on_a_page_that_a_student_may_see(written: Path) -> None:
    """Whatever else is written: similar hand-ins, whose each submission is, the leaderboard."""
    class_ = made(40)
    labels = {f"{label}.html": label for label in class_.matches}
    for path in (written / "feedback").iterdir():
        page = path.read_text(encoding="utf-8")
        for file, label in labels.items():
            if file != path.name:
                assert label not in page
                for person in class_.matches[label].people:
                    assert person.name not in text_of(page) or person.name in NAMESAKES
                    assert person.id not in page
        assert "imilar" not in page
        assert "href" not in page


# They are parts of other names.
NAMESAKES = {f"Student {n} of the class" for n in range(10)}


@pytest.mark.parametrize("show_names", [False, True])
def test_the_leaderboard_names_people_only_if_the_course_does(
    tmp_path: Path, course_of_late_work: Course, show_names: bool
) -> None:
    class_ = made(40)
    write(tmp_path, replace(course_of_late_work, show_names=show_names))
    page = (tmp_path / "leaderboard.html").read_text(encoding="utf-8")
    secrets = [*class_.matches, *(person.id for person in class_.people)]
    assert not [secret for secret in secrets if secret in page and secret != "nobody's"]
    assert "href" not in page
    named = [person for person in class_.people if person.name in page]
    assert bool(named) == show_names


def leaders(*values: float) -> ClassStatistics:
    statistics = ClassStatistics()
    for number, value in enumerate(values):
        found = report(check(measured=value))
        statistics.add(grade(f"s{number}", "ex4", None, found), found)
    return statistics


def test_equal_values_are_one_row(real_course: Course) -> None:
    boards = leaders(0.5, 0.25, 0.25, 0.250004, 0.25).leaderboard()
    page = students.leaderboard_page(replace(real_course, show_names=False), boards, {})
    said = text_of(page)
    assert "0.25 4 submissions 0.5 1 submission" in said
    named = students.leaderboard_page(replace(real_course, show_names=True), boards, {"s1": "Zoë"})
    assert "0.25 Zoë, s2, s3, s4 0.5 s0" in text_of(named)


@given(st.lists(st.sampled_from([n / 8 for n in range(4 * LEADERS)]), min_size=1, max_size=99))
def test_a_board_has_the_lowest_values_and_counts_the_others(values: list[float]) -> None:
    [board] = leaders(*values).leaderboard()
    shown = {entry.value: len(entry.submissions) for entry in board.entries}
    lowest = sorted(set(values))[:LEADERS]
    assert list(shown) == lowest
    assert shown == {value: Counter(values)[value] for value in lowest}
    assert sum(shown.values()) + board.more == len(values)


def test_a_leaderboard_of_an_earlier_run_is_removed(tmp_path: Path, real_course: Course) -> None:
    for measured, exists in ((0.5, True), (None, False)):
        found = report(check(measured=measured))
        one = grade("ada", "ex4", None, found)
        class_files.write(tmp_path, real_course, [one])
        assert (tmp_path / "leaderboard.html").exists() == exists
        page = (tmp_path / "class.html").read_text(encoding="utf-8")
        assert ("leaderboard.html" in page) == exists


def test_a_row_of_the_matrix_has_points_or_a_word() -> None:
    of = {
        "ex1": grade("ada", "ex1", ADA, FULL, final=8.0),
        "ex2": grade("ada", "ex2", ADA, FULL, final=None, score=None, status="unreadable"),
        "ex3": grade("ada2", "ex3", ADA, FULL, final=9.0, decided=("override 9",), overridden=True),
        "ex4": grade("ada", "ex4", ADA, FULL, excused=True, decided=("excuse",)),
        "ex5": grade("ada", "ex5", ADA, FULL, unsettled="several"),
        "ex6": grade("ada", "ex6", ADA, FULL, decided=("extension +3d",)),
    }
    others = [
        grade("x", "ex1", None, FULL, final=1.0),
        grade("bob", "", BOB, FULL, final=None, score=None, status="no_submission"),
    ]
    names = {"ada": "a.html", "ada2": "b.html", "x": "x.html", "bob": "bob.html"}
    third = Person("Kim", "9", sections=("A", "B"))
    exercises = [*of, "ex7"]
    rows = matrix.rows([*others, *of.values()], [third, ADA], exercises, names)
    assert [(row.name, row.identity, row.section, row.labels, row.page) for row in rows] == [
        ("Kim", "9", "A, B", (), ""),
        ("Ada Lovelace", "7", "", ("ada", "ada2"), "a.html"),
        ("Bob", "8", "", ("bob",), "bob.html"),
        ("x", "", "", (), "x.html"),
    ]
    assert set(rows[0].cells) == {Cell(None, "missing")}
    assert rows[1].cells == (
        Cell(8.0, ""),
        Cell(None, "open"),
        Cell(9.0, "decided", "b.html"),
        Cell(None, "excused"),
        Cell(80.0, "unsettled"),
        Cell(80.0, "extended"),
        Cell(None, "missing"),
    )
    assert set(rows[2].cells) == {Cell(None, "open")}
    assert rows[3].cells[:2] == (Cell(1.0, ""), Cell(None, "missing"))


@pytest.mark.parametrize(
    ("scores", "found"),
    [
        ([5.0], Spread(1, 5.0, 5.0, None, 0, 0)),
        ([0.0, 10.0], Spread(2, 5.0, 5.0, pytest.approx(50**0.5), 1, 1)),
        ([0.0, 0.0, 9.0], Spread(3, 3.0, 0.0, pytest.approx(27**0.5), 2, 0)),
    ],
)
def test_scores_have_a_spread(scores: list[float], found: Spread) -> None:
    assert spread(scores, 10.0) == found


POLICY = LatePolicy(datetime(2026, 12, 1, 23, 59, tzinfo=BERLIN), 1800.0, 10.0, 50.0)


@pytest.mark.parametrize(
    ("policy", "due", "grace", "cost"),
    [
        (None, "no deadline", "none", "nothing"),
        (
            POLICY,
            "2026-12-01 23:59 (Europe/Berlin)",
            "30 minutes",
            "10 % of the raw score for each day begun, at most 50 %",
        ),
        (
            replace(POLICY, due=datetime.fromisoformat("2026-12-01T23:59-05:00"), grace=0.0),
            "2026-12-01 23:59 (UTC-05:00)",
            "none",
            "10 % of the raw score for each day begun, at most 50 %",
        ),
        (
            replace(POLICY, percent_per_day=0.0),
            "2026-12-01 23:59 (Europe/Berlin)",
            "30 minutes",
            "nothing",
        ),
    ],
)
def test_a_late_policy_is_said_in_words(
    policy: LatePolicy | None, due: str, grace: str, cost: str
) -> None:
    said = wording.deadline(policy), wording.grace(policy), wording.lateness(policy)
    assert said == (due, grace, cost)


def page_of(course: Course, attention: Attention, similar: Similar | None = None) -> str:
    people = {name: Match((Person(name.title()),), Evidence.NAME) for name in ("ada", "bob")}
    return class_page(
        course, ["ex4"], [], ClassStatistics(), {"ada": "ada.html"}, attention,
        Roll((), people), similar or Similar(), has_leaderboard=False,
    )  # fmt: skip


def test_the_class_page_begins_with_what_needs_a_person(written: Path) -> None:
    page = (written / "class.html").read_text(encoding="utf-8")
    said = text_of(page)
    assert said.startswith(" For instructors: this page names people. Do not publish it. ")
    headings = re.findall(r"<h2[^>]*>([^<]*)", page)
    assert headings[:3] == ["To be settled", "Scores", "Students and exercises"]
    assert "10 % of the raw score for each day begun, at most 50 %" in said
    assert "no_bias" in said
    assert "Student 12 of the class, ex1: " in said or "in force" in said


@pytest.mark.parametrize("count", [FEW_LINES, FEW_LINES + 1, MOST_LINES + 3])
def test_long_kinds_are_folded_with_their_number(real_course: Course, count: int) -> None:
    found = Attention()
    for number in range(count):
        found.add("belongs to nobody", f"<{number}>")
    page = page_of(real_course, found)
    is_open = count <= FEW_LINES
    summary = f"<summary><h3>Belongs to nobody: {count}</h3></summary>"
    assert f"<details{' open' * is_open}>{summary}" in page
    assert page.count("<li><bdi>&lt;") == min(count, MOST_LINES)
    assert ("3 more: the column to_settle" in page) == (count > MOST_LINES)


def test_similar_hand_ins_are_a_place_to_look(real_course: Course) -> None:
    alike = Similar(
        [Same("ex4", ("ada", "bob"), exact=True)], [Near("ex4", 0.756, ("ada",), ("x",))], more=2
    )
    page = page_of(real_course, Attention(), alike)
    said = text_of(page)
    assert "A place to look, not a verdict" in said
    assert "Identical files ex4: Ada, Bob" in said
    assert "ex4 76 % Ada x" in said
    assert "2 more pairs share less" in said
    assert page.count('<a href="feedback/ada.html">') == 2
    assert "None was found." in text_of(page_of(real_course, Attention()))


class Structure(HTMLParser):
    """What a page must not have, and what each table must."""

    def __init__(self) -> None:
        super().__init__()
        self.handlers: list[str] = []
        self.headings: list[int] = []
        self.tables, self.captions, self.unscoped = 0, 0, 0
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.handlers += [name for name in found if name.startswith("on")]
        self.addresses += [value or "" for name, value in attributes if name in ("href", "src")]
        if re.fullmatch(r"h\d", tag):
            self.headings.append(int(tag[1]))
        self.tables += tag == "table"
        self.captions += tag == "caption"
        self.unscoped += tag == "th" and "scope" not in found


PAGES = ("class.html", "leaderboard.html", "feedback/login00003.html")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_well_formed_and_harmless(written: Path, name: str) -> None:
    page = (written / name).read_text(encoding="utf-8")
    found = Structure()
    found.feed(page)
    assert not found.handlers
    assert not [one for one in found.addresses if re.match(r"\w+:|//", one)]
    assert found.headings[0] == 1
    assert found.headings.count(1) == 1
    steps = zip(found.headings, found.headings[1:], strict=False)
    assert all(after <= before + 1 for before, after in steps)
    assert found.tables == found.captions
    assert not found.unscoped
    assert "<script>alert" not in page
    assert "<img" not in page
    allowed = re.search(r"script-src ([^;]*);", page)
    assert allowed is not None
    is_scripted = name == "class.html"
    assert allowed[1].startswith("'sha256-" if is_scripted else "'none'")
    assert page.count("<script>") == is_scripted


def test_nothing_is_scrolled_sideways_in_a_narrow_window(
    written: Path, tmp_path: Path, course_of_late_work: Course
) -> None:
    """Only the table of students may be wider: it scrolls in its own box, which the keyboard
    reaches, and the names stay. All other tables have their cells below one another.
    """
    alone = write(tmp_path / "alone", course_of_late_work, 1)
    files = [written / name for name in PAGES]
    files += [alone / name for name in ("class.html", "leaderboard.html")]
    root = "frame.document.documentElement"
    wider = (
        "[...frame.document.querySelectorAll('.wide')].filter((one) => one.scrollWidth >"
        " one.clientWidth && one.getAttribute('aria-labelledby') !== 'grades-caption').length"
    )
    widths = f"[frame.innerWidth, {root}.scrollWidth - {root}.clientWidth, {wider}]"
    assert browser.within(files, 400, widths, tmp_path) == [[400, 0, 0]] * len(files)


def test_the_script_runs_under_the_policy_of_the_page(written: Path, tmp_path: Path) -> None:
    """Its hash is that of the script: the buttons that sort are made by it."""
    shown = browser.shown(written / "class.html", tmp_path)
    assert shown.count('<button type="button">') > 10


def test_words_come_last_whichever_way_a_column_is_sorted(written: Path, tmp_path: Path) -> None:
    use = """(() => {
      const heading = () => document.querySelector("#grades thead th:nth-child(3) button");
      const column = () => [...document.querySelectorAll("#grades tbody tr")]
        .map((row) => row.cells[2].textContent.trim());
      const found = [1, 2].map(() => { heading().click(); return column(); });
      const input = document.getElementById("filter");
      input.value = "SECTION 1"; input.dispatchEvent(new Event("input"));
      return [...found, document.getElementById("shown").textContent];
    })()"""
    *orders, shown = browser.after_use(written / "class.html", use, tmp_path)
    for order, sign in zip(orders, (1, -1), strict=True):
        numbers = [float(text.split()[0]) for text in order if text[0].isdigit()]
        assert numbers == sorted(numbers, key=lambda number: sign * number)
        assert not any(text[0].isdigit() for text in order[len(numbers) :])
        assert 0 < len(numbers) < len(order)
    assert shown == "13 of 41 rows"


def colors(style: str) -> dict[str, str]:
    return dict(re.findall(r"--(\w+): (#\w{6})", style))


def contrast(one: str, other: str) -> float:
    """WCAG's ratio of two colors, from 1 to 21."""

    def luminance(color: str) -> float:
        parts = [int(color[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        ]
        return sum(
            weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True)
        )

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_text_can_be_read_in_light_and_in_dark(written: Path) -> None:
    page = (written / "leaderboard.html").read_text(encoding="utf-8")
    light, dark = (colors(part) for part in re.findall(r":root \{([^}]*)\}", page))
    assert light.keys() == dark.keys()
    for scheme in (light, dark):
        for name in ("ink", "quiet", "link", "passed", "partial", "failed"):
            for ground in ("paper", "block"):
                assert contrast(scheme[name], scheme[ground]) >= 4.5, (name, ground)
        assert contrast(scheme["bar"], scheme["paper"]) >= 3
