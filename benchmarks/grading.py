"""What grading exercise 1 costs beyond the computation that its checks ask for.

    python benchmarks/grading.py [--runs N] [--json PATH]

It compares medians from one run: importing torch; the checks' bare computation (every probe of one
grading, in a plain process without sandbox or pytest, in CPU seconds); a cold
`python grader.py ex1` on the reference; a second grading in a warm process; and the time from
asking for a worker to its first answer. CPU seconds are measured on one core: where student and
reference compute at the same time on two threads of a core, each takes more CPU seconds.
"""

import argparse
import json
import os
import pickle
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np

from grading.checking.respondents import compiled
from grading.course import syllabus
from grading.judging.answers import LiveAnswers
from grading.judging.grader import Grader
from grading.judging.plan import Plan
from grading.sandbox import rungs
from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits
from grading.sandbox.processes import Zygote
from grading.submission.file import read

# Runs in its own process, with one thread and torch already imported when the clock starts.
BARE = """
import pickle, sys, time
import torch
torch.set_num_threads(1)
sys.path.insert(0, sys.argv[1])
from grading.sandbox.worker import serve
module_text, probes_text, questions = pickle.load(sys.stdin.buffer)
layer = torch.nn.Linear(2, 2)
torch.autograd.grad(layer(torch.ones(1, 2)).sum(), list(layer.parameters()))
began = time.process_time()
module = serve.load_source("module", "module.py", module_text)
probes = serve.load_source("probes", "probes.py", probes_text)
for probe, inputs, seed in questions:
    serve.seed_everything(seed)
    given = {n: torch.from_numpy(v) if hasattr(v, "dtype") else v for n, v in inputs.items()}
    try:
        getattr(probes, probe)(module, **given)
    except ValueError:
        pass  # one check asks for exactly that
print(time.process_time() - began)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    exercise = syllabus.load(syllabus.ROOT).exercise("ex1")
    questions, both = record_questions(exercise)
    texts = exercise.reference.read_text(), exercise.probes.read_text()
    figures = {
        "import torch, wall s": repeat(options.runs, import_torch),
        "bare computation, CPU s": repeat(
            options.runs,
            lambda: on_one_core(bare, texts, questions) + on_one_core(bare, texts, both),
        ),
        "cold grading, wall s": repeat(options.runs, cold_grading),
        "second grading, CPU s": repeat(
            options.runs, lambda: on_one_core(second_grading, exercise)
        ),
        "worker to first answer, wall ms": worker_start(20),
    }
    medians = {name: statistics.median(values) for name, values in figures.items()}
    for name, values in figures.items():
        print(f"{name:34} {medians[name]:8.3f}   min {min(values):.3f}   max {max(values):.3f}")
    allowed = medians["import torch, wall s"] + medians["bare computation, CPU s"] + 0.5
    ratio = medians["second grading, CPU s"] / medians["bare computation, CPU s"]
    cold = medians["cold grading, wall s"] / allowed
    print(f"cold grading against import + bare + 0.5 s: {cold:.2f}")
    print(f"second grading against bare computation:    {ratio:.2f}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def repeat(runs: int, measure: Callable[[], float]) -> list[float]:
    return [measure() for _ in range(runs)]


def on_one_core(measure: Callable[..., float], *arguments: Any) -> float:
    """Call `measure` while this process and every process that it starts have one core."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        return measure(*arguments)
    finally:
        os.sched_setaffinity(0, cores)


def record_questions(exercise: syllabus.Exercise) -> tuple[list[Any], list[Any]]:
    """The questions of one grading: (all, put to the student; those the reference got as well)."""
    work = read(exercise.reference, exercise.file)
    with (
        Grader(rungs.best(), Zygote(rungs.best())) as grader,
        grader.session(exercise, work, Plan(seed=1)) as session,
    ):
        grader.judge(session)
        asked = [one.question for some in session.interview.asked.values() for one in some]
        answers = grader.answers[exercise.id]
        assert isinstance(answers, LiveAnswers), "this is the course, and not an edition of it"
        to_reference = [question for question in asked if question.key in answers.answered]
    plain = [[(q.probe, dict(q.inputs), q.seed) for q in part] for part in (asked, to_reference)]
    return plain[0], plain[1]


def import_torch() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import torch"], check=True)
    return time.perf_counter() - began


def bare(texts: tuple[str, str], questions: list[Any]) -> float:
    result = subprocess.run(
        [sys.executable, "-c", BARE, str(ROOT)],
        input=pickle.dumps((*texts, questions)),
        capture_output=True,
        check=True,
    )
    return float(result.stdout)


def cold_grading() -> float:
    began = time.perf_counter()
    command = [sys.executable, "grader.py", "ex1", "--submission", "reference", "--seed", "1"]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    return time.perf_counter() - began


def second_grading(exercise: syllabus.Exercise) -> float:
    """CPU seconds of grader and workers; the reference computes its answers again."""
    with Grader(rungs.best(), Zygote(rungs.best())) as grader:
        work = read(exercise.reference, exercise.file)
        grader.grade(exercise, work, Plan(seed=2))
        grader.answers[exercise.id].close()
        used = grader.sandbox.usage.cpu_seconds
        own = resource.getrusage(resource.RUSAGE_SELF)
        grader.grade(exercise, work, Plan(seed=1))
        after = resource.getrusage(resource.RUSAGE_SELF)
        grader.answers[exercise.id].close()
        grader_seconds = after.ru_utime + after.ru_stime - own.ru_utime - own.ru_stime
        return grader_seconds + grader.sandbox.usage.cpu_seconds - used


def worker_start(runs: int) -> list[float]:
    """Milliseconds from asking for a worker to its first answer."""
    source = np.frombuffer(b"import torch\ndef answer(x): return x + 1\n", np.uint8)
    probes = compiled("def call(m, x): return {'y': m.answer(x)}\n")
    times = []
    with Sandbox(Zygote(rungs.best())) as sandbox:
        sandbox.start(Limits()).kill()
        for _ in range(runs):
            began = time.perf_counter()
            worker = sandbox.start(Limits())
            load = {"do": "load", "name": "m", "filename": "m.py", "device": "cpu"}
            worker.send(load, {"source": source, "probes": probes}, 10)
            worker.receive()
            run = {"do": "run", "probe": "call", "values": {}, "seed": 1}
            worker.send(run, {"x": np.ones(3, np.float32)}, 10)
            worker.receive()
            times.append(1000 * (time.perf_counter() - began))
            worker.kill()
    return times


if __name__ == "__main__":
    main()
