"""Find the hand-ins in an instructor's folder; list even those that cannot be read.

A file belongs to the exercise whose file name it has, as a module or as a notebook, or whose id is
in its name (choice.py). Answers to an exercise's questions are in a file ID.md.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path

from grading.batch.intake import choice, commits
from grading.batch.intake.answers import choose_answers
from grading.batch.intake.attempts import compared
from grading.batch.intake.choice import Choice
from grading.batch.intake.collected import Collected, Work
from grading.batch.intake.files import ARCHIVES, MAX_DEPTH, READ, WORK, File, files_in
from grading.batch.intake.layout import is_of_several, recognized
from grading.batch.intake.naming import is_about
from grading.batch.platforms import clones, plain
from grading.batch.platforms.hand_in import NO_STAMP, HandIn, Stamp
from grading.course import answer_sheet
from grading.course.answer_sheet import Form, Sheet
from grading.course.questions import MAX_BYTES
from grading.course.syllabus import Exercise
from grading.errors import UsageError
from grading.git import NoGitError
from grading.submission.file import Submission
from grading.text import one_line


@dataclass(frozen=True)
class _Asked:
    """What is looked for: the work on these exercises; `others` are the rest of the course.

    `is_class` says that an entry may turn out to be several people's.
    """

    exercises: Sequence[Exercise]
    others: Sequence[Exercise] = ()
    trust_file_times: bool = False
    is_class: bool = True

    @property
    def every(self) -> Sequence[Exercise]:
        return (*self.exercises, *self.others)

    @cached_property
    def forms(self) -> dict[str, Form]:
        """What each exercise asks in words, read once for the class."""
        return {exercise.id: answer_sheet.form_of(exercise) for exercise in self.exercises}


def collect(
    folder: Path,
    exercises: Sequence[Exercise],
    trust_file_times: bool = False,
    others: Sequence[Exercise] = (),
    own: Collection[Path] = (),
) -> list[Collected]:
    """The hand-ins in `folder` to these exercises. Raises UsageError if it is not a folder.

    With `trust_file_times`, the time of a file counts where nothing else tells one. `others` are
    exercises that nobody asked for: their files are no work on these. `own` are the instructor's
    files, such as the roster, which may lie there as well.
    """
    if not folder.is_dir():
        advice = ": unpack the download first" if folder.suffix.lower() == ".zip" else ""
        raise UsageError(f"{one_line(str(folder))} is not a folder of submissions{advice}")
    asked = _Asked(exercises, others, trust_file_times)
    hand_ins = _labeled(recognized(folder, exercises, own))
    names = {hand_in.assignment for hand_in in hand_ins}
    assignments = {
        exercise.id: {name for name in names if is_about(name, exercise)} for exercise in exercises
    }
    return compared(_without_empty(_of_all(hand_ins, asked), len(exercises)), assignments)


def _of_all(hand_ins: Sequence[HandIn], asked: _Asked) -> list[tuple[HandIn, Collected]]:
    """What each hand-in holds; what a later attempt repeats counts there alone."""
    found: list[tuple[HandIn, Collected]] = []
    start = 0  # where the author's first attempt stands in `found`: later ones follow at once
    for hand_in in hand_ins:
        collected = list(_collected(hand_in, asked))
        if hand_in.repeats:
            same = {one.content for one in collected}
            found[start:] = [(its, one) for its, one in found[start:] if one.content not in same]
        else:
            start = len(found)
        found += [(hand_in, one) for one in collected]
    return found


def _without_empty(
    collected: Sequence[tuple[HandIn, Collected]], asked_for: int
) -> list[Collected]:
    """Of somebody's assignments without the exercise, one is listed if no other has it."""

    def is_elsewhere(hand_in: HandIn, one: Collected) -> bool:
        return hand_in.among_others and not one.exercise

    found = [one for hand_in, one in collected if not is_elsewhere(hand_in, one)]
    done: dict[str, set[str]] = {}
    for one in found:
        done.setdefault(one.author.label, set()).add(one.exercise)
    missing = {
        label: one
        for hand_in, one in collected
        if is_elsewhere(hand_in, one)
        and (
            (label := one.author.label) not in done
            or (one.unread and len(done[label] - {""}) < asked_for)
        )
    }
    return [*found, *missing.values()]


def _labeled(hand_ins: Sequence[HandIn]) -> list[HandIn]:
    """The same hand-ins; no two authors have one label, although they may look alike.

    Each of those who look alike gets a mark made from what is known about them. A number would be
    another's as soon as one more came in, and with it what a person decided about the label.
    """
    owners: dict[str, set[str]] = {}
    for hand_in in hand_ins:
        owners.setdefault(hand_in.author.label, set()).add(hand_in.author.owner)
    return [
        hand_in if len(owners[hand_in.author.label]) == 1 else _marked(hand_in)
        for hand_in in hand_ins
    ]


def _marked(hand_in: HandIn) -> HandIn:
    author = hand_in.author
    return replace(hand_in, author=replace(author, label=f"{author.label} ({author.mark})"))


def handed_in(path: Path, exercises: Sequence[Exercise]) -> list[Collected]:
    """The work in a file, folder or archive; if there is none, one problem without an exercise."""
    (hand_in,), _ = plain.take(path.parent, [path.name])
    return list(_collected(hand_in, _Asked(exercises, is_class=False)))


def _collected(hand_in: HandIn, asked: _Asked) -> Iterator[Collected]:
    nothing = Collected(
        hand_in.author,
        "",
        None,
        hand_in.stamp,
        hand_in.attempt,
        hand_in.order,
        assignment=hand_in.assignment,
        entries=tuple(part.path for part in hand_in.parts),
    )
    if hand_in.problem:
        yield replace(nothing, problem=hand_in.problem)
        return
    try:
        files = _files(hand_in)
    except UsageError as error:
        yield replace(nothing, problem=str(error))
        return
    if asked.is_class and is_of_several(hand_in, files, asked.every):
        unpack = "" if hand_in.parts[0].path.is_dir() else "unpack it and "
        advice = f"{unpack}give it as SUBMISSIONS itself"
        yield replace(nothing, problem=f"looks like several people's work: {advice}")
        return
    without = []
    for exercise in asked.exercises:
        found, path = _of_exercise(nothing, exercise, hand_in, files, asked)
        if found is None:
            without.append(exercise)
            continue
        found = _with_commit(found, hand_in, path)
        yield _with_file_time(found, path) if asked.trust_file_times else found
    unread = choice.unread(files, asked.every) if without else []
    if unread or len(without) == len(asked.exercises):
        shown = unread if len(without) < len(asked.exercises) else files
        yield replace(nothing, problem=_what_is_there(shown, without), unread=bool(unread))


def _files(hand_in: HandIn) -> list[File]:
    """Every file of a hand-in, by the names that its author gave. Raises UsageError."""
    return [file for part in hand_in.parts for file in files_in(part.path, part.name)]


def _of_exercise(
    nothing: Collected, exercise: Exercise, hand_in: HandIn, files: Sequence[File], asked: _Asked
) -> tuple[Collected | None, Path | None]:
    """The work on an exercise, and the file that it is in, unless that lies in an archive.

    None if nothing in the hand-in is about the exercise.
    """
    problem, chosen = "", None
    mine = choice.not_of_others(files, exercise, asked.every)
    try:
        chosen = _chosen(hand_in, files, mine, exercise, asked)
    except UsageError as error:
        problem = str(error)
    folder = None if chosen is None else chosen.file.folder
    answers = choose_answers(mine, exercise, folder)
    found = replace(
        nothing,
        exercise=exercise.id,
        answers=None
        if answers.file is None
        else partial(_answers, hand_in, exercise, asked.forms[exercise.id]),
        answers_note=answers.note,
        answers_settled=answers.settled,
    )
    if problem:
        return replace(found, problem=problem, unread=True), None
    if chosen is not None:
        again = partial(_again, hand_in, exercise, asked)
        return replace(found, work=_work(chosen, again)), chosen.file.path
    if instead := choice.instead(files, exercise):
        return replace(found, problem=_what_is_there(instead, [exercise]), unread=True), None
    if answers.file is not None:
        return replace(found, problem=f"holds no {exercise.file} (or .ipynb), only answers"), None
    return None, None


def _work(chosen: Choice, again: Callable[[], Submission]) -> Work:
    work, place = chosen.submission, one_line(chosen.file.whole_place, 80)
    return Work(
        work.name,
        work.identity,
        work.note,
        chosen.settled,
        place,
        chosen.named,
        chosen.worked_on,
        again,
    )


def _chosen(
    hand_in: HandIn,
    files: Sequence[File],
    mine: Sequence[File],
    exercise: Exercise,
    asked: _Asked,
) -> Choice | None:
    """The file that counts, of `mine`, which are not other exercises'; None if none is a candidate.

    Raises UsageError.
    """
    first = hand_in.parts[0]
    flat = len(hand_in.parts) == 1 and first.path.is_file() and first.path.suffix.lower() != ".zip"
    found = choice.candidates(mine, exercise, hand_in.author)
    if not found and len(asked.exercises) == 1:
        found = choice.lone(files, exercise, asked.every, flat)
    if not found:
        return None
    # Plain files are called after their owners.
    of_owner = flat and first.name == first.path.name
    return choice.choose(found, exercise, mine, asked.every, hand_in.author, of_owner)


def _with_commit(found: Collected, hand_in: HandIn, path: Path | None) -> Collected:
    """The same with the time of a clone's last commit that changed the file."""
    if hand_in.stamp.source != clones.SOURCE or path is None:
        return found
    try:
        commit = commits.last_change(hand_in.parts[0].path, path)
    except NoGitError as error:
        return replace(found, stamp=Stamp(problem=f"no time of a clone is known, as {error}"))
    if commit is None:
        return replace(found, stamp=NO_STAMP)
    doubt = "" if commit.same else "its folder differs from what was committed"
    return replace(found, stamp=replace(found.stamp, moment=commit.moment), doubt=doubt)


def _with_file_time(found: Collected, path: Path | None) -> Collected:
    """The same with the time of the file, where there is no other evidence."""
    if path is None or found.stamp.moment is not None or found.stamp.late is not None:
        return found
    try:
        moment = datetime.fromtimestamp(path.lstat().st_mtime, UTC)
    except (OSError, OverflowError, ValueError):  # a time beyond the calendar
        return found
    return replace(found, stamp=Stamp(moment, "file (course.toml trusts it)"))


def _again(hand_in: HandIn, exercise: Exercise, asked: _Asked) -> Submission:
    """Read again the file chosen from a hand-in for an exercise. Raises UsageError."""
    files = _files(hand_in)
    mine = choice.not_of_others(files, exercise, asked.every)
    chosen = _chosen(hand_in, files, mine, exercise, asked)
    if chosen is None:
        raise UsageError(f"{hand_in.author.label} no longer holds {exercise.file}")
    return chosen.submission


def _answers(hand_in: HandIn, exercise: Exercise, form: Form) -> Sheet:
    """The answers to the questions of an exercise. Raises UsageError."""
    file = choose_answers(_files(hand_in), exercise).file
    if file is None:
        return Sheet()
    return answer_sheet.from_bytes(file.content(MAX_BYTES), one_line(file.name), form)


def _what_is_there(files: Sequence[File], exercises: Sequence[Exercise]) -> str:
    """One line: what is missing, what is there instead, and what would be read."""
    wanted = " or ".join(exercise.file for exercise in exercises)
    missing = f"holds no {wanted} (or .ipynb)"
    if not files:
        return f"{missing}: it is empty"
    shown = [one_line(file.name, 60) for file in files[:3]]
    more = f" and {len(files) - 3} more" if len(files) > 3 else ""
    kinds = {file.suffix for file in files}
    advice = ""
    if any(file.is_folder for file in files):
        advice = f"; folders below {MAX_DEPTH} others and links to folders are not searched"
    elif ".zip" in kinds:
        advice = "; an archive in an archive is not read, nor is a damaged one"
    elif kinds & set(ARCHIVES):
        advice = "; of archives, only .zip is read"
    elif len(files) > 1 and all(file.suffix in WORK and not file.depth for file in files):
        advice = "; if these are several people's, give their folder as SUBMISSIONS"
    elif not kinds & set(READ):
        advice = "; .py, .ipynb and .zip are read"
    return f"{missing}, but {', '.join(shown)}{more}{advice}"
