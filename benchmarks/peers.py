"""The graders that `graders.py` compares: each gets the twelve checks in its own format.

Preparing a grader in its own folder (writing its tests, building its assignment) is not measured.
The benchmark measures the grading, with the commands that the grader's manual gives for a class, or
with one command per submission if it cannot grade a class.
"""

import hashlib
import json
import os
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import ClassVar

import twelve
from twelve import CHECKS, FILE, ROOT

MODULE = FILE.removesuffix(".py")


@dataclass(frozen=True)
class Command:
    """A command to run, its folder and its environment."""

    words: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]


class Grader:
    """One grader with the twelve checks in `folder`, run by the interpreter `python`."""

    name: ClassVar[str]
    # Where its packages are installed, below the cache folder.
    installed: ClassVar[str] = ""
    packages: ClassVar[tuple[str, ...]] = ()

    def __init__(self, folder: Path, python: Path) -> None:
        self.folder, self.python = folder, python

    def prepare(self, submissions: Mapping[str, str]) -> list[Command]:
        """Write checks and submissions (source by name); return the commands that grade them."""
        raise NotImplementedError

    def scores(self, submissions: Mapping[str, str]) -> dict[str, int]:
        """How many of the twelve checks each submission passed, from the grader's output."""
        raise NotImplementedError

    def write(self, place: str, text: str) -> Path:
        path = self.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def write_support(self, place: str) -> None:
        """Write what the tests import: inputs, probes, the reference, and how to compare."""
        for name, text in support().items():
            self.write(f"{place}/{name}", text)

    @property
    def environment(self) -> dict[str, str]:
        """No user settings, but the tools that come with the grader's own packages."""
        path = f"{self.python.parent}:{os.environ['PATH']}"
        return {"PATH": path, "LANG": "C.UTF-8", "HOME": str(self.folder)}

    def command(self, *words: str, folder: str = ".", **environment: str) -> Command:
        command = (str(self.python), *words)
        return Command(command, self.folder / folder, {**self.environment, **environment})

    def tool(self, *words: str) -> str:
        """Run a command unmeasured; return what it prints. Ends the program if it fails."""
        end = subprocess.run(
            [self.python, *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if end.returncode:
            raise SystemExit(f"{self.name}: {' '.join(words)} failed\n{end.stdout}{end.stderr}")
        return end.stdout


def support() -> dict[str, str]:
    return {
        "inputs.py": twelve.inputs(),
        "probes.py": twelve.probes(),
        "reference.py": twelve.reference(),
        "support.py": twelve.SUPPORT,
    }


class Unrolled(Grader):
    """This project: the twelve checks form a separate course."""

    name = "unrolled"
    KEPT = (
        *("grader.py", "grading", "checks/__init__.py", "checks/pytest.ini", "checks/inputs"),
        "checks/public/__init__.py",
    )
    HEAD = f"""
        from checks.inputs.ex1 import CELL_AXES, NET_AXES, cell_arrays, net_weights
        from grading.checking.check import check
        from grading.checking.compare import Tolerance, same

        MAPS = {{name: ("batch", "unit") for name in ("in_to_hidden", "hidden_to_out")}}
        FREE = dict.fromkeys(("forced", "free", "free_after_10"), NET_AXES["outputs"])
        AXES = {{"cell": CELL_AXES, "net": {{**NET_AXES, **MAPS, **FREE}}}}
        TOLERANCE = Tolerance({twelve.TOLERANCE}, {twelve.TOLERANCE})
        """

    def prepare(self, submissions: Mapping[str, str]) -> list[Command]:
        for part in self.KEPT:
            source, copy = ROOT / part, self.folder / "course" / part
            copy.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if source.is_dir() else shutil.copy2)(source, copy)
        tests = [
            f"@check(points=1)\ndef {one.name}(draw, both):\n"
            f'    """{one.title}"""\n'
            + "".join(
                f"    same(*both.{one.probe}(**{given}), AXES[{one.part!r}], tolerance=TOLERANCE)\n"
                for given in one.inputs
            )
            for one in CHECKS
        ]
        head = dedent(self.HEAD) + twelve.WITHOUT
        self.write("course/checks/public/ex1.py", "\n\n".join([head, *tests]))
        self.write("course/checks/probes/ex1.py", twelve.probes())
        self.write(f"course/reference/{FILE}", twelve.reference())
        plan = f'title = "Twelve"\n[exercises.ex1]\ntitle = "Twelve"\nfile = "{FILE}"\n'
        self.write("course/course.toml", plan)
        for name, source in submissions.items():
            self.write(f"class/{name}/{FILE}", source)
        # Run it once so that Python compiles it, as pip compiles the packages it installs.
        self.write(f"warm/student/{FILE}", twelve.reference())
        batch = ("course/grader.py", "batch", "--plain", "--out")
        self.tool(*batch, "warm/grades", "warm")
        return [self.command(*batch, "grades", "class")]

    def scores(self, submissions: Mapping[str, str]) -> dict[str, int]:
        lines = (self.folder / "grades" / "results.jsonl").read_text(encoding="utf-8").splitlines()
        reports = [json.loads(line) for line in lines]
        by_hash = {report["submission"]["sha256"]: int(report["score"]) for report in reports}
        return {
            name: by_hash[hashlib.sha256(source.encode()).hexdigest()]
            for name, source in submissions.items()
        }


class Pytest(Grader):
    """Plain pytest, one process per submission."""

    name = "pytest"
    installed = "pytest"
    packages = ("pytest==9.2.0",)
    CONFTEST = f"""
        import importlib.util, os, sys
        import pytest

        def load(path):
            spec = importlib.util.spec_from_file_location("{MODULE}", path)
            module = importlib.util.module_from_spec(spec)
            sys.modules[spec.name] = module
            spec.loader.exec_module(module)
            return module

        @pytest.fixture(scope="session", params=os.environ["SUBMISSIONS"].split(":"))
        def student(request):
            return load(f"class/{{request.param}}/{FILE}")
        """

    def prepare(self, submissions: Mapping[str, str]) -> list[Command]:
        self.write_support("tests")
        self.write("tests/conftest.py", dedent(self.CONFTEST))
        tests = [
            f'def test_{one.name}(student):\n    """{one.title}"""\n'
            + twelve.body(one, "student", indent=4)
            for one in CHECKS
        ]
        self.write("tests/test_ex1.py", "\n\n".join(["from support import *", *tests]))
        for name, source in submissions.items():
            self.write(f"class/{name}/{FILE}", source)
        return [
            self.command(
                "-m", "pytest", "-q", f"--junitxml={part[0]}.xml", SUBMISSIONS=":".join(part)
            )
            for part in self.parts(list(submissions))
        ]

    def parts(self, names: list[str]) -> list[list[str]]:
        """The submissions, in groups that are graded together."""
        return [[name] for name in names]

    def scores(self, submissions: Mapping[str, str]) -> dict[str, int]:
        found = dict.fromkeys(submissions, 0)
        for path in self.folder.glob("*.xml"):
            for case in ElementTree.parse(path).iter("testcase"):
                name = case.get("name", "").partition("[")[2].removesuffix("]")
                if name in found and len(case) == 0:
                    found[name] += 1
        return found


class PytestTogether(Pytest):
    """Plain pytest, all submissions in one process without isolation."""

    name = "pytest-one-process"

    def parts(self, names: list[str]) -> list[list[str]]:
        return [names]


class Gradescope(Grader):
    """gradescope-utils: unittest, one process per submission, as its autograder runs it."""

    name = "gradescope-utils"
    installed = "gradescope-utils"
    packages = ("gradescope-utils==0.5.0",)
    RUN = """
        import sys, unittest
        from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner
        suite = unittest.defaultTestLoader.discover("tests")
        with open(sys.argv[1], "w") as file:
            JSONTestRunner(visibility="visible", stream=file).run(suite)
        """

    def prepare(self, submissions: Mapping[str, str]) -> list[Command]:
        self.write_support("support")
        self.write("run_tests.py", dedent(self.RUN))
        tests = [
            f"    @weight(1)\n    def test_{one.name}(self):\n"
            f'        """{one.title}"""\n' + twelve.body(one, "student", indent=8)
            for one in CHECKS
        ]
        head = [
            "import unittest",
            f"import {MODULE} as student",
            "from gradescope_utils.autograder_utils.decorators import weight",
            "from support import *\n\n",
            "class Twelve(unittest.TestCase):",
        ]
        self.write("tests/test_ex1.py", "\n".join([*head, *tests]))
        for name, source in submissions.items():
            self.write(f"class/{name}/{FILE}", source)
        return [
            self.command("run_tests.py", f"{name}.json", PYTHONPATH=f"class/{name}:support")
            for name in submissions
        ]

    def scores(self, submissions: Mapping[str, str]) -> dict[str, int]:
        return {name: self._score(self.folder / f"{name}.json") for name in submissions}

    def _score(self, path: Path) -> int:
        tests = json.loads(path.read_text(encoding="utf-8") or "{}").get("tests", [])
        return round(sum(test.get("score", 0.0) for test in tests))


def notebook(cells: Sequence[object]) -> str:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel}
    document = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(document)


def cell(name: str, source: str, metadata: Mapping[str, object] | None = None) -> object:
    return {
        "cell_type": "code",
        "id": name.replace("_", "-"),
        "execution_count": None,
        "metadata": metadata or {},
        "outputs": [],
        "source": source,
    }


class Otter(Grader):
    """otter-grader without its containers, one process per submission: `otter run`."""

    name = "otter-grader"
    installed = "otter-grader"
    packages = ("otter-grader==7.0.0", "ipykernel")

    def prepare(self, submissions: Mapping[str, str]) -> list[Command]:
        self.write_support(".")
        for one in CHECKS:
            lines = [
                "import types",
                "from otter.test_files import test_case",
                "from support import *",
                "OK_FORMAT = False",
                f"name = {one.name!r}",
                "points = 1",
                "@test_case(points=1)",
                f"def test_{one.name}(env):",
                f'    """{one.title}"""',
                "    student = types.SimpleNamespace(**env)",
                twelve.body(one, "student", indent=4),
            ]
            self.write(f"tests/{one.name}.py", "\n".join(lines))
        files = list(support())
        without = ("--no-requirements", "--no-environment", "--no-config")
        generate = ("-m", "otter", "generate", "-t", "tests", "-o", "autograder.zip", *without)
        self.tool(*generate, *files)
        for name in files:  # the archive holds them
            (self.folder / name).unlink()
        for name, source in submissions.items():
            self.write(f"class/{name}/ex1.ipynb", notebook([cell("solution", source)]))
            (self.folder / "results" / name).mkdir(parents=True)
        words = ("-m", "otter", "run", "--no-logo", "-a", "autograder.zip")
        return [
            self.command(*words, "-o", f"results/{name}", f"class/{name}/ex1.ipynb")
            for name in submissions
        ]

    def scores(self, submissions: Mapping[str, str]) -> dict[str, int]:
        return {name: self._score(name) for name in submissions}

    def _score(self, name: str) -> int:
        path = self.folder / "results" / name / "results.json"
        if not path.exists():
            return 0
        tests = json.loads(path.read_text(encoding="utf-8"))["tests"]
        return round(sum(test.get("score", 0.0) for test in tests))


class Check50(Grader):
    """check50 with local checks: one process per submission, and one per check."""

    name = "check50"
    installed = "check50"
    packages = ("check50==3.5.0",)
    CONFIG = f"""
        check50:
          checks: __init__.py
          files:
            - !exclude "*"
            - !require {FILE}
        """
    HEAD = """
        import sys
        from pathlib import Path

        import check50
        import check50.py

        sys.path.insert(0, str(Path(__file__).parent))
        import support
        from support import *


        def agree(student, *arguments):
            try:
                support.agree(student, *arguments)
            except AssertionError as error:
                raise check50.Failure(str(error)) from error
        """

    def prepare(self, submissions: Mapping[str, str]) -> list[Command]:
        self.write_support("checks")
        self.write("checks/.cs50.yaml", dedent(self.CONFIG).lstrip())
        checks = [
            f'@check50.check()\ndef {one.name}():\n    """{one.title}"""\n'
            f'    student = check50.py.import_("{FILE}")\n' + twelve.body(one, "student", indent=4)
            for one in CHECKS
        ]
        self.write("checks/__init__.py", "\n\n".join([dedent(self.HEAD), *checks]))
        for name, source in submissions.items():
            self.write(f"class/{name}/{FILE}", source)
        words = ("-m", "check50", "--dev", "-o", "json", "--output-file")
        return [
            self.command(*words, f"../{name}.json", "../../checks", folder=f"class/{name}")
            for name in submissions
        ]

    def scores(self, submissions: Mapping[str, str]) -> dict[str, int]:
        return {name: self._score(self.folder / "class" / f"{name}.json") for name in submissions}

    def _score(self, path: Path) -> int:
        results = json.loads(path.read_text(encoding="utf-8")).get("results", [])
        return sum(result["passed"] is True for result in results)


class Nbgrader(Grader):
    """nbgrader: one command for the class, which runs one kernel per notebook."""

    name = "nbgrader"
    installed = "nbgrader"
    packages = ("nbgrader==0.9.6",)
    SCORES = """
        import json
        from nbgrader.api import Gradebook
        with Gradebook("sqlite:///gradebook.db") as book:
            found = book.assignment_submissions("ex1")
            print(json.dumps({one.student.id: one.score for one in found}))
        """

    def prepare(self, submissions: Mapping[str, str]) -> list[Command]:
        config = "c = get_config()\nc.CourseDirectory.course_id = 'twelve'\n"
        self.write("nbgrader_config.py", config)
        self.write_support("source/ex1")
        self.write("source/ex1/ex1.ipynb", self._notebook(twelve.reference()))
        self.tool("-m", "nbgrader", "generate_assignment", "ex1")
        for name, source in submissions.items():
            self.write_support(f"submitted/{name}/ex1")
            self.write(f"submitted/{name}/ex1/ex1.ipynb", self._notebook(source))
        return [self.command("-m", "nbgrader", "autograde", "ex1")]

    def _notebook(self, source: str) -> str:
        cells = [self._cell("solution", source, solution=True)]
        for one in CHECKS:
            lines = [
                f"# {one.title}",
                "import types",
                "from support import *",
                "student = types.SimpleNamespace(**globals())",
                twelve.body(one, "student", indent=0),
            ]
            cells.append(self._cell(one.name, "\n".join(lines), points=1))
        return notebook(cells)

    def _cell(self, name: str, source: str, points: int = 0, solution: bool = False) -> object:
        own = {
            "grade": not solution,
            "solution": solution,
            "locked": not solution,
            "task": False,
            "grade_id": name,
            "schema_version": 3,
            **({} if solution else {"points": points}),
        }
        return cell(name, source, {"nbgrader": own})

    def scores(self, submissions: Mapping[str, str]) -> dict[str, int]:
        given = json.loads(self.tool("-c", dedent(self.SCORES)).splitlines()[-1])
        return {name: round(given.get(name, 0)) for name in submissions}


GRADERS: tuple[type[Grader], ...] = (
    *(Unrolled, PytestTogether, Pytest, Gradescope, Otter, Check50, Nbgrader),
)
