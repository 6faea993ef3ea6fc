"""The tables of docs/security.md, from the corpus and from what was measured elsewhere.

python -m tests.attacks.page
"""

import json
import re

from grading.course.syllabus import ROOT
from grading.report import Status
from tests import attacks
from tests.attacks import Attack
from tests.attacks.elsewhere import TARGET

PAGE = ROOT / "docs" / "security.md"
HEAD = "| attack | what it tries | ends as | in plain pytest |\n| --- | --- | --- | --- |\n"


def row(attack: Attack, elsewhere: dict[str, str]) -> str:
    """One attack: its name, what it tries, how it ends here, by rung if need be, and elsewhere."""
    ends = Status(attack.status).words
    others = [f"`{rung}`: {Status(status).words}" for rung, status in attack.statuses.items()]
    if others:
        ends += f" ({', '.join(others)})"
    measured = elsewhere.get(attack.name, "not measured")
    return f"| `{attack.name}` | {attack.tries} | {ends} | {measured} |"


def written(text: str) -> str:
    """The page with every table as it should be: one below the heading of each category."""
    elsewhere = json.loads(TARGET.read_text(encoding="utf-8"))
    for category in sorted({attack.category for attack in attacks.load()}):
        rows = [row(attack, elsewhere) for attack in attacks.load() if attack.category == category]
        pattern = rf"(### {category.capitalize()}\n.*?){re.escape(HEAD)}(?:\|[^\n]*\n)*"
        table = HEAD + "".join(f"{line}\n" for line in rows)
        text, count = re.subn(
            pattern, lambda found, table=table: found[1] + table, text, flags=re.DOTALL
        )
        assert count == 1, f"the page has no table below the heading of {category}"
    return text


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
