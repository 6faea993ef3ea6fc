"""A pull request is graded by what it cannot change, and says nothing that a runner obeys.

`Runner` plays the part of GitHub's: it reads the workflow and the action as they are, fills in
expressions from an event, and runs their scripts. Python and the packages are already here, so the
steps that would install them are left out.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from grading.course.syllabus import ROOT, Course, Exercise
from grading.pull_request import changes as requests
from grading.pull_request import github
from grading.pull_request.changes import Objects, PullRequest, Work
from grading.release.proofs import install
from grading.report import CheckResult, Report, Status
from grading.sandbox import rungs
from tests.support.editions import copy_course
from tests.support.patience import PATIENCE
from tests.support.reports import check as made_up_check

WORKFLOWS = ROOT / ".github" / "workflows"
ACTION = ROOT / ".github" / "actions" / "grade" / "action.yml"
IDENTITY = "ex4"
FILE = "exercises/ex4_interpretability.py"
# A branch, a title and files whose names are commands to a shell, a runner, or a page.
BRANCH = "$(touch${IFS}pwned);`id`\"'&&::error::x"
TITLE = "'; touch pwned #\n::set-output name=x::y ${{ secrets.KEY }} `touch pwned`"
NAMES = ("::error::named\n", "a|b`<img src=x onerror=alert(1)>.md", "$(touch pwned)", "[x](y)@all")
LOUD = """
import os, sys
print("\\n::error file=grader.py::from the submission")
print("::add-mask::points\\n##[error]old style\\r::warning::after a return")
print("variables:", sorted(name for name in os.environ if name.startswith(("GITHUB", "RUNNER"))))
sys.stderr.write("::stop-commands::mine\\n::mine::\\n")
"""


class Runner:
    """Runs the steps of the reusable workflow for one event, in a workspace of its own."""

    def __init__(self, workspace: Path, server: Path, event: dict[str, Any]) -> None:
        self.workspace, self.server, self.event = workspace, server, event
        self.summary = workspace / "summary.md"
        self.log = ""
        (workspace / "bin").mkdir(parents=True)
        self.asked = workspace / "sudo.log"
        fake = workspace / "bin" / "sudo"
        fake.write_text(f'#!/bin/sh\necho "$@" >>{self.asked}\nexit 1\n')
        fake.chmod(0o755)

    def run(self) -> int:
        """The exit code of the job."""
        caller = load(WORKFLOWS / "pull-request.yml")["jobs"]["grade"]
        assert caller["uses"] == "./.github/workflows/grade.yml"
        inputs = {name: self.filled(value) for name, value in caller["with"].items()}
        for step in load(WORKFLOWS / "grade.yml")["jobs"]["grade"]["steps"]:
            code = self.step(step, inputs)
            if code != 0:
                return code
        return 0

    def step(self, step: dict[str, Any], inputs: dict[str, str]) -> int:
        uses = step.get("uses", "")
        if uses.startswith("actions/checkout@"):
            assert self.filled(step["with"]["ref"], inputs) == "main"
            repository = self.server / self.event["repository"]["full_name"]
            git(self.workspace, "clone", "-q", str(repository), step["with"]["path"])
        elif uses == "./course/.github/actions/grade":
            inputs = {name: self.filled(value, inputs) for name, value in step["with"].items()}
            for inner in load(self.workspace / "course/.github/actions/grade/action.yml")["runs"][
                "steps"
            ]:
                if (code := self.step(inner, inputs)) != 0:
                    return code
        elif step.get("name") == "Install the grader":
            install(self.workspace / inputs["course"], literally=False)
        elif "run" in step:
            return self.script(step, inputs)
        else:
            assert uses.startswith("actions/setup-python@")
        return 0

    def script(self, step: dict[str, Any], inputs: dict[str, str]) -> int:
        assert "${{" not in step["run"], "an event must not become part of a script"
        variables = {name: self.filled(text, inputs) for name, text in step.get("env", {}).items()}
        result = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.workspace,
            env={
                **os.environ,
                **variables,
                "PATH": f"{self.workspace / 'bin'}:{os.environ['PATH']}",
                "GITHUB_STEP_SUMMARY": str(self.summary),
                "GITHUB_ENV": str(self.workspace / "env"),
                "GITHUB_EVENT_PATH": str(self.workspace / "event.json"),
                "RUNNER_TEMP": str(self.workspace),
            },
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        self.log += result.stdout + result.stderr
        return result.returncode

    def filled(self, text: object, inputs: dict[str, str] | None = None) -> str:
        """`text` with its expressions replaced by their values."""
        return re.sub(
            r"\$\{\{ (.+?) \}\}", lambda match: self.value(match[1], inputs or {}), str(text)
        )

    def value(self, expression: str, inputs: dict[str, str]) -> str:
        for choice in expression.split(" || "):
            values = [self.term(term, inputs) for term in choice.split(" && ")]
            if all(values):
                return values[-1]
        return ""

    def term(self, term: str, inputs: dict[str, str]) -> str:
        if term.startswith("'"):
            return term.strip("'")
        if " == " in term:
            left, right = (self.term(one, inputs) for one in term.split(" == "))
            return "true" if left == right else ""
        known = {
            "github.repository": self.event["repository"]["full_name"],
            "github.server_url": f"file://{self.server}",
            "github.token": "",
        }
        if term.startswith("inputs."):
            return inputs.get(term.removeprefix("inputs."), "")
        if term in known:
            return str(known[term])
        value: Any = self.event
        assert term.startswith("github.event."), term
        for name in term.removeprefix("github.event.").split("."):
            value = value[name]
        return str(value)


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=someone", "-c", "user.email=someone@example.org")
    done = subprocess.run(
        ["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@dataclass
class Server:
    """A repository with the course on its default branch, and pull requests to it."""

    root: Path
    course: Course
    number: int = 0
    numbers: list[int] = field(default_factory=list)

    @property
    def repository(self) -> Path:
        return self.root / "someone" / "course"

    @property
    def exercise(self) -> Exercise:
        return self.course.exercise(IDENTITY)

    def request(self, work: Path) -> int:
        """Make what lies in the work tree `work` a pull request; its number."""
        self.number += 1
        git(work, "add", "-A", "-f")
        git(work, "commit", "-q", "-m", TITLE)
        git(work, "push", "-q", str(self.repository), f"HEAD:refs/pull/{self.number}/head")
        return self.number

    def event(self, number: int) -> dict[str, Any]:
        fork = {"full_name": "stranger/course", "fork": True}
        return {
            "number": number,
            "repository": {"full_name": "someone/course", "default_branch": "main"},
            "pull_request": {
                "number": number,
                "title": TITLE,
                "body": TITLE,
                "head": {"ref": BRANCH, "repo": fork},
            },
        }


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    root = tmp_path_factory.mktemp("server")
    repository = root / "someone" / "course"
    plan = copy_course(repository, IDENTITY, mistakes=2)
    git(repository, "init", "-q", "-b", "main")
    git(repository, "add", "-A", "-f")
    git(repository, "commit", "-q", "-m", "The course")
    git(repository, "config", "receive.denyCurrentBranch", "ignore")
    return Server(root, plan)


@pytest.fixture
def work(server: Server, tmp_path: Path) -> Path:
    """A clone of the course, on a branch of its own."""
    folder = tmp_path / "work"
    git(tmp_path, "clone", "-q", str(server.repository), str(folder))
    git(folder, "checkout", "-q", "-b", BRANCH.replace("::", "--"))
    return folder


@pytest.fixture
def objects(server: Server, tmp_path: Path) -> Path:
    """An empty repository to fetch into."""
    git(tmp_path, "init", "-q", "--bare", "objects.git")
    return tmp_path / "objects.git"


def fetched(server: Server, objects: Path, number: int) -> PullRequest:
    git(
        *(objects, "fetch", "-q", str(server.repository)),
        *("+HEAD:refs/heads/base", f"+refs/pull/{number}/head:refs/heads/head"),
    )
    return requests.read(server.course, Objects(objects))


needs_isolation = pytest.mark.skipif(
    not rungs.best().fit_for_strangers, reason="this machine has no isolation for strangers' code"
)


# --- the workflow ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        ("vendor.github-workflows", sorted(WORKFLOWS.glob("*.yml"))),
        ("vendor.github-actions", [ACTION]),
    ],
)
def test_workflows_and_action_have_the_published_shape(schema: str, paths: list[Path]) -> None:
    assert paths
    validate(schema, *paths)


def validate(schema: str, *paths: Path) -> None:
    program = Path(sys.executable).with_name("check-jsonschema")
    result = subprocess.run(
        [program, "--builtin-schema", schema, *map(str, paths)], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout


def test_a_pull_request_gets_no_secret_no_write_token_and_no_say() -> None:
    caller, called = (load(WORKFLOWS / name) for name in ("pull-request.yml", "grade.yml"))
    # YAML reads the key `on` as true.
    assert set(caller[True]) == {"pull_request_target", "workflow_dispatch"}
    for workflow in (caller, called):
        assert workflow["permissions"] == {"contents": "read"}
        text = json.dumps(workflow, default=str)
        assert "secrets" not in text
        assert "cache" not in text
    assert caller["jobs"]["grade"]["permissions"] == {"contents": "read"}
    assert caller["concurrency"]["cancel-in-progress"] is True
    job = called["jobs"]["grade"]
    assert job["timeout-minutes"] <= 60
    checkouts = [step for step in job["steps"] if "checkout" in step.get("uses", "")]
    assert [step["with"]["persist-credentials"] for step in checkouts] == [False]
    assert [step["with"]["ref"] for step in checkouts] == [
        "${{ github.event.repository.default_branch }}"
    ]
    used = [
        step["uses"] for step in [*job["steps"], *load(ACTION)["runs"]["steps"]] if "uses" in step
    ]
    strangers = [name for name in used if not name.startswith("./")]
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", name) for name in strangers)


@needs_isolation
def test_a_hostile_pull_request_is_graded_and_changes_nothing(
    server: Server, work: Path, tmp_path: Path
) -> None:
    solution = server.exercise.reference.read_text()
    (work / FILE).write_text(solution.replace("from torch", f"{LOUD}\nfrom torch", 1))
    (work / "grader.py").write_text("print('100 of 100 points')\n")
    (work / "checks" / "public" / "ex4.py").write_text("")
    shutil.rmtree(work / "checks" / "hidden")
    (work / ".github" / "workflows" / "pull-request.yml").write_text("on: push\njobs: {}\n")
    (work / ".github" / "actions" / "grade" / "action.yml").write_text("touch pwned")
    for name in NAMES:
        (work / name).write_text("x")
    (work / "sitecustomize.py").write_text("raise SystemExit(0)\n")
    (work / ".gitattributes").write_text("* filter=evil\n")
    runner = Runner(tmp_path / "workspace", server.root, server.event(server.request(work)))
    assert runner.run() == 0, runner.log
    page = runner.summary.read_text()
    assert "ex4 Interpretability: **100 of 100 points**" in page
    assert "variables: []" in runner.log
    obeyed = list(commands(runner.log))
    assert [line.split(" ")[0] for line in obeyed] == ["::warning"]
    assert "grader.py" in obeyed[0]
    for changed in ("grader.py", "checks/public/ex4.py", ".github/workflows/pull"):
        assert changed in page.replace("&#45;", "-").replace("&#95;", "_")
    assert "Changed, but without effect" in page
    assert not re.search(r"<img|\[x\]\(y\)|\$\(|::error", page)
    assert not list(tmp_path.rglob("pwned"))
    assert "kernel.apparmor_restrict_unprivileged_userns=0" in runner.asked.read_text()
    assert "bubblewrap could not be installed" in runner.log


@needs_isolation
def test_mistakes_are_marked_on_their_lines(server: Server, work: Path, tmp_path: Path) -> None:
    lines = server.exercise.stub.read_text().splitlines()
    gap = next(n for n, line in enumerate(lines) if "NotImplementedError" in line and n > 20)
    indent = lines[gap][: len(lines[gap]) - len(lines[gap].lstrip())]
    lines[gap] = f"{indent}return {{}}['100%, a: b\\n::error::c']"
    (work / FILE).write_text("\n".join(lines) + "\n")
    runner = Runner(tmp_path / "workspace", server.root, server.event(server.request(work)))
    assert runner.run() == 1, runner.log
    errors = [line for line in commands(runner.log) if line.startswith("::error ")]
    assert len(errors) == 1
    assert f"file={FILE},line={gap + 1},title=" in errors[0]
    assert "KeyError" in errors[0]
    assert "100%25" in errors[0]
    page = runner.summary.read_text()
    assert "| failed | 0/12 |" in page
    assert f"line {gap + 1}, in gate_activations" in page.replace("&#95;", "_")


def commands(log: str) -> Iterator[str]:
    """The lines that GitHub's runner would obey: it looks at each line, unless told to stop."""
    stopped = ""
    for line in log.splitlines():
        text = line.strip()
        if stopped:
            stopped = "" if text == f"::{stopped}::" else stopped
        elif match := re.fullmatch(r"::stop-commands::(\w+)", text):
            stopped = match[1]
        elif text.startswith("::") or "##[" in text:
            yield text


# --- what is read ----------------------------------------------------------------------------


def test_only_the_exercises_that_changed_are_graded(
    server: Server, work: Path, objects: Path
) -> None:
    (work / "README.md").write_text("better")
    (work / "new.txt").write_text("new")
    request = fetched(server, objects, server.request(work))
    assert request == PullRequest([], protected=["README.md"], others=["new.txt"])
    page = github.summary(request, "landlock")
    assert "changes no exercise" in page


def test_what_the_default_branch_gained_since_is_no_change(
    server: Server, work: Path, objects: Path
) -> None:
    (work / FILE).write_text("x = 1\n")
    number = server.request(work)
    (server.repository / "later.md").write_text("later")
    git(server.repository, "add", "later.md")
    git(server.repository, "commit", "-q", "-m", "Later")
    request = fetched(server, objects, number)
    assert [one.path for one in request.works] == [FILE]
    assert (list(request.protected), list(request.others)) == ([], [])


def test_what_the_environment_says_about_git_does_not_matter(
    server: Server, work: Path, objects: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (work / FILE).write_text("x = 1\n")
    request = fetched(server, objects, server.request(work))
    for name, value in (
        ("GIT_DIR", str(work / ".git")),
        ("GIT_OBJECT_DIRECTORY", str(work / ".git" / "objects")),
        ("GIT_NAMESPACE", "other"),
        ("GIT_LITERAL_PATHSPECS", "1"),
        ("GIT_CONFIG_COUNT", "x"),
    ):
        monkeypatch.setenv(name, value)
    assert requests.read(server.course, Objects(objects)) == request


def test_a_notebook_and_answers_are_read(server: Server, work: Path, objects: Path) -> None:
    notebook = work / "exercises" / "notebooks" / "ex4_interpretability.ipynb"
    notebook.write_text(notebook.read_text().replace("raise NotImplementedError", "return 1"))
    path = work / "exercises" / "questions" / "ex4.md"
    path.write_text(path.read_text().replace("<!-- Write your answer here. -->", "Because.", 1))
    request = fetched(server, objects, server.request(work))
    (one,) = request.works
    assert one.path == "exercises/notebooks/ex4_interpretability.ipynb"
    assert one.submission is not None
    assert [answer.answer for answer in one.answers][:2] == ["Because.", ""]
    assert list(request.protected) == []


def link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/passwd")


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (link, "not a plain file"),
        (lambda path: path.unlink(), "no longer exists"),
        (lambda path: path.write_bytes(b"#" * 2 * 2**20), "larger than 1 MB"),
        (lambda path: path.write_bytes(b"x = '\xff\xfe'"), "not UTF-8"),
    ],
)
def test_what_cannot_be_read_is_said_and_is_no_score(
    server: Server, work: Path, objects: Path, spoil: Any, word: str
) -> None:
    spoil(work / FILE)
    request = fetched(server, objects, server.request(work))
    (one,) = request.works
    assert one.submission is None
    assert word in one.problem
    (command,) = github.annotations(request)
    assert command.startswith(f"::error file={FILE},line=1,title=ex4::")
    assert "not graded" in github.summary(request, "landlock")


def test_a_submodule_is_not_followed(server: Server, work: Path, objects: Path) -> None:
    git(work, "rm", "-q", FILE)
    commit = git(work, "rev-parse", "HEAD")
    git(work, "update-index", "--add", "--cacheinfo", f"160000,{commit},{FILE}")
    git(work, "commit", "-q", "-m", "A submodule")
    git(work, "push", "-q", str(server.repository), "HEAD:refs/pull/900/head")
    (one,) = fetched(server, objects, 900).works
    assert "not a plain file" in one.problem


@needs_isolation
def test_junit_is_written_for_other_platforms(
    server: Server, work: Path, objects: Path, tmp_path: Path
) -> None:
    (work / FILE).write_text("x = (\n")
    fetched(server, objects, server.request(work))
    result = subprocess.run(
        [sys.executable, "grader.py", "pull-request", objects, "--junit", tmp_path / "junit.xml"],
        cwd=server.repository,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert result.returncode == 1, result.stderr
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert int(root.get("errors", "0")) > 0
    assert {case.get("classname") for case in root.iter("testcase")} == {f"{FILE}.{IDENTITY}"}


def test_the_gitlab_example_has_the_published_shape(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "ci.md").read_text()
    (example,) = re.findall(r"```yaml\n(grade:.*?)```", text, re.DOTALL)
    (tmp_path / ".gitlab-ci.yml").write_text(example)
    validate("vendor.gitlab-ci", tmp_path / ".gitlab-ci.yml")


def test_a_folder_that_is_no_pull_request_is_refused(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, ROOT / "grader.py", "pull-request", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "needs the branches base and head" in result.stderr


# --- what is shown ---------------------------------------------------------------------------


def check(**changes: Any) -> CheckResult:
    """One that failed, with a title that means something to Markdown."""
    usual = {"id": "adds", "title": "Adds | `x` <b>", "status": Status.FAILED, "points": 0.0}
    return made_up_check(**{**usual, "max_points": 5.0, **changes})


def graded(exercise: Exercise, *checks: CheckResult) -> Work:
    rung = {"rung": "landlock", "walls": ""}
    report = Report(exercise.id, "x.py", "0" * 64, 1, "cpu", rung, {}, checks)
    return Work(exercise, FILE, None, report=report)


def test_there_are_never_more_annotations_than_are_shown(server: Server) -> None:
    checks = [check(id=f"c{line}", line=line, message="m") for line in range(1, 40)]
    found = github.annotations(PullRequest([graded(server.exercise, *checks)]))
    assert len(found) == github.MAX_ANNOTATIONS
    assert found[-1] == "::notice::31 more are in the summary of this run"


def test_commands_and_pages_cannot_be_broken_out_of(server: Server) -> None:
    evil = "100%\r\n::error::x, a:b </pre><script>alert(1)</script> \x1b[31m\u202e"
    one = graded(server.exercise, check(message=evil, explanation=evil, line=3))
    request = PullRequest([one], protected=[evil], others=[evil])
    for command in github.annotations(request):
        assert "\n" not in command
        assert "\r" not in command
        assert "\x1b" not in command
        properties = command.split("::")[1]
        assert "100%\r" not in properties
        assert properties.count("title=") == 1
    page = github.summary(request, "landlock")
    assert "<script" not in page
    assert page.count("</pre>") == page.count("<pre>") == 1
    assert "Adds &#124; &#96;x&#96; &#60;b&#62;" in page


def test_a_page_is_never_too_long(server: Server) -> None:
    checks = [check(id=f"c{number}", message="é" * 1990) for number in range(600)]
    page = github.summary(PullRequest([graded(server.exercise, *checks)]), "landlock")
    assert len(page.encode()) < github.MAX_SUMMARY
    assert "0 of 3000 points" in page
    assert "too long" in page


def test_a_grader_that_failed_is_no_score(server: Server) -> None:
    one = graded(server.exercise, check(status=Status.GRADER_ERROR))
    page = github.summary(PullRequest([one]), "landlock")
    assert "not gradable" in page
    assert "of 5 points" not in page
