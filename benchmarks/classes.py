"""Make a class as a platform hands it out, with the truth beside it.

    python benchmarks/classes.py PLATFORM FOLDER [--size N] [--seed N] [--exercise ID]

FOLDER then holds `submissions/`, `roster.csv` as the platform exports it, and `truth.json`: for
each person the program that should be graded and how many days late it is, or why an instructor
must settle that. The class has names in many scripts, two people of one name, several attempts,
helpers beside the work, copies beside the untouched stub, notebooks, late work, strangers, and
people without work. Clones need git.
"""

import argparse
import csv
import io
import json
import os
import random
import re
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from grading.course import misconceptions, syllabus
from grading.course.syllabus import Exercise

DUE = datetime(2026, 10, 5, 23, 59, tzinfo=UTC)
GIVEN = (
    *("Jane", "José", "Zoë", "Łukasz", "Øystein", "Anna", "Иван", "Анна", "小明", "지훈", "太郎"),
    *("محمد", "Αλέξανδρος", "Jean-Luc", "Mary Ann", "Đức", "Åsa", "आरव", "Nguyễn", "Kim"),
)
FAMILY = (
    *("Doe", "O'Brien-Ré", "Müller", "Berg", "Kowalski", "García López", "Петров", "Сидорова"),
    *("王", "김", "田中", "علي", "Παπάς", "van der Berg", "Trần", "Smith", "Strauß", "शर्मा", "Li"),
)
# More days than anything is late: the platform tells the time itself.
ALL_DAYS = 10**6
HELPER = "def helper():\n    return 1\n"


@dataclass
class Student:
    """A student, on the roster or not, and their attempts."""

    number: int
    given: str
    family: str
    on_roster: bool = True
    hands_in: bool = True
    uploads: list["Upload"] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"

    @property
    def id(self) -> str:
        return f"{self.number:07}"

    @property
    def login(self) -> str:
        return f"u{self.number}x"

    @property
    def email(self) -> str:
        return f"{self.login}@school.example"


@dataclass
class Upload:
    """One attempt: its files by name, the program that counts among them, and when it came in."""

    files: dict[str, str]
    base: str
    moment: datetime
    settled: bool = True


@dataclass
class Truth:
    """What a batch must say of a student.

    `base` is the program that counts, and None without work. `days` says how late the platform can
    tell that it is, and is None if the platform tells no times. `why_open` says why a batch must
    list the student's work instead of giving them its grade.
    """

    base: str | None
    days: int | None
    why_open: str = ""


@dataclass
class Class:
    """The students of a class, and by name the programs that they hand in."""

    exercise: Exercise
    students: list[Student]
    programs: dict[str, str]
    chance: random.Random

    def truth(self, most_days: int | None) -> dict[str, Truth]:
        """What a batch must say of each student on the roster, by id.

        `most_days` is the most days late that the platform can tell, None if it tells no times.
        """
        result = {}
        for student in self.students:
            if not student.on_roster:
                continue
            if not student.hands_in:
                result[student.id] = Truth(None, None)
                continue
            last = student.uploads[-1]
            days = None if most_days is None else min(most_days, days_late(last.moment))
            why = "" if last.settled else "two files"
            result[student.id] = Truth(last.base, days, why)
        return result


def days_late(moment: datetime) -> int:
    """Days begun after the deadline."""
    return max(0, -((DUE - moment) // timedelta(days=1)))


def make_class(exercise: Exercise, size: int, seed: int) -> Class:
    """A class of this size; one seed makes one class."""
    chance = random.Random(seed)
    programs = programs_of(exercise)
    students = []
    for number in range(1, size + 1):
        # Some with a second family name, so that most names are nobody else's.
        families = chance.sample(FAMILY, chance.choice((1, 2, 2)))
        student = Student(1000 + 7 * number, chance.choice(GIVEN), " ".join(families))
        student.on_roster = chance.random() > 0.05
        student.hands_in = not student.on_roster or chance.random() > 0.05
        if student.hands_in:
            student.uploads = uploads(exercise, programs, chance)
        students.append(student)
    return Class(exercise, students, programs, chance)


def programs_of(exercise: Exercise) -> dict[str, str]:
    """The right program and a few wrong ones, which score differently."""
    reference = exercise.reference.read_text(encoding="utf-8")
    known = [one for one in misconceptions.load(exercise.misconceptions) if not one.unnamed]
    chosen = known[:: max(1, len(known) // 5)][:5]
    return {"right": reference, **{one.name: one.made_in(reference) for one in chosen}}


def uploads(exercise: Exercise, programs: dict[str, str], chance: random.Random) -> list[Upload]:
    """One to three attempts, from three days before the deadline to two days after it."""
    count = chance.choice((1, 1, 1, 2, 3))
    moments = sorted(
        DUE + timedelta(minutes=chance.randint(-3 * 1440, 2 * 1440)) for _ in range(count)
    )
    return [upload(exercise, programs, moment, chance) for moment in moments]


def upload(
    exercise: Exercise, programs: dict[str, str], moment: datetime, chance: random.Random
) -> Upload:
    """One attempt: a program, and beside it what students leave there."""
    base = chance.choice(sorted(programs))
    text = programs[base]
    stub = exercise.stub.read_text(encoding="utf-8")
    stem = exercise.module
    shapes: dict[str, dict[str, str]] = {
        "alone": {f"{stem}.py": text},
        "helper": {f"{stem}.py": text, "data_utils.py": HELPER, "report.pdf": "%PDF"},
        "copy": {f"{stem}.py": stub, f"{stem} (1).py": text},
        "notebook": {f"{stem}.ipynb": notebook(text)},
        "beside": {f"{stem}.py": stub, f"{stem}.ipynb": notebook(text)},
        "capitals": {f"{stem.upper()}.PY": text},
    }
    return Upload(shapes[chance.choice(sorted(shapes))], base, moment)


def notebook(text: str) -> str:
    """A notebook with one cell of code."""
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    return json.dumps(
        {"cells": [{**cell, "source": text}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    )


# --- the platforms: each writes submissions, and returns its roster


def write_files(folder: Path, files: dict[str, str]) -> None:
    """Write files into a folder, which need not exist."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def handing_in(group: Class) -> Iterator[Student]:
    """The students with work, strangers included."""
    return (student for student in group.students if student.hands_in)


def on_roster(group: Class) -> list[Student]:
    """The students whom the roster names, with work or without."""
    return [student for student in group.students if student.on_roster]


def canvas(group: Class, folder: Path) -> str:
    """The latest attempt only, in flat files whose names end with a number for a resubmission."""
    file = 50_000
    for student in handing_in(group):
        count, last = len(student.uploads), student.uploads[-1]
        sortable = unicodedata.normalize("NFC", f"{student.family}{student.given}").lower()
        who = re.sub(r"[^\w]|_", "", sortable)
        late = "_LATE" if last.moment > DUE else ""
        for name, text in last.files.items():
            file += 1
            stem, dot, suffix = name.rpartition(".")
            again = f"-{count - 1}" if count > 1 else ""
            full = f"{who}{late}_{student.number}_{file}_{stem}{again}{dot}{suffix}"
            write_files(folder, {full: text})
    rows = [
        (f"{one.family}, {one.given}", one.number, one.id, one.login, "A")
        for one in on_roster(group)
    ]
    heading = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
    return table([heading, ("    Points Possible", "", "", "", ""), *rows])


def moodle(group: Class, folder: Path) -> str:
    """The only attempt, in a folder for each participant; the numbers are the assignment's."""
    for student in handing_in(group):
        participant = 900_000 + student.number
        name = f"{student.name}_{participant}_assignsubmission_file_"
        write_files(folder / name.replace("/", ""), student.uploads[-1].files)
    rows = [
        (f"Participant {900_000 + one.number}", one.name, one.email) for one in on_roster(group)
    ]
    return table([("Identifier", "Full name", "Email address"), *rows])


def gradescope(group: Class, folder: Path) -> str:
    """The latest attempt only, with the metadata of all in one file."""
    blocks = ["---\n"]
    for student in handing_in(group):
        last, name = student.uploads[-1], f"submission_{student.number}"
        write_files(folder / name, last.files)
        moment = last.moment.strftime("%Y-%m-%d %H:%M:%S")
        quoted = student.name.replace("'", "''")
        blocks.append(
            f"{name}:\n  :submitters:\n  - :name: '{quoted}'\n    :sid: '{student.id}'\n"
            f"    :email: {student.email}\n  :created_at: {moment} UTC\n"
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "submission_metadata.yml").write_text("".join(blocks), encoding="utf-8")
    rows = [(one.given, one.family, one.id, one.email, "Student") for one in on_roster(group)]
    return table([("First Name", "Last Name", "SID", "Email", "Role"), *rows])


def blackboard(group: Class, folder: Path) -> str:
    """Every attempt, flat, each with its receipt."""
    for student in handing_in(group):
        for upload in student.uploads:
            before = f"Homework_1_{student.login}_attempt_{upload.moment:%Y-%m-%d-%H-%M-%S}"
            listed = "".join(
                f"\tOriginal filename: {name}\n\tFilename: {before}_{name}\n\n"
                for name in upload.files
            )
            receipt = (
                f"Name: {student.name} ({student.login})\nAssignment: Homework_1\n"
                f"Date Submitted: Monday, October 5, 2026 9:02:38 PM UTC\n"
                "Current Grade: Needs Grading\n\nSubmission Field:\n"
                "There is no student submission text data for this assignment.\n\n"
                f"Comments:\nFiles:\n\tOriginal filename: a\n\n\nFiles:\n{listed}"
            )
            files = {f"{before}_{name}": text for name, text in upload.files.items()}
            write_files(folder, {f"{before}.txt": receipt, **files})
    rows = [(one.family, one.given, one.login, one.id, "", "Yes") for one in on_roster(group)]
    heading = ("Last Name", "First Name", "Username", "Student ID", "Last Access", "Availability")
    return table([heading, *rows], delimiter="\t")


def brightspace(group: Class, folder: Path) -> str:
    """Every attempt in a folder of its own."""
    for student in handing_in(group):
        for upload in student.uploads:
            local = upload.moment
            date = f"{local:%b} {local.day}, {local.year} {int(f'{local:%I}')}{local:%M} {local:%p}"
            name = f"{70_000 + student.number}-123456 - {student.name} - {date}"
            write_files(folder / name, upload.files)
    (folder / "index.html").write_text("<table></table>", encoding="utf-8")
    rows = [
        (f"#{one.id}", f"#{one.login}", one.family, one.given, one.email, "#")
        for one in on_roster(group)
    ]
    heading = ("OrgDefinedId", "Username", "Last Name", "First Name", "Email")
    return table([(*heading, "End-of-Line Indicator"), *rows])


def submitty(group: Class, folder: Path) -> str:
    """Every attempt in a numbered folder with its timestamp; the last one is active."""
    for student in handing_in(group):
        for version, upload in enumerate(student.uploads, start=1):
            inner = folder / "submissions" / student.login / str(version)
            stamp = upload.moment.strftime("%Y-%m-%d %H:%M:%S%z")
            write_files(inner, {**upload.files, ".submit.timestamp": f"{stamp}\n"})
        settings = {"active_version": len(student.uploads), "history": []}
        path = folder / "submissions" / student.login / "user_assignment_settings.json"
        path.write_text(json.dumps(settings), encoding="utf-8")
    rows = [(one.login, one.given, one.family, "1") for one in on_roster(group)]
    heading = ("User ID", "Given Name", "Family Name", "Registration Section")
    # Submitty's report has no student numbers.
    return table([heading, *rows])


def nbgrader(group: Class, folder: Path) -> str:
    """The latest attempt only, as nbgrader collects an assignment."""
    for student in handing_in(group):
        last = student.uploads[-1]
        inner = folder / "submitted" / student.login / "hw1"
        stamp = last.moment.strftime("%Y-%m-%d %H:%M:%S.%f UTC")
        write_files(inner, {**last.files, "timestamp.txt": stamp})
    return own_roster(group)


def plain(group: Class, folder: Path) -> str:
    """A zip for each, named after its owner's login."""
    folder.mkdir(parents=True, exist_ok=True)
    for student in handing_in(group):
        for number, upload in enumerate(student.uploads, start=1):
            again = f"_attempt{number}" if number > 1 else ""
            with zipfile.ZipFile(folder / f"{student.login}{again}.zip", "w") as archive:
                for name, text in upload.files.items():
                    archive.writestr(name, text)
    return own_roster(group)


def clones(group: Class, folder: Path) -> str:
    """A clone of each repository: the stub in its first commit, the latest attempt in its last."""
    stub = {group.exercise.file: group.exercise.stub.read_text(encoding="utf-8")}
    for student in handing_in(group):
        last, place = student.uploads[-1], folder / f"rnns-{student.login}"
        write_files(place, stub)
        git(place, "init", "--quiet")
        commit(place, DUE - timedelta(days=14))
        (place / group.exercise.file).unlink()
        write_files(place, last.files)
        commit(place, last.moment)
    rows = [(one.id, one.login, one.number, one.name) for one in on_roster(group)]
    return table([("identifier", "github_username", "github_id", "name"), *rows])


def commit(folder: Path, moment: datetime) -> None:
    """Commit everything in a folder at this time."""
    date = moment.isoformat()
    git(folder, "add", "--all")
    who = ("-c", "user.name=Student", "-c", "user.email=student@school.example")
    dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    git(folder, *who, "commit", "--quiet", "--message", "work", **dates)


def git(folder: Path, *arguments: str, **environment: str) -> None:
    """Run git in a folder, without the settings of this machine."""
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(
        ["git", *arguments], cwd=folder, env={**os.environ, **alone, **environment}, check=True
    )


def own_roster(group: Class) -> str:
    """A roster with the course's own columns."""
    rows = [(one.name, one.id, one.email, one.login, "A") for one in on_roster(group)]
    return table([("name", "id", "email", "login", "section"), *rows])


def table(rows: Sequence[Sequence[object]], delimiter: str = ",") -> str:
    """The text of a CSV file."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()


@dataclass(frozen=True)
class Platform:
    """How a platform writes a class, and what its download tells.

    `write` writes the submissions and returns the roster. `most_days` is the most days late that
    the download can tell: one for Canvas, which only says "late", None for Moodle and plain files.
    `by_name_only` says that only names connect its submissions with the roster.
    """

    write: Callable[[Class, Path], str]
    most_days: int | None
    by_name_only: bool = False
    encoding: str = "utf-8"


PLATFORMS = {
    "canvas": Platform(canvas, most_days=1),
    "moodle": Platform(moodle, most_days=None),
    "gradescope": Platform(gradescope, most_days=ALL_DAYS),
    "blackboard": Platform(blackboard, most_days=ALL_DAYS, encoding="utf-16"),
    "brightspace": Platform(brightspace, most_days=ALL_DAYS, by_name_only=True),
    "submitty": Platform(submitty, most_days=ALL_DAYS),
    "nbgrader": Platform(nbgrader, most_days=ALL_DAYS),
    "clones": Platform(clones, most_days=ALL_DAYS),
    "plain": Platform(plain, most_days=None),
}


def write_class(name: str, folder: Path, size: int, seed: int, exercise: Exercise) -> None:
    """Write submissions, roster and truth. The folder must be new or empty."""
    platform = PLATFORMS[name]
    group = make_class(exercise, size, seed)
    roster = platform.write(group, folder / "submissions")
    (folder / "roster.csv").write_text(roster, encoding=platform.encoding, newline="")
    truth = group.truth(platform.most_days)
    if platform.by_name_only:
        names: dict[str, int] = {}
        for student in group.students:
            key = unicodedata.normalize("NFKC", student.name).casefold()
            names[key] = names.get(key, 0) + (1 if student.hands_in or student.on_roster else 0)
        for student in on_roster(group):
            key = unicodedata.normalize("NFKC", student.name).casefold()
            if names[key] > 1 and student.hands_in:
                truth[student.id].why_open = "two people of one name"
    document = {
        student.id: {
            **asdict(truth[student.id]),
            "known_as": [student.id, student.login, student.email, student.name],
        }
        for student in on_roster(group)
    }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    (folder / "truth.json").write_text(text + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("platform", choices=sorted(PLATFORMS))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--exercise", default="ex4")
    options = parser.parse_args()
    exercise = syllabus.load(syllabus.ROOT).exercise(options.exercise)
    write_class(options.platform, options.folder, options.size, options.seed, exercise)


if __name__ == "__main__":
    main()
