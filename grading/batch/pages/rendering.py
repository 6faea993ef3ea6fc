"""Makes pages from templates, and names their files."""

import base64
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from grading.batch.pages import wording
from grading.text import number_of

_TEMPLATES = Path(__file__).with_name("templates")
# Everything from a submission is escaped: autoescape is on for every template.
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters |= {"points": wording.points, "number_of": number_of}


def rendered(template: str, script: str = "", **values: Any) -> str:
    """A page from a template. `script` names the file of the one script that may run on it."""
    text = (_TEMPLATES / script).read_text(encoding="utf-8") if script else ""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return _ENVIRONMENT.get_template(template).render(
        script=Markup(text),  # the course's own file, as it stands
        script_source=Markup(f"'sha256-{digest}'" if script else "'none'"),
        **values,
    )


def file_names(submissions: Sequence[str]) -> dict[str, str]:
    """The file name of each submission's page: plain characters, no two alike."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    # The last number of each name: of names in Chinese, say, nothing plain is left to differ.
    numbers: dict[str, int] = {}
    for submission in submissions:
        plain = re.sub(r"[^A-Za-z0-9._-]+", "_", submission).strip("._") or "submission"
        stem = plain[:80]
        name, number = stem, numbers.get(stem.lower(), 1)
        while name.lower() in taken:
            number += 1
            name = f"{stem}-{number}"
        numbers[stem.lower()] = number
        taken.add(name.lower())
        names[submission] = f"{name}.html"
    return names
