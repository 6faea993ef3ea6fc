"""What must not be in a student edition, unless it is given away on purpose.

The secrets are the parts of the reference solutions that stubs leave out, each known mistake as it
looks in them, the hidden checks, everything that only hidden checks use, canonical answers, and
what instructors say about mistakes. Of these, the search covers each line, string and syntax tree
that is telling: so long that nobody else would write it by chance, and not given away on purpose
in a stub or a public check.
"""

import ast
import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from grading.checking.suites import checks as checks_of
from grading.course import misconceptions, stubs
from grading.course.questions import without_answers
from grading.course.syllabus import Exercise
from grading.release.public_part import PublicPart
from grading.release.record import only_public, public_mistakes
from grading.release.syntax import Tree, parsed, telling_trees

# A line of code with fewer names and numbers than this may occur in any program.
TELLING_WORDS = 5
# Characters; shorter texts are names of things, not sentences.
TELLING_TEXT = 20

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Code:
    """Python source whose `lines` (counted from 1) are secret; if None, all of it is secret."""

    source: str
    text: str
    lines: frozenset[int] | None = None

    @cached_property
    def tree(self) -> ast.Module:
        return parsed(self.text, self.source)

    @cached_property
    def trees(self) -> frozenset[Tree]:
        return frozenset(telling_trees(self.tree, self.lines))

    def telling_texts(self) -> Iterator[str]:
        """The secret lines and string constants that are telling."""
        for number, line in enumerate(self.text.splitlines(), start=1):
            # Imports are no secret.
            if self._is_secret(number) and not line.startswith(("import ", "from ")):
                yield from _sentences(line)
        for node in ast.walk(self.tree):
            match node:
                case ast.Constant(value=str(text)) if self._is_secret(node.lineno):
                    yield from _sentences(text)

    def _is_secret(self, line: int) -> bool:
        return self.lines is None or line in self.lines


class Given:
    """Everything that everybody gets to see: code, and words for students."""

    def __init__(self, code: Sequence[Code], words: Sequence[str] = ()) -> None:
        self.text = "\n".join(squeezed(text) for text in (*(part.text for part in code), *words))
        self.trees = frozenset(tree for part in code for tree in part.trees)


@dataclass
class Secrets:
    """Texts (with single spaces), names and trees to look for, and where each comes from."""

    texts: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    trees: dict[Tree, str] = field(default_factory=dict)

    def add(self, code: Code, given: Given) -> None:
        """Add the telling parts of `code`, except those that are given away."""
        self.add_texts(code.source, code.telling_texts(), given)
        self.trees |= dict.fromkeys(code.trees - given.trees, code.source)

    def add_texts(self, source: str, texts: Iterable[str], given: Given) -> None:
        self.texts |= {text: source for text in texts if text not in given.text}


def secrets(exercises: Sequence[Exercise], checks: PublicPart) -> Secrets:
    """The secrets of these exercises; `checks` is the part of their checks that students get."""
    kept = Secrets()
    public = [Code("the public checks", text) for text in checks.files.values()]
    mistakes = [known for exercise in exercises for known in public_mistakes(exercise)]
    words = [text for known in mistakes for text in (known.student, *known.hints)]
    public_checks = Given(public, words)
    for exercise in exercises:
        # A solution stays a secret even if a public check gives it away.
        stub = Given([Code("the stub", _stub(exercise))])
        for code in _answers(exercise):
            kept.add(code, stub)
        for code in _hidden_checks(exercise):
            kept.add(code, public_checks)
        for source, text in _words(exercise):
            kept.add_texts(source, _sentences(text), public_checks)
        hidden = checks_of(exercise).keys() - checks_of(only_public(exercise)).keys()
        kept.names |= dict.fromkeys(hidden, f"a hidden check of {exercise.id}")
    for text in checks.left_behind:
        kept.add(Code("what only hidden checks use", text), public_checks)
    return kept


def squeezed(text: str) -> str:
    """`text` with each run of white space replaced by one space."""
    return " ".join(text.split())


def _sentences(text: str) -> Iterator[str]:
    """The telling lines of a text: nobody would write one of them twice by chance."""
    for line in map(squeezed, text.splitlines()):
        if len(_WORD.findall(line)) >= TELLING_WORDS and len(line) >= TELLING_TEXT:
            yield line


def _stub(exercise: Exercise) -> str:
    return stubs.make_stub(exercise.reference.read_text(encoding="utf-8"), exercise.file)


def _answers(exercise: Exercise) -> Iterator[Code]:
    """The solution, and the solution with each known mistake."""
    reference = exercise.reference.read_text(encoding="utf-8")
    yield Code(f"the solution of {exercise.id}", reference, _solution_lines(reference, exercise))
    for known in misconceptions.load(exercise.misconceptions):
        wrong = known.made_in(reference)
        source = f"the mistake {known.name} of {exercise.id}"
        yield Code(source, wrong, _changed_lines(reference, wrong))


def _hidden_checks(exercise: Exercise) -> Iterator[Code]:
    for path in exercise.suites.keys() - only_public(exercise).suites.keys():
        yield Code(f"the hidden checks of {exercise.id}", path.read_text(encoding="utf-8"))


def _words(exercise: Exercise) -> Iterator[tuple[str, str]]:
    """Sentences for instructors: canonical answers, and explanations of mistakes."""
    if exercise.answers.exists():
        answers = exercise.answers.read_text(encoding="utf-8")
        asked = set(without_answers(answers).splitlines())
        lines = [line for line in answers.splitlines() if line not in asked]
        yield f"a canonical answer of {exercise.id}", "\n".join(lines)
    shown = {known.name for known in public_mistakes(exercise)}
    for known in misconceptions.load(exercise.misconceptions):
        yield f"the mistake {known.name} of {exercise.id}", known.why
        if known.name not in shown:
            words = "\n".join([known.student, *known.hints])
            yield f"the mistake {known.name} of {exercise.id}", words


def _solution_lines(reference: str, exercise: Exercise) -> frozenset[int]:
    """The lines between the markers, except those that become comments in the stub."""
    lines = reference.splitlines()
    return frozenset(
        number + 1
        for begin, end in stubs.gaps(reference, exercise.file)
        for number in range(begin + 1, end)
        if not lines[number].strip().startswith(stubs.STUB)
    )


def _changed_lines(before: str, after: str) -> frozenset[int]:
    """The lines of `after` that `before` does not have."""
    matcher = difflib.SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False)
    return frozenset(
        line + 1
        for operation, _, _, first, last in matcher.get_opcodes()
        if operation != "equal"
        for line in range(first, last)
    )
