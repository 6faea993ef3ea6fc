"""Reports of both versions of the schema are read, whatever fields later ones have."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from grading.batch.store import Basis, Store
from grading.course.syllabus import ROOT
from grading.errors import UsageError
from grading.report import SCHEMA, Report
from tests.support.reports import check, report

SCHEMAS = {
    version: json.loads((ROOT / "docs" / name).read_text(encoding="utf-8"))
    for version, name in ((1, "report-1.schema.json"), (2, "report.schema.json"))
}
# Graded by version 1; a mark and the price of a hint were added.
STORED = json.loads((ROOT / "tests" / "support" / "report-1.json").read_text(encoding="utf-8"))
BASIS = Basis("0", "ex4", "0", "0", "", "", 7)


def with_more(value: Any) -> Any:
    """A document with an unknown field in each of its objects, but for maps with typed values."""
    if isinstance(value, list):
        return [with_more(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: item if key == "stronger" else with_more(item) for key, item in value.items()}
    return {**kept, "later": {"of": ["any", "kind"]}}


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """The schema of each object in a schema."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for part in schema.values():
            yield from objects(part)


def test_both_schemas_are_schemas_and_the_newer_one_only_allows_more() -> None:
    for schema in SCHEMAS.values():
        Draft202012Validator.check_schema(schema)
    for old, new in zip(objects(SCHEMAS[1]), objects(SCHEMAS[2]), strict=True):
        assert old.get("required") == new.get("required")
        assert old.get("properties", {}).keys() <= new.get("properties", {}).keys()
        assert new["additionalProperties"] is True or new["additionalProperties"] == {
            "type": "string"
        }


def test_a_stored_report_of_version_1_is_read_and_means_the_same() -> None:
    Draft202012Validator(SCHEMAS[1]).validate(STORED)
    read = Report.from_json(STORED)
    assert (read.score, read.max_score, read.hint_cost) == (68, 100, 1)
    written = read.to_json()
    assert written == {**STORED, "schema": SCHEMA}
    Draft202012Validator(SCHEMAS[2]).validate(written)


def test_fields_that_a_later_version_may_add_are_ignored() -> None:
    document = with_more({**STORED, "schema": SCHEMA})
    Draft202012Validator(SCHEMAS[2]).validate(document)
    read = Report.from_json(document)
    assert read.checks == Report.from_json(STORED).checks
    assert read.hints == Report.from_json(STORED).hints
    assert read.questions == Report.from_json(STORED).questions
    Draft202012Validator(SCHEMAS[2]).validate(read.to_json())
    # The first version allows none.
    assert not Draft202012Validator(SCHEMAS[1]).is_valid(with_more(STORED))


@pytest.mark.parametrize("schema", ["unrolled/report/3", "", None, ["unrolled/report/1"]])
def test_a_report_of_another_schema_is_refused(schema: object) -> None:
    with pytest.raises(ValueError, match=r"is none of unrolled/report/1, unrolled/report/2"):
        Report.from_json({**STORED, "schema": schema})


@pytest.mark.parametrize(
    "change", [{"schema": "unrolled/report/3"}, {"checks": [{"id": "a"}]}, {"submission": None}]
)
def test_a_store_of_another_version_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
) -> None:
    made = report(check())
    with Store(tmp_path / "grades.sqlite") as store:
        with monkeypatch.context() as patch:
            patch.setattr(Report, "to_json", lambda self: {**STORED, **change, "status": "graded"})
            patch.setattr("grading.batch.store.result_of", lambda report: None)
            store.add(BASIS, made)
        with pytest.raises(UsageError, match=r"^grades\.sqlite holds a report that .*cannot read"):
            store.report(BASIS)
