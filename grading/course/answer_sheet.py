"""A student's answers to an exercise's questions, read so that nothing written is lost.

The course's own file (questions.py) has a heading `## NAME: text` for each question, and below it a
comment as the place for the answer. Editors and students change both. So a heading of any level or
form begins the answer to a question if it has the question's name or text; what is typed into the
place counts; and a person must look at what may be an answer that nobody sees. Headings in a fenced
code block are code.
"""

import re
import unicodedata
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cached_property
from itertools import accumulate
from pathlib import Path

from grading.course import edition, questions
from grading.course.questions import MAX_BYTES, PLACE, Question
from grading.course.syllabus import Exercise
from grading.text import clean

# A text with fewer words, such as "Why?", may stand in an answer, too.
TELLING_WORDS = 4
# What may stand in a heading before a question's text, where its name was: "Question 3 (b)".
MOST_BEFORE = 4
# A heading that shares fewer of its words with the question, of 1, and does not ask anything has
# become the answer.
REWORDED = 0.5

# En dash, em dash, minus.
_DASHES = "\u2013\u2014\u2212"
_WORD = re.compile(r"[^\W_]+")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_COMMENT = re.compile(r"<!--.*?(?:-->|$)")
# The lookaheads keep long rows of marks from being tried in every length.
_FENCE = re.compile(r"\s*(?:(?:[-*+>]|\d+[.)])\s+)*(?P<fence>`{3,}(?!`)|~{3,}(?!~))(?P<info>[^`]*)")
_INDENTED = re.compile(r" {4}| {0,3}\t")
_ATX = re.compile(r" {0,3}#{1,6}(?!#)(?P<title>.*)")
_UNDERLINE = re.compile(rf" {{0,3}}(?:=+|-+|[{_DASHES}]+)\s*")
_NUMBER = re.compile(r"\A(?:[^\W\d_]+\s+)?\d+\s*[.):]?\s+")
# Rules between answers, and what is left of a broken comment.
_NOTHING = re.compile(rf"[\s*_=<>!{_DASHES}-]*")


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))


def _spaced(text: str) -> str:
    return f" {' '.join(_words(text))} "


_PLACE_WORDS = _spaced(PLACE)
_PLACE = re.compile(r"\s+".join(_PLACE_WORDS.split()) + r"[\s.:]*", re.IGNORECASE)


@dataclass(frozen=True)
class Form:
    """What the course asks: its questions, and its own text above them."""

    questions: Sequence[Question]
    own: str = ""

    @cached_property
    def own_words(self) -> str:
        return _spaced(self.own)

    @cached_property
    def titles(self) -> dict[tuple[str, ...], str]:
        """Names by all words of a heading; without the name in it if the text tells enough."""
        titles: dict[tuple[str, ...], str] = {}
        for name, text in self.texts.items():
            titles[_words(name) + text] = name
            if len(text) >= TELLING_WORDS:
                titles[text] = name
        return titles

    @cached_property
    def texts(self) -> dict[str, tuple[str, ...]]:
        """The words of each question's text by its name."""
        return {one.name: _words(_COMMENT.sub("", one.text)) for one in self.questions}

    @cached_property
    def names(self) -> dict[str, str]:
        """Names by their words, written together."""
        return {"".join(_words(question.name)): question.name for question in self.questions}

    @cached_property
    def named(self) -> re.Pattern[str]:
        """A declared name, as editors write it: before a colon or a dash, or alone."""
        names = "|".join(
            r"[\s_-]*".join(_words(question.name))
            for question in sorted(self.questions, key=lambda question: -len(question.name))
        )
        return re.compile(
            rf"(?P<name>{names})[*_`]*\s*(?:(?:[:{_DASHES}]|-(?=\s))[*_`]*(?P<rest>.*)|$)",
            re.IGNORECASE,
        )


@dataclass(frozen=True)
class Sheet:
    """The declared questions with their answers, one by one, and what a person must look at.

    `stray` is text that belongs to no question. `perhaps` names questions without an answer that
    may have been answered elsewhere in the file: nobody is told that they are unanswered.
    """

    questions: Sequence[Question] = ()
    doubts: Sequence[str] = ()
    stray: str = ""
    perhaps: frozenset[str] = frozenset()

    def __iter__(self) -> Iterator[Question]:
        return iter(self.questions)

    @property
    def given(self) -> dict[str, str]:
        """The answers by question, and under an empty name what belongs to none."""
        answers = {question.name: question.answer for question in self.questions}
        return {name: text for name, text in {**answers, "": self.stray}.items() if text}

    @property
    def unanswered(self) -> list[str]:
        empty = [question.name for question in self.questions if not question.answer]
        return [name for name in empty if name not in self.perhaps]


def form_of(exercise: Exercise) -> Form:
    """What an exercise asks. Raises UsageError or GraderError if a file is malformed.

    A student edition keeps a copy, as students write into the file in exercises/.
    """
    if exercise.answers.exists():
        text = questions.without_answers(questions.text_in(exercise.answers))
    else:
        text = edition.questions_of(exercise) or questions.text_in(exercise.questions)
    return Form(questions.parse(text), questions.introduction(text))


def read(path: Path, form: Form) -> Sheet:
    """The answers in the file at `path`; none if there is no such file. Raises UsageError."""
    return parse(questions.text_in(path), form)


def from_bytes(data: bytes, name: str, form: Form) -> Sheet:
    """The answers in the bytes of a file. Raises UsageError."""
    return parse(questions.text_of(data, name), form)


def parse(text: str, form: Form) -> Sheet:
    """The answers in a text."""
    return _Reader(text, form).sheet() if form.questions else Sheet()


@dataclass(frozen=True)
class _Heading:
    """The lines of a question's heading, and what it says beside the question's own words.

    `is_own` says that it asks the question; else it has nothing but the name.
    """

    start: int
    end: int
    name: str
    more: str = ""
    is_own: bool = True


@dataclass
class _Section:
    """What stands below the headings of one question: text, and comments.

    `places` counts how often it begins, with other questions between.
    """

    places: int = 0
    parts: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


class _Reader:
    """Reads one text."""

    def __init__(self, text: str, form: Form) -> None:
        self._form = form
        self._lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._fenced = _fenced(self._lines)
        self._asked = {question.name: question.text for question in form.questions}
        self._has_other_headings = False
        self._doubts: list[str] = []

    def sheet(self) -> Sheet:
        headings = self._headings()
        ends = [*(heading.start for heading in headings), len(self._lines)]
        stray = self._stray(ends[0], has_questions=bool(headings))
        sections: dict[str, _Section] = {}
        before = ""
        for heading, end in zip(headings, ends[1:], strict=True):
            text, comments = self._read(heading.end, end)
            section = sections.setdefault(heading.name, _Section())
            section.places += heading.name != before
            before = heading.name
            section.parts.append(f"{heading.more}\n{text}".strip())
            section.comments += comments
        answered = [
            Question(name, text, self._answer(name, sections[name]) if name in sections else "")
            for name, text in self._asked.items()
        ]
        is_elsewhere = bool(stray) or self._has_other_headings
        perhaps = self._asked.keys() - sections.keys() if is_elsewhere else ()
        return Sheet(answered, tuple(self._doubts), stray, frozenset(perhaps))

    def _headings(self) -> list[_Heading]:
        headings = []
        for number, line in enumerate(self._lines):
            if number not in self._fenced and (found := self._heading(number, line)) is not None:
                headings.append(found)
        left = self._asked.keys() - {heading.name for heading in headings}
        # A fence that nobody closed ends at the next one, and may take in questions on its way.
        for number in sorted(self._fenced) if left else ():
            name = self._form.titles.get(_words(self._lines[number]))
            if name in left:
                left.remove(name)
                self._doubts.append(f"the heading stands in a code block ({name})")
                headings.append(_Heading(number, number + 1, name))
        asked = {heading.name for heading in headings if heading.is_own}
        # "## why: my own words" stands in an answer if the question has its own heading elsewhere.
        counting = [one for one in headings if one.is_own or one.name not in asked]
        return sorted(counting, key=lambda heading: heading.start)

    def _heading(self, number: int, line: str) -> _Heading | None:
        """The heading of a declared question that begins in this line, if one does."""
        if not line.strip() or _INDENTED.match(line):
            return None
        line, end = unicodedata.normalize("NFKC", line), number + 1
        is_atx, is_bold = _ATX.fullmatch(line), line.strip().startswith(("**", "__"))
        is_underlined = end < len(self._lines) and _UNDERLINE.fullmatch(self._lines[end])
        if is_underlined and not is_atx:
            end += 1
        title = line if is_atx is None else is_atx["title"].strip().rstrip("#")
        said = _COMMENT.sub("", _TAG.sub("", title)).replace("\\", "").strip(" \t*_`")
        words = _words(said)
        if (name := self._form.titles.get(words)) is not None:
            return _Heading(number, end, name)
        if not (is_atx or is_bold or is_underlined):
            return None
        if (named := self._form.named.match(_NUMBER.sub("", said))) is not None:
            name = self._form.names["".join(_words(named["name"]))]
            return _Heading(number, end, name, *self._more(name, named["rest"] or ""))
        for before in range(1, min(MOST_BEFORE + 1, len(words))):
            if (name := self._form.titles.get(words[before:])) is not None:
                return _Heading(number, end, name)
        if is_atx and _spaced(said) not in self._form.own_words:
            self._has_other_headings = True
        return None

    def _more(self, name: str, said: str) -> tuple[str, bool]:
        """What a heading says beside the question's text, and whether that is in it."""
        asked, words = self._form.texts[name], list(_WORD.finditer(said))
        given = tuple(word[0].casefold() for word in words)
        if given[: len(asked)] == asked:
            rest = said[words[len(asked) - 1].end() :] if asked else said
            return rest.lstrip("?!.:;,*_` \t").rstrip(), True
        alike = SequenceMatcher(None, given, asked, autojunk=False).ratio()
        if alike >= REWORDED:
            return "", True
        is_question = said.rstrip("*_` \t").endswith("?")
        return said.strip() if given and not is_question else "", False

    def _stray(self, end: int, has_questions: bool) -> str:
        """What stands above the first question and is not the course's own."""
        text, comments = self._read(0, end)
        paragraphs = [*re.split(r"\n[^\S\n]*\n", text), *comments]
        stray = [
            paragraph.strip()
            for paragraph in paragraphs
            if _is_text(paragraph) and _spaced(paragraph) not in self._form.own_words
        ]
        if stray and has_questions:
            self._doubts.append("something stands above the first question")
        elif stray:
            self._doubts.append("something is there, but none of the questions")
        return clean("\n\n".join(stray), MAX_BYTES)

    def _answer(self, name: str, section: _Section) -> str:
        """The answer in a section."""
        parts = [part for part in section.parts if _is_text(part)]
        if section.comments:
            self._doubts.append(f"something stands in a comment ({name})")
        if len(parts) > 1 or (parts and section.places > 1):
            self._doubts.append(f"several headings have one name ({name})")
        return clean("\n\n".join(parts or section.comments), MAX_BYTES)

    def _read(self, start: int, end: int) -> tuple[str, list[str]]:
        """The text of these lines, with what was typed into the place; and other comments."""
        lines = self._lines[start:end]
        text, comments = "\n".join(lines), []
        places = list(accumulate((len(line) + 1 for line in lines), initial=0))
        shown, position, search = "", 0, 0
        while (begin := text.find("<!--", search)) >= 0:
            if start + bisect(places, begin) - 1 in self._fenced:
                search = begin + 1
                continue
            # A comment that nobody closed ends with the answer.
            close = text.find("-->", begin)
            inside = text[begin + 4 : close if close >= 0 else None]
            shown += text[position:begin]
            if (place := _PLACE.search(inside)) is not None:
                shown += f"{inside[: place.start()].strip()}\n{inside[place.end() :].strip()}"
            elif not self._is_own(inside):
                comments.append(inside.strip())
            position = search = close + 3 if close >= 0 else len(text)
        return (shown + text[position:]).strip(), comments

    def _is_own(self, comment: str) -> bool:
        """Whether a comment is the course's: what is left of the place, for example."""
        words = _spaced(comment)
        is_known = words in _PLACE_WORDS or words in self._form.own_words
        return is_known or bool(_NOTHING.fullmatch(comment))


def _is_text(text: str) -> bool:
    """Whether there is more than rules and an empty place."""
    return not _NOTHING.fullmatch(text) and _spaced(text) != _PLACE_WORDS


def _fenced(lines: Sequence[str]) -> set[int]:
    """The numbers of the lines in fenced code blocks; a fence that nobody closes hides nothing."""
    fenced: set[int] = set()
    start, opening = 0, ""
    for number, fence, info in _fences(lines):
        if not opening:
            start, opening = number, fence
        elif fence.startswith(opening) and not info:
            fenced.update(range(start, number + 1))
            opening = ""
    return fenced


def _fences(lines: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(lines):
        if (found := _FENCE.fullmatch(line)) is not None:
            yield number, found["fence"], found["info"].strip()
