"""A cluster: what a worker must have in common with the host, and who may connect."""

import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from distributed import LocalCluster, Security

from grading.course.syllabus import ROOT, Exercise
from grading.errors import UsageError
from grading.fleet import connection
from grading.fleet.cluster import Cluster
from grading.fleet.cluster_worker import differences
from grading.fleet.connection import TlsFiles, is_open
from grading.fleet.fleet import Lost
from grading.judging import fingerprint
from grading.judging.fingerprint import loaded, on_disk
from grading.judging.grader import Grader
from grading.sandbox.rungs import Rung
from tests.support.patience import PATIENCE

thread_timeout = pytest.mark.timeout(240, method="thread")


def slow_square(grader: Grader, item: int) -> int:
    time.sleep(0.1)
    return item * item


def of_reference(grader: Grader, exercise: Exercise) -> str:
    return grader.why_not(exercise, seed=1)


@contextmanager
def in_this_process(security: Security | None = None) -> Iterator[str]:
    """The address of a scheduler on loopback; its only worker is a thread of this process."""
    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        protocol="tls" if security else "tcp",
        security=security,
        host="127.0.0.1",
        dashboard_address=None,
    ) as started:
        yield started.scheduler_address


@contextmanager
def worker(address: str, course: Path) -> Iterator[None]:
    """A worker process whose engine lies in another place."""
    command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--no-dashboard"]
    process = subprocess.Popen(
        [*command, "--no-nanny", "--nthreads", "1"],
        cwd=course,
        env={**os.environ, "PYTHONPATH": str(course), "PYTHONSAFEPATH": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.kill()
        process.wait(PATIENCE)


def test_a_worker_compares_itself_with_the_host(
    toy: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, exercises = asdict(on_disk([toy])), pickle.dumps((toy,))
    assert differences(host, exercises) == []
    assert differences({**host, "engine": "0"}, exercises) == ["engine"]
    # Another engine might read other things into what was pickled.
    assert differences({**host, "engine": "0"}, b"?") == ["engine"]
    older = {**host["versions"], "torch": "2.0.0"}
    (line,) = differences({**host, "versions": older}, exercises)
    assert line.startswith("torch ")
    assert line.endswith("instead of 2.0.0")
    with monkeypatch.context() as patch:
        before = replace(loaded(), engine="0")
        patch.setattr(fingerprint, "loaded", lambda: before)
        assert differences(host, exercises) == [
            "engine",
            "its process was started before an update: restart it",
        ]
    toy.probe_library.write_text("HALF = 0.5\n", encoding="utf-8")
    assert differences(host, exercises) == ["checks of toy"]


@thread_timeout
def test_where_no_worker_is_fit_nothing_is_graded(
    toy: Exercise, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("grading.fleet.cluster.GRACE_SECONDS", 0.1)
    with in_this_process() as address, Cluster(address, Rung.PROCESS, "cpu", [toy]) as cluster:
        assert list(cluster.run(of_reference, [toy])) == [(toy, "")]
        # The same worker, once somebody has edited what the probes share.
        toy.probe_library.write_text("HALF = 0.5\n", encoding="utf-8")
        outcomes = list(cluster.run(slow_square, range(3)))
        assert sorted(item for item, _ in outcomes) == [0, 1, 2]
        (why,) = {result.why if isinstance(result, Lost) else "" for _, result in outcomes}
    assert "grades nothing, as it differs from this machine: checks of toy" in why
    assert capsys.readouterr().err.splitlines() == [f"grader: {why}"]


@thread_timeout
def test_items_of_workers_that_differ_go_to_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("grading.fleet.cluster.LOOK_SECONDS", 0.5)
    monkeypatch.setattr("grading.fleet.cluster.GRACE_SECONDS", PATIENCE)
    other, broken = tmp_path / "other", tmp_path / "broken"
    unused = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "grading", other / "grading", ignore=unused)
    with (other / "grading" / "checking" / "compare.py").open("a") as file:
        file.write("# another tolerance\n")
    (broken / "grading").mkdir(parents=True)
    (broken / "grading" / "__init__.py").write_text("raise ImportError('half an update')\n")
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as started,
        worker(started.scheduler_address, other),
        worker(started.scheduler_address, broken),
        Cluster(started.scheduler_address, Rung.PROCESS, "cpu") as cluster,
    ):
        started.wait_for_workers(3, timeout=PATIENCE)
        found: dict[int, object] = {}
        for item, result in cluster.run(slow_square, range(12)):
            if len(found) == 4:
                # The only one that is fit; its nanny starts another at another address.
                os.kill(started.workers[0].pid, signal.SIGKILL)
            found[item] = result
    assert found == {n: n * n for n in range(12)}
    lines = sorted(capsys.readouterr().err.splitlines(), key=len)
    assert len(lines) == 2
    assert lines[0].endswith("grades nothing, as it differs from this machine: engine")
    assert lines[1].endswith("it cannot be compared (ImportError: half an update)")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("tcp://10.0.0.1:8786", True),
        ("10.0.0.1:8786", True),
        ("tcp://scheduler.example:8786", True),
        ("ws://10.0.0.1:8786", True),
        ("tcp://[2001:db8::1]:8786", True),
        ("tls://10.0.0.1:8786", False),
        ("tcp://127.0.0.1:8786", False),
        ("127.0.0.2:8786", False),
        ("tcp://[::1]:8786", False),
        ("tcp://localhost:8786", False),
    ],
)
def test_a_scheduler_without_tls_is_open_unless_it_is_on_this_machine(
    address: str, expected: bool
) -> None:
    assert is_open(address) is expected


@thread_timeout
def test_an_open_scheduler_is_one_line_of_warning(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(connection, "is_open", lambda address: True)
    with in_this_process() as address:
        connection.connect(address).close()  # type: ignore[no-untyped-call]
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"grader: anybody who reaches {address} can run programs on the workers")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TlsFiles]:
    """Two certificates that each are their own CA."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("certificates are made with the program openssl, which is not here")
    folder = tmp_path_factory.mktemp("certificates")
    made = {}
    for name in ("ours", "theirs"):
        certificate, key = folder / f"{name}.pem", folder / f"{name}-key.pem"
        command = [program, "req", "-x509", "-newkey", "ec", "-pkeyopt"]
        command += ["ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}"]
        command += ["-keyout", str(key), "-out", str(certificate)]
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
        made[name] = TlsFiles(certificate, certificate, key)
    return made


@pytest.fixture
def encrypted(certificates: dict[str, TlsFiles]) -> Iterator[str]:
    """The address of a scheduler that accepts our certificate only."""
    ours = certificates["ours"]
    certificate, key = str(ours.certificate), str(ours.key)
    roles = {f"tls_{role}_cert": certificate for role in ("client", "scheduler", "worker")}
    roles |= {f"tls_{role}_key": key for role in ("client", "scheduler", "worker")}
    security = Security(require_encryption=True, tls_ca_file=str(ours.ca), **roles)
    with in_this_process(security) as address:
        yield address


@thread_timeout
def test_an_exercise_is_graded_over_tls(
    encrypted: str,
    certificates: dict[str, TlsFiles],
    toy: Exercise,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert encrypted.startswith("tls://127.0.0.1:")
    with Cluster(encrypted, Rung.PROCESS, "cpu", [toy], certificates["ours"]) as cluster:
        assert list(cluster.run(of_reference, [toy])) == [(toy, "")]
    assert capsys.readouterr().err == ""


@thread_timeout
def test_who_has_not_the_right_certificate_is_refused_in_one_line(
    encrypted: str, certificates: dict[str, TlsFiles], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 1)
    ours, theirs = certificates["ours"], certificates["theirs"]
    open_address = encrypted.replace("tls://", "tcp://")
    for address, files, said in (
        (encrypted, theirs, "no scheduler answers there, or it refuses this certificate"),
        (encrypted, replace(theirs, ca=ours.ca), "it refuses this certificate"),
        (encrypted, TlsFiles(), "needs --tls-ca-file, --tls-cert and --tls-key"),
        (encrypted, replace(ours, key=theirs.key), "certificates cannot be read"),
        (encrypted, replace(ours, ca=ours.key), "certificates cannot be read"),
        (open_address, ours, "--tls-... files need an address tls://HOST:PORT"),
        (open_address, TlsFiles(), "no scheduler answers there"),
    ):
        with pytest.raises(UsageError, match=said) as caught:
            Cluster(address, Rung.PROCESS, "cpu", tls=files)
        assert str(caught.value).startswith(f"--cluster {address}")
        assert len(str(caught.value).splitlines()) == 1
