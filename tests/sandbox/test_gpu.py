"""Workers see the GPUs of a machine only where they are to compute on one."""

import numpy as np
import pytest

from grading.checking.respondents import compiled
from grading.errors import UsageError
from grading.judging.grader import ON_CUDA, Grader
from grading.sandbox import gpu, rungs
from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits
from grading.sandbox.processes import zygote_on
from grading.sandbox.rungs import Rung

OFFERED = [rung for rung in Rung if not rungs.why_not(rung)]
PROBE = """
import os

def sees(module):
    shown = os.environ.get("CUDA_VISIBLE_DEVICES", "unset")
    return {"hidden": shown == "", "third": shown == "3", "all": shown == "unset"}
"""


@pytest.fixture(autouse=True)
def _no_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


@pytest.fixture(params=OFFERED)
def rung(request: pytest.FixtureRequest) -> Rung:
    found: Rung = request.param
    return found


@pytest.fixture
def a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has the device files of a GPU, and no GPU."""
    monkeypatch.setattr(gpu, "nodes", lambda: ["/dev/nvidiactl", "/dev/nvidia0"])


def seen(rung: Rung, limits: Limits) -> list[str]:
    """What a worker says of the GPUs that it is shown."""
    with Sandbox(zygote_on(rung)) as sandbox:
        worker = sandbox.start(limits)
        meta = {"do": "load", "name": "nothing", "filename": "nothing.py", "device": "cpu"}
        worker.send(meta, {"source": np.zeros(0, np.uint8), "probes": compiled(PROBE)}, 60.0)
        assert worker.receive().meta["ok"]
        worker.send({"do": "run", "probe": "sees", "seed": 0, "values": {}}, {}, 60.0)
        answer = worker.receive().arrays
        worker.kill()
    return [name for name, array in answer.items() if array]


def test_a_worker_for_the_cpu_is_shown_no_gpu(rung: Rung) -> None:
    assert seen(rung, Limits()) == ["hidden"]


def test_a_worker_for_cuda_is_shown_those_that_its_user_may_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert seen(Rung.PROCESS, ON_CUDA) == ["all"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    assert seen(Rung.PROCESS, ON_CUDA) == ["third"]


@pytest.mark.usefixtures("a_gpu")
def test_no_walls_let_a_worker_reach_a_gpu(rung: Rung) -> None:
    assert not [path for path in rungs.walls(rung, "/box")["devices"] if "nvidia" in path]


@pytest.mark.usefixtures("a_gpu")
def test_auto_is_the_cpu_where_no_worker_can_compute_on_a_gpu(rung: Rung) -> None:
    with Grader(rung, zygote_on(rung), "auto") as grader:
        grader.choose_device()
        assert (grader.device, grader.limits) == ("cpu", Limits())


@pytest.mark.usefixtures("a_gpu")
def test_cuda_says_why_not_and_what_to_do(rung: Rung) -> None:
    with Grader(rung, zygote_on(rung), "cuda") as grader, pytest.raises(UsageError) as refusal:
        grader.choose_device()
    said = str(refusal.value)
    if rung is Rung.PROCESS:
        assert said.startswith("--device cuda: a worker cannot compute on the GPU here, so use")
    else:
        assert said.startswith(f"--device cuda: workers see no GPU on isolation {rung}: use")
        assert said.endswith("or for your own work --isolation process")
