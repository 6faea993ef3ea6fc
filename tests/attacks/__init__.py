"""Hostile submissions, and what must become of them."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

from grading.course import ROOT

FORWARD = "        feeds_back = not force and len(inputs) > max(warm_start, 1)\n"
RIGHT_STEP = "self.activation(inputs + self.hidden_to_hidden(hidden))"
WRONG_STEP = "self.activation(inputs + 0 * self.hidden_to_hidden(hidden))"


@dataclass(frozen=True)
class Attack:
    """One hostile submission to exercise 1."""

    name: str
    place: str
    code: str
    check: str
    status: str
    score: float
    wrong: bool = False

    @property
    def source(self) -> str:
        """The reference with the attack put in."""
        text = (ROOT / "reference" / "ex1_vanilla_rnn.py").read_text(encoding="utf-8")
        code = self.code.replace("COURSE", str(ROOT)).strip("\n") + "\n"
        if self.wrong:
            assert text.count(RIGHT_STEP) == 1
            text = text.replace(RIGHT_STEP, WRONG_STEP)
        if self.place == "import":
            return code + text
        assert text.count(FORWARD) == 1
        return text.replace(FORWARD, indent(code, "        ") + FORWARD)


def load(name: str) -> list[Attack]:
    """The attacks of one file in this folder."""
    content = tomllib.loads((Path(__file__).parent / name).read_text(encoding="utf-8"))
    return [Attack(**entry) for entry in content["attack"]]
