"""What a student has written is an answer, or somebody is told to look at it."""

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.course import answer_sheet
from grading.course.answer_sheet import Form, form_of, from_bytes
from grading.course.edition import MANIFEST
from grading.course.questions import MAX_BYTES, PLACE, introduction, parse
from grading.course.syllabus import Course, Exercise
from tests.support.classes import put

TEXT = f"""# Exercise 1: questions

Write below each question. Unanswered questions
cost no points.

## teacher_forcing: What are the pros and cons of teacher forcing?

{PLACE}

## repetition: What happens if you run it <!-- the training --> several times?

{PLACE}

## why: Why?

{PLACE}
"""
FORM = Form(parse(TEXT), introduction(TEXT))
FORCING = "teacher_forcing: What are the pros and cons of teacher forcing?"
REPETITION = "## repetition: What happens if you run it several times?"


def answers(text: str) -> dict[str, str]:
    """The questions that have an answer, and under an empty name what belongs to none."""
    return answer_sheet.parse(text, FORM).given


def test_the_untouched_file_has_no_answers_and_no_doubts() -> None:
    for text in (TEXT, TEXT.replace("\n", "\r\n"), TEXT.replace(PLACE, "<!-- -->")):
        untouched = answer_sheet.parse(text, FORM)
        assert (untouched.given, untouched.doubts) == ({}, ())
        assert untouched.unanswered == ["teacher_forcing", "repetition", "why"]
    assert answer_sheet.parse("", FORM).unanswered == ["teacher_forcing", "repetition", "why"]
    assert answer_sheet.parse("Something", Form([])).doubts == ()


@pytest.mark.parametrize(
    "heading",
    [
        f"## {FORCING}",
        f"# {FORCING}",
        f"### {FORCING}",
        f"###### {FORCING}",
        f"##{FORCING}",
        f"##   {FORCING} ##",
        f"  ## {FORCING}  ",
        f"\uff03\uff03 {FORCING}",
        f"##\u00a0{FORCING}",
        f"{FORCING}\n=====",
        f"{FORCING}\n---",
        f"**{FORCING}**",
        f"__{FORCING}__",
        f"## **{FORCING}**",
        f"> ## {FORCING}",
        f"<h2>{FORCING}</h2>",
        FORCING,
        FORCING.upper(),
        f"## {FORCING.replace('_', ' ')}",
        f"## {FORCING.replace('_', '-')}",
        f"## {FORCING.replace('_', chr(92) + '_')}",
        "## `teacher_forcing`: What are the pros and cons?",
        "## **teacher_forcing:** What are the pros and cons of teacher forcing?",
        *(
            f"## {FORCING.replace(':', mark)}"
            for mark in ("\uff1a", " \u2013", " \u2014", " -", "")
        ),
        "## teacher_forcing",
        "## Question 1: teacher_forcing: What are the pros and cons of teacher forcing?",
        "## 1. What are the pros and cons of teacher forcing?",
        "## techer_forcing: What are the pros and cons of teacher forcing?",
        "What are the pros and cons of teacher forcing?",
    ],
)
def test_a_heading_that_an_editor_changed_is_one(heading: str) -> None:
    text = TEXT.replace(f"## {FORCING}\n\n{PLACE}", f"{heading}\n\nErrors cannot add up.")
    found = answer_sheet.parse(text, FORM)
    assert found.given == {"teacher_forcing": "Errors cannot add up."}
    assert found.doubts == ()
    assert found.unanswered == ["repetition", "why"]


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        # Headings and code of one's own.
        ("A.\n\n## note: mine\n\nB.", "A.\n\n## note: mine\n\nB."),
        ("## note: mine\n\nB.", "## note: mine\n\nB."),
        ("A.\n\n### Repetitions\n\nB.", "A.\n\n### Repetitions\n\nB."),
        ("```\n## why: x\n```\nB.", "```\n## why: x\n```\nB."),
        ("~~~python\n# why: x\n```\n~~~\nB.", "~~~python\n# why: x\n```\n~~~\nB."),
        ("- a:\n\n  ```\n  # why: x\n  ```\nB.", "- a:\n\n  ```\n  # why: x\n  ```\nB."),
        ("A:\n\n    # why: x\n\nB.", "A:\n\n    # why: x\n\nB."),
        ("```html\n<!-- no comment -->\n```", "```html\n<!-- no comment -->\n```"),
        ("Why?\n\nB.", "Why?\n\nB."),
        # A fence that nobody closed, before the next question.
        ("```\nx = 1", "```\nx = 1"),
        # The place, and what was typed into it or left of it.
        (PLACE, ""),
        ("Write your answer here.", ""),
        ("<!-- write your answer -->", ""),
        ("<!---->", ""),
        ("<!-- Write your answer here.\nA.\n\nB.\n-->", "A.\n\nB."),
        ("<!-- Write your answer here: A. -->", "A."),
        ("<!-- A. Write your answer here. -->", "A."),
        ("<!-- Write your answer here.\n```\n# why: x\n```\n-->", "```\n# why: x\n```"),
        (f"{PLACE}\n\nA.", "A."),
        (f"A.\n\n{PLACE}\n\nB.", "A.\n\n\n\n\nB."),
        # Its end is missing.
        ("<!-- Write your answer here.\nA.", "A."),
        ("---", ""),
    ],
)
def test_what_stands_below_a_heading_is_its_answer(written: str, answer: str) -> None:
    found = answer_sheet.parse(TEXT.replace(PLACE, written, 1), FORM)
    assert found.given == ({"teacher_forcing": answer} if answer else {})
    assert found.doubts == ()
    assert found.unanswered == [*([] if answer else ["teacher_forcing"]), "repetition", "why"]


@pytest.mark.parametrize(
    ("old", "new", "given", "doubts"),
    [
        # A comment is an answer if there is no other, and somebody looks at it in any case.
        *(
            (PLACE, written, {"teacher_forcing": answer}, ["something stands in a comment ({})"])
            for written, answer in (
                ("<!-- Errors cannot add up. -->", "Errors cannot add up."),
                ("<!-- A. -->\n\n<!-- B.", "A.\n\nB."),
                ("A.\n\n<!-- B. -->", "A."),
                ("A. <!-- B. --> C.", "A.  C."),
            )
        ),
        # An answer in the heading.
        (FORCING, f"{FORCING} It is fast.", {"teacher_forcing": "It is fast."}, []),
        (FORCING, "teacher_forcing: It is fast.", {"teacher_forcing": "It is fast."}, []),
        # The question in other words, as an older edition has it.
        (FORCING, "teacher_forcing: What are the pros and cons of forcing", {}, []),
        (FORCING, "teacher_forcing: Why would one do that?", {}, []),
        # A heading with a question's name is part of an answer if the question has its own.
        (PLACE, "A.\n\n## why: B.\n\nC.", {"teacher_forcing": "A.\n\n## why: B.\n\nC."}, []),
        (
            f"{PLACE}\n\n## why: Why?\n",
            "A.\n\n## why: B.\n\nC.",
            {"repetition": "A.", "why": "B.\nC."},
            [],
        ),
        # Two headings of one question, and one that is there twice with nothing between.
        (
            "## why: Why?",
            f"## {FORCING}\n\nA.\n\n## why: Why?",
            {"teacher_forcing": "A."},
            ["several headings have one name ({})"],
        ),
        (
            PLACE,
            f"A.\n\n## {FORCING}\n\nB.",
            {"teacher_forcing": "A.\n\nB."},
            ["several headings have one name ({})"],
        ),
        (PLACE, f"{FORCING}\n\nA.", {"teacher_forcing": "A."}, []),
        # A closed fence took in the next question.
        (
            f"{PLACE}\n\n## repetition: What",
            "```\nx\n\n## repetition: What",
            {"teacher_forcing": "```\nx"},
            [],
        ),
        (
            f"{PLACE}\n\n{REPETITION}",
            f"```\nx\n\n{REPETITION}\n\n```\nB.\n```",
            {"teacher_forcing": "```\nx", "repetition": "```\nB.\n```"},
            ["the heading stands in a code block (repetition)"],
        ),
        # What belongs to no question.
        (
            "# Exercise 1: questions",
            "# Exercise 1: questions\n\nBy Ada",
            {"": "By Ada"},
            ["something stands above the first question"],
        ),
        (
            "# Exercise 1: questions",
            "<!-- By Ada -->",
            {"": "By Ada"},
            ["something stands above the first question"],
        ),
        # The course's own, wrapped by an editor.
        ("questions\ncost", "questions cost", {}, []),
        ("# Exercise 1: questions", "Exercise 1: questions\n====", {}, []),
    ],
)
def test_what_may_be_an_answer_is_looked_at(
    old: str, new: str, given: dict[str, str], doubts: list[str]
) -> None:
    text = TEXT.replace(" <!-- the training -->", "")
    assert old in text
    found = answer_sheet.parse(text.replace(old, new, 1), FORM)
    assert found.given == given
    assert list(found.doubts) == [doubt.format("teacher_forcing") for doubt in doubts]


@pytest.mark.parametrize(
    ("text", "unanswered"),
    [
        # A heading that nobody knows: what stands below it may answer what has no heading.
        (f"# {FORCING}\n\nA.\n\n## Wiederholung\n\nB.", []),
        ("Everything in one paragraph.", []),
        (f"By Ada\n\n## {FORCING}\n\n{REPETITION}\n", ["teacher_forcing", "repetition"]),
        # Questions that somebody took out.
        (f"## {FORCING}\n\nA.", ["repetition", "why"]),
    ],
)
def test_nobody_is_told_that_a_question_is_unanswered_if_it_may_be_answered(
    text: str, unanswered: list[str]
) -> None:
    assert answer_sheet.parse(text, FORM).unanswered == unanswered


PIECES = st.sampled_from(
    [
        *(f"## {FORCING}", f"### {FORCING}", "## why: Why?", "## repetition", REPETITION),
        *("## note: mine", "# Title", "```", "~~~", "```python", PLACE, "<!--", "-->"),
        *("<!-- Write your answer here.", "---", "", "WORD", "WORD", "<!-- WORD -->"),
        *("## why: WORD", f"## {FORCING} WORD", "a <!-- b", "- > WORD", "    WORD", "\r"),
    ]
)


@given(st.lists(PIECES, max_size=25))
def test_no_word_is_lost(pieces: list[str]) -> None:
    """Each word stands in an answer or belongs to none, or a doubt says where to look."""
    lines = [piece.replace("WORD", f"word{number}") for number, piece in enumerate(pieces)]
    text = "\n".join(lines)
    found = answer_sheet.parse(text, FORM)
    seen = "\n".join(found.given.values())
    lost = [word for word in re.findall(r"word\d+", text) if word not in seen.split()]
    assert not lost or found.doubts
    assert all(question.answer == question.answer.strip() for question in found.questions)


@pytest.mark.parametrize(
    "text",
    [
        *("<!--" * 9_000, "#" * 60_000, "# " * 30_000, "*" * 60_000 + "x", "`" * 60_000 + "~"),
        *("~" * 60_000 + "`", "- " * 30_000 + "x", "## why: " * 8_000, "#" + " " * 60_000 + "x"),
        *("# why: a\n" * 5_000, "```\n" * 9_000, "\n" * 60_000, "> " * 30_000 + "x"),
        *("write " * 9_000, f"<!-- {'write your ' * 5_000}", "<a" * 30_000, "1 " * 30_000),
    ],
    ids=lambda text: text[:8],
)
def test_no_text_takes_longer_than_its_length(text: str) -> None:
    """A time that grew with the square of these lengths would be minutes."""
    answer_sheet.parse(f"## why: Why?\n{text}\n# why: {text}", FORM)


def test_what_is_asked_is_the_course_s_own(real_course: Course, tmp_path: Path) -> None:
    """The copy that students write into is asked last."""
    for exercise in real_course.exercises.values():
        form = form_of(exercise)
        untouched = exercise.questions.read_bytes()
        assert [one.name for one in form.questions] == [
            one.name for one in parse(untouched.decode())
        ]
        assert not any(one.answer for one in form.questions)
        assert not from_bytes(untouched, "ID.md", form).doubts
    text = TEXT.replace("##", "###")
    edition = Exercise("ex1", "", "a.py", tmp_path)
    put(edition.questions, text)
    assert not form_of(edition).questions
    put(tmp_path / MANIFEST, '{"files": {}, "questions": {"ex1": "## why: Why?\\n"}}')
    assert [one.name for one in form_of(edition).questions] == ["why"]
    shutil.rmtree(tmp_path / "checks")
    put(edition.questions, TEXT)
    assert form_of(edition) == FORM


def test_a_long_answer_is_cut_as_a_file_is() -> None:
    found = from_bytes(f"## why: Why?\n{'x' * (MAX_BYTES - 100)}".encode(), "ex1.md", FORM)
    assert len(found.given["why"]) == MAX_BYTES - 100
