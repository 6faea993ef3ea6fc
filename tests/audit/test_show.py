"""What an author reads of an audit."""

import pytest

from grading.audit.audit import Audit, Kind
from grading.audit.show import print_audit


@pytest.mark.parametrize(
    ("mutants", "equivalent", "survivors", "score"),
    [(4, 0, 1, "75.0%"), (5, 1, 0, "100.0%"), (2, 2, 0, "none")],
)
def test_the_mutation_score_counts_mutants_that_can_be_noticed(
    capsys: pytest.CaptureFixture[str], mutants: int, equivalent: int, survivors: int, score: str
) -> None:
    result = Audit(survivors=survivors)
    result.counts["ex1", Kind.MUTANT] = mutants
    result.equivalent |= {("ex1", f"mutant {number}") for number in range(equivalent)}
    print_audit(result, [], plain=True)
    assert f"\nmutation score: {score} of {mutants} mutants" in capsys.readouterr().out
