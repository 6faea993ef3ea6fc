"""changes.csv says which grades became different, and why."""

from dataclasses import replace

import pytest

from grading.batch.changes import Change, Standing, changes, from_store
from grading.batch.store import Basis

BASIS = Basis("sha", "ex1", "checks", "engine", "file", "python", 1)
ANN = Standing("ann", 1, BASIS.key, 40.0, 0.0, None, 40.0, 100.0, name="Ann", is_whole=True)
ANN = replace(ANN, person="Ann (1)")
UPGRADED = replace(BASIS, engine="another", seed=2).key
EXCUSED = replace(ANN, final=None, excused=True, decided=("excused (ill)",))


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (None, ANN, (None, 40.0, "new")),
        (ANN, ANN, None),
        (ANN, replace(ANN, basis=UPGRADED), None),  # the same points
        (
            ANN,
            replace(ANN, basis=UPGRADED, raw_score=50.0, final=50.0),
            (40.0, 50.0, "changed: engine, seed"),
        ),
        (
            ANN,
            replace(ANN, raw_score=50.0, final=50.0),
            (40.0, 50.0, "graded again on request"),
        ),
        (
            replace(ANN, raw_score=None, final=None),
            ANN,
            (None, 40.0, "tried again, as the grader had failed"),
        ),
        (
            ANN,
            replace(ANN, submission="ann_attempt2", raw_score=50.0, final=50.0),
            (40.0, 50.0, "another attempt counts"),
        ),
        (ANN, replace(ANN, attempt=2, final=30.0), (40.0, 30.0, "another attempt counts")),
        (ANN, replace(ANN, penalty=4.0, final=36.0), (40.0, 36.0, "penalty: 0 -> 4")),
        (
            ANN,
            replace(ANN, by_hand=3.0, final=43.0, max_final=105.0),
            (40.0, 43.0, "points by hand; out of 105, before of 100"),
        ),
        (ANN, EXCUSED, (40.0, "excused", "excused (ill)")),
        (EXCUSED, ANN, ("excused", 40.0, "no longer in force: excused (ill)")),
        (ANN, None, (40.0, None, "no longer known")),
        (replace(ANN, final=None), None, None),
        (ANN, replace(ANN, final=41.0), (40.0, 41.0, "changed: the course's settings")),
        # What version 1 has left tells of the raw score alone.
        (Standing("ann", 1, BASIS.key, 40.0), replace(ANN, penalty=4.0, final=36.0), None),
        (
            Standing("ann", 1, BASIS.key, 40.0),
            replace(ANN, basis=UPGRADED, raw_score=50.0, final=50.0),
            (40.0, 50.0, "changed: engine, seed"),
        ),
    ],
)
def test_what_became_different(
    before: Standing | None, after: Standing | None, found: tuple[object, object, str] | None
) -> None:
    place = ("id:1", "ex1")
    old, new = ({} if one is None else {place: one} for one in (before, after))
    old = from_store({place: one.to_json() for place, one in old.items()})
    said = [] if found is None else [("Ann (1)" if after or before == ANN else "", "ex1", *found)]
    assert [tuple_of(one) for one in changes(old, new)] == said


def tuple_of(change: Change) -> tuple[object, ...]:
    return change.person, change.exercise, change.before, change.after, change.why


def test_a_submission_that_becomes_somebodys_is_one_change() -> None:
    nobodys = replace(ANN, name="", person="")
    before, after = {("label:ann", "ex1"): nobodys}, {("id:1", "ex1"): ANN}
    [given] = changes(before, after)
    assert tuple_of(given) == ("Ann (1)", "ex1", 40.0, 40.0, "now Ann (1)'s")
    [taken] = changes(after, before)
    assert tuple_of(taken) == ("ann", "ex1", 40.0, 40.0, "no longer Ann (1)'s")


def test_another_key_of_the_same_person_is_no_change() -> None:
    """A roster may have ids that an earlier one lacked."""
    assert changes({("name:ann", "ex1"): ANN}, {("id:1", "ex1"): ANN}) == []
