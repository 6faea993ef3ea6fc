"""Measure what training checks judge, for the reference and for known mistakes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from grading.checking import suites
from grading.checking.check import Measure
from grading.checking.compare import Mismatch
from grading.checking.draw import Draw, seed_of
from grading.checking.interview import Alone
from grading.checking.respondents import StudentFault
from grading.course import misconceptions, thresholds
from grading.course.syllabus import Exercise
from grading.course.thresholds import Calibration
from grading.errors import GraderError, UsageError
from grading.files import require_own_copy
from grading.judging.grader import Grader
from grading.judging.plan import Plan
from grading.submission.file import from_bytes

# For each measurement, so that a slow one gives a value too.
CPU_SECONDS = 300.0
# It gets every measurement: check, variant, number and value.
OnValue = Callable[[str, str, int, float], None]


def calibrate(
    grader: Grader,
    exercise: Exercise,
    seeds: int,
    on_value: OnValue,
    only: Sequence[str] = (),
) -> dict[str, Calibration]:
    """Measure each check `seeds` times per variant (or those in `only`), on the grader's device.

    The values are saved after each variant, so an interruption loses at most one variant.
    Raises UsageError if the exercise has nothing to calibrate, a check has no bounds yet, or
    nothing can be saved.
    """
    known = thresholds.load(exercise.thresholds)
    measures = suites.measures(exercise)
    if not measures:
        raise UsageError(f"{exercise.id} has no check that trains something")
    if missing := [check for check in measures if not known.get(check)]:
        raise UsageError(f"{exercise.thresholds} has no bounds for {missing[0]}: add them first")
    require_own_copy(exercise.thresholds)
    grader.choose_device()
    calibrations: dict[str, Calibration] = {}
    for check, measure in measures.items():
        old = known[check].get(grader.device) or replace(known[check]["cpu"], right=(), wrong={})
        names = [name for part in known[check].values() for name in part.wrong]
        known_variants = ["reference", *dict.fromkeys(names)]
        for variant in [variant for variant in known_variants if not only or variant in only]:
            values = list(_values(grader, exercise, check, measure, variant, seeds, on_value))
            if variant == "reference":
                old = replace(old, right=values)
            else:
                old = replace(old, wrong={**old.wrong, variant: values})
            known[check][grader.device] = calibrations[check] = old
            thresholds.save(exercise.thresholds, known)
    return calibrations


def _values(
    grader: Grader,
    exercise: Exercise,
    check: str,
    measure: Measure,
    variant: str,
    seeds: int,
    on_value: OnValue,
) -> Iterator[float]:
    """The values of one variant, each on newly drawn inputs and in a new worker.

    Raises GraderError if the reference has no value, because it failed for another reason.
    """
    source = exercise.reference.read_text(encoding="utf-8")
    if variant != "reference":
        listed = {mistake.name: mistake for mistake in misconceptions.load(exercise.misconceptions)}
        source = listed[variant].made_in(source)
    work = from_bytes(source.encode(), exercise.file)
    for number in range(seeds):
        with grader.session(exercise, work, Plan(seed=0)) as session:
            session.interview.limit(CPU_SECONDS, number)
            draw = Draw(seed_of(exercise.id, f"calibrate {check}", number))
            try:
                value = measure(draw, Alone(session.interview))
            except (StudentFault, Mismatch) as fault:
                if variant == "reference":
                    raise GraderError(
                        f"seed {number}: the reference has no value: {fault}"
                    ) from fault
                continue  # it fails for another reason, and has no value to compare
        on_value(check, variant, number, value)
        yield value
