"""JUnit XML as dashboards read it: a suite for each report, a case for each check."""

import re
import shutil
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from typing import IO

from grading.closing import Closing
from grading.report import CheckResult, Report

# Each element's name in the totals.
COUNTED = {"failure": "failures", "error": "errors", "skipped": "skipped"}
COUNTS = ("tests", *COUNTED.values())
# Characters that XML 1.0 cannot hold, even escaped.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class JUnit(Closing):
    """Writes one document to `file`. Use as a context manager: `close` completes it.

    The suites wait in a temporary file until the totals, which come first, are known.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._body = tempfile.TemporaryFile("w+", encoding="utf-8", newline="")
        self._totals: Counter[str] = Counter()

    def close(self) -> None:
        totals = " ".join(f'{name}="{self._totals[name]}"' for name in COUNTS)
        self._file.write('<?xml version="1.0" encoding="utf-8"?>\n')
        self._file.write(f'<testsuites name="unrolled" {totals}>\n')
        self._body.seek(0)
        shutil.copyfileobj(self._body, self._file)
        self._file.write("</testsuites>\n")
        self._body.close()

    def add(self, submission: str, report: Report) -> None:
        suite, counts = _suite(submission, report)
        self._totals.update(counts)
        ElementTree.indent(suite)
        self._body.write(ElementTree.tostring(suite, "unicode") + "\n")


def _suite(submission: str, report: Report) -> tuple[ElementTree.Element, dict[str, int]]:
    name = _legal(f"{submission}.{report.exercise}")
    suite = ElementTree.Element("testsuite", name=name)
    counts = dict.fromkeys(COUNTS, 0)
    for check in report.checks:
        counts["tests"] += 1
        case = ElementTree.SubElement(
            suite, "testcase", name=check.id, classname=name, time=f"{check.seconds:.4f}"
        )
        properties = ElementTree.SubElement(case, "properties")
        for key, value in (("score", check.points), ("max_score", check.max_points)):
            ElementTree.SubElement(properties, "property", name=key, value=f"{value:g}")
        if check.status.junit:
            counts[COUNTED[check.status.junit]] += 1
            _add_outcome(case, check)
    for key, count in counts.items():
        suite.set(key, str(count))
    return suite, counts


def _add_outcome(case: ElementTree.Element, check: CheckResult) -> None:
    kind = check.status.junit
    if kind == "skipped":
        ElementTree.SubElement(case, kind, message=_legal(check.message))
        return
    # GitLab shows only the body, so the essential sentence comes first in it.
    body = _legal(f"{check.title}\n{check.message}\n{check.explanation}".strip())
    ElementTree.SubElement(case, kind, message=check.status.value).text = body


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)
