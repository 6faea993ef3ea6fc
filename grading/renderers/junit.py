"""JUnit XML as dashboards read it: a suite for each report, a case for each check."""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Mapping
from typing import Any

FAILED = {"failed", "partial", "not_attempted", "timed_out", "out_of_memory", "crashed"}
ERRORS = {"grader_error", "unreadable"}
# What XML 1.0 cannot hold, however it is written.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(reports: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    """The document for (submission, report) pairs."""
    root = ElementTree.Element("testsuites", name="unrolled")
    totals = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for submission, report in reports:
        counts = _suite(root, submission, report)
        totals = {name: totals[name] + counts[name] for name in totals}
    for name, value in totals.items():
        root.set(name, str(value))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n"


def _suite(root: ElementTree.Element, submission: str, report: Mapping[str, Any]) -> dict[str, int]:
    name = _legal(f"{submission}.{report['exercise']}")
    suite = ElementTree.SubElement(root, "testsuite", name=name)
    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for check in report["checks"]:
        counts["tests"] += 1
        seconds = f"{check['seconds']:.4f}"
        case = ElementTree.SubElement(
            suite, "testcase", name=check["id"], classname=name, time=seconds
        )
        properties = ElementTree.SubElement(case, "properties")
        for key, value in (("score", check["points"]), ("max_score", check["max_points"])):
            ElementTree.SubElement(properties, "property", name=key, value=f"{value:g}")
        # GitLab shows the body alone: the essential sentence comes first in it.
        body = _legal(f"{check['title']}\n{check['message']}\n{check['explanation']}".strip())
        if check["status"] in FAILED:
            counts["failures"] += 1
            ElementTree.SubElement(case, "failure", message=check["status"]).text = body
        elif check["status"] in ERRORS:
            counts["errors"] += 1
            ElementTree.SubElement(case, "error", message=check["status"]).text = body
        elif check["status"] != "passed":
            counts["skipped"] += 1
            ElementTree.SubElement(case, "skipped", message=_legal(check["message"]))
    for key, count in counts.items():
        suite.set(key, str(count))
    return counts


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)
