"""Hostile submissions to exercise 1, what must become of them, and their harmless twins.

An entry of a category's file, CATEGORY.toml:

    name      of the attack; no two are the same
    tries     what it tries, in a sentence
    place     where its code stands: "import", the first line of the module; "forward", the first
              line of VanillaRNN.forward; "end", behind the last line of the module
    code      the attack; COURSE stands for the course's folder
    benign    the closest harmless thing, which must cost no points in the same place
    check     the check that meets it
    status    what must become of that check
    statuses  the same where a rung ends it differently, by rung
    score     the points that must be left when everything is graded, unless it is as usual (below)
    waits     true if it takes no CPU time, so that only the wall clock ends it
    wrong     true if the submission is also wrong (it squashes its inputs) and tries to hide it;
              it deserves the 5 points that do not rest on a step of the cell

As usual, 94 points are left to an attack that passes, all but those of the training, which is left
out; 5 to a wrong submission, and 49 to every other, which is all that does not unroll. Where one
runs out of time, or fills the disk before it is ended, one check is graded, unless it has a score.

An attack that gets what it must not get says BREACH, in an exception or in what it prints, and
whatever it leaves behind is called unrolled_left_behind.
"""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import indent

from grading.course.syllabus import ROOT

FOLDER = Path(__file__).parent
FORWARD = "        feeds_back = not force and len(inputs) > max(warm_start, 1)\n"
RIGHT_STEP = "self.activation(inputs + self.hidden_to_hidden(hidden))"
WRONG_STEP = "self.activation(self.activation(inputs) + self.hidden_to_hidden(hidden))"


@dataclass(frozen=True)
class Attack:
    """One hostile submission."""

    category: str
    name: str
    tries: str
    place: str
    code: str
    benign: str
    check: str
    status: str
    statuses: dict[str, str] = field(default_factory=dict)
    score: float | None = None
    waits: bool = False
    wrong: bool = False

    @property
    def source(self) -> str:
        """The reference with the attack put in."""
        text = reference()
        if self.wrong:
            assert text.count(RIGHT_STEP) == 1
            text = text.replace(RIGHT_STEP, WRONG_STEP)
        return put(text, self.place, self.code)

    @property
    def twin(self) -> str:
        """The reference with the harmless twin put in."""
        return put(reference(), self.place, self.benign)

    def status_on(self, rung: str) -> str:
        return self.statuses.get(rung, self.status)

    def score_on(self, rung: str) -> float | None:
        """The points that must be left; None if only the check that meets it is graded."""
        if self.score is not None:
            return self.score
        if self.status_on(rung) == "timed_out" or self.statuses:
            return None
        if self.status_on(rung) == "passed":
            return 94
        return 5 if self.wrong else 49


def reference() -> str:
    return (ROOT / "reference" / "ex1_vanilla_rnn.py").read_text(encoding="utf-8")


def put(text: str, place: str, code: str) -> str:
    """`text` with `code` in this place."""
    code = lines_of(code)
    if place == "import":
        return code + text
    if place == "end":
        return text + code
    assert text.count(FORWARD) == 1
    return text.replace(FORWARD, indent(code, "        ") + FORWARD)


def lines_of(code: str) -> str:
    return code.replace("COURSE", str(ROOT)).strip("\n") + "\n"


def load() -> list[Attack]:
    """Every attack, by category."""
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        found += [Attack(path.stem, **entry) for entry in content["attack"]]
    return found
