"""Rosters are read as people write them and as platforms export them.

Canvas's headers are those of its gradebook_exporter.rb, Moodle's those of its participants page and
of mod/assign/feedback/offline, Brightspace's # is what its importer expects.
"""

import itertools
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from grading.batch.people import merging
from grading.batch.people.merging import merged
from grading.batch.people.person import Person
from grading.batch.people.roster import own_columns, read
from grading.errors import UsageError
from tests.support.classes import put

ANN = Person("Ann Smith", "1001", "ann@x.edu")
BOB = Person("Bob Müller", "0042", "bob@x.edu")
OURS = "name{0}id{0}email\nAnn Smith{0}1001{0}ann@x.edu\nBob Müller{0}0042{0}bob@x.edu\n"


def roster(folder: Path, content: str | bytes, **columns: str) -> list[Person]:
    return merged(read(put(folder / "roster.csv", content), columns))


@pytest.mark.parametrize("line", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_marks_and_encodings(tmp_path: Path, encoding: str, mark: str, line: str) -> None:
    text = OURS.format(mark).replace("\n", line)
    assert roster(tmp_path, text.encode(encoding)) == [ANN, BOB]


EXPORTS = {
    "Canvas": (
        "Student,ID,SIS User ID,SIS Login ID,Section,Homework (12)\r\n"
        ",,,,,Manual Posting\r\n"
        "    Points Possible,,,,,100\r\n"
        '"Smith, Ann",77,1001,ann,"A, B",\r\n'
        '"Student, Test",99,,5f3759df,A,\r\n',
        [Person("Smith, Ann", "1001", "", "ann", canvas="77", sections=("A", "B"))],
    ),
    "Canvas without a student information system": (
        'Student,ID,Section\r\n"Smith, Ann",77,A\r\n',
        [Person("Smith, Ann", canvas="77", sections=("A",))],
    ),
    "Canvas's groups": (
        "name,canvas_user_id,user_id,login_id,sections,group_name,canvas_group_id,group_id\n"
        "Ann Smith,77,1001,ann,A,Red,5,\n",
        [Person("Ann Smith", "1001", "", "ann", canvas="77", sections=("A",), teams=("Red",))],
    ),
    "Moodle's participants": (
        '"First name","Last name","ID number","Email address",Groups\r\n'
        'Ann,Smith,1001,ann@x.edu,"Red, Blue"\r\n',
        [replace(ANN, given="Ann", family="Smith", teams=("Red", "Blue"))],
    ),
    "Moodle's participants in older versions": (
        '"First name",Surname,"ID number","Email address"\nAnn,Smith,1001,ann@x.edu\n',
        [replace(ANN, given="Ann", family="Smith")],
    ),
    "Moodle's worksheet": (
        'Identifier,"Full name","Email address",Status,Grade,"Maximum grade"\n'
        '"Participant 4711","Ann Smith",ann@x.edu,"Submitted for grading",,100.00\n',
        [Person("Ann Smith", "", "ann@x.edu", moodle="4711")],
    ),
    "Gradescope": (
        "First Name,Last Name,SID,Email,Role,Sections\n"
        "Ann,Smith,1001,ann@x.edu,Student,A\n"
        "Tom,Teacher,,tom@x.edu,Instructor,\n"
        "Tia,Assistant,,tia@x.edu,TA,\n",
        [replace(ANN, given="Ann", family="Smith", sections=("A",))],
    ),
    "Blackboard": (
        '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"Last Access"\t"Availability"\n'
        '"Smith"\t"Ann"\t"ann"\t"0042"\t""\t"Yes"\n'
        '"Tutor"\t"Tom"\t"tom_previewuser"\t""\t""\t"Yes"\n',
        [Person("Ann Smith", "0042", "", "ann", given="Ann", family="Smith")],
    ),
    "Brightspace": (
        "OrgDefinedId,Username,Last Name,First Name,Email,End-of-Line Indicator\r\n"
        "#0042,#ann,Smith,Ann,ann@x.edu,#\r\n",
        [Person("Ann Smith", "0042", "ann@x.edu", "ann", given="Ann", family="Smith")],
    ),
    "Submitty": (
        "User ID,Given Name,Family Name,Registration Section\nann,Ann,Smith,3\n",
        [Person("Ann Smith", login="ann", given="Ann", family="Smith", sections=("3",))],
    ),
}


@pytest.mark.parametrize("platform", EXPORTS)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_exports_of_platforms(tmp_path: Path, platform: str, encoding: str) -> None:
    text, people = EXPORTS[platform]
    assert roster(tmp_path, text.encode(encoding)) == people


@pytest.mark.parametrize("text", ["{}\n,,\n{}\n , ,\n\n", "\n\n{}\n{}\n", ",,\n{}\n{}\n"])
def test_empty_rows_are_nobody(tmp_path: Path, text: str) -> None:
    assert roster(tmp_path, text.format("name,id,email", "ann,1,")) == [Person("ann", "1")]


def test_rows_that_agree_are_one_person() -> None:
    one = Person("Ann Smith", "1001", "", "", sections=("A",))
    two = Person("Smith, Ann", "", "ANN@x.edu", "ann", sections=("B",), canvas="77")
    three = Person("Ann M. Smith", "1001", "ann@x.edu", teams=("Red",))
    for rows in itertools.permutations([one, two, three]):
        [person] = merged(rows)
        assert (person.id, person.email.lower(), person.login) == ("1001", "ann@x.edu", "ann")
        assert (set(person.sections), person.teams) == ({"A", "B"}, ("Red",))
        assert (person.canvas, person.name) == ("77", rows[0].name)


def test_a_person_has_the_names_of_every_roster() -> None:
    rows = [Person("Ann Roe", "1"), Person("1", "1"), Person("Roe Poe, Ann", "1", canvas="7")]
    for given_rows in itertools.permutations(rows):
        [person] = merged(given_rows)
        assert set(person.names) == {"Ann Roe", "Roe Poe, Ann"}


def test_equal_rows_are_one_person(tmp_path: Path) -> None:
    assert roster(tmp_path, "name,id\nann,1\nann,1\n") == [Person("ann", "1")]


def test_two_people_of_one_name_stay_two() -> None:
    people = [Person("Li Wei", "1"), Person("Li Wei", "2")]
    assert merged(people) == people


def test_several_rosters_are_one(tmp_path: Path) -> None:
    files = [EXPORTS[name][0] for name in ("Moodle's participants", "Moodle's worksheet")]
    rows = [
        person
        for number, text in enumerate(files)
        for person in read(put(tmp_path / f"{number}.csv", text), {})
    ]
    [person] = merged(rows)
    assert (person.id, person.moodle, person.teams) == ("1001", "4711", ("Red", "Blue"))


JIHOON = "name,id,email,login\nKim Jihoon,1,{0}\nKim Minsu,2,{0}\nAnna Lee,3,{0}\n"


@pytest.mark.parametrize("value", ["fam@web.de,", ",0", ",TBD", ",n/a", "-,", ",x", "tbd,TBD"])
def test_what_several_people_of_a_file_have_identifies_nobody(tmp_path: Path, value: str) -> None:
    people = roster(tmp_path, JIHOON.format(value))
    assert [(one.name, one.id) for one in people] == [
        ("Kim Jihoon", "1"),
        ("Kim Minsu", "2"),
        ("Anna Lee", "3"),
    ]
    assert not any(one.email or one.login for one in people)


def two(folder: Path, first: str, second: str) -> tuple[list[Person], list[str]]:
    """The people of two files, and what is told about them."""
    lines: list[str] = []
    rows = [
        person
        for number, text in enumerate((first, second))
        for person in read(put(folder / f"{number}.csv", text), {}, lines.append)
    ]
    return merged(rows, lines.append), lines


@pytest.mark.parametrize(
    ("first", "second", "people", "told"),
    [
        # A login at GitHub that is somebody's login at the university.
        (
            'name,login\n"Doe, Jane",jdoe\n',
            "name,github_username,identifier\nx,jdoe,James Doe\n",
            2,
            "Doe, Jane and James Doe stay two people, although both have jdoe",
        ),
        ("name,id\nKim Jihoon,1\n", "name,id\nKim Minsu,1\n", 2, "although both have 1"),
        ("name,id\nJane Doe,1\n", 'name,id\n"Doe, Jane Mary",1\n', 1, ""),
        ("name,id\nØystein Berg,1\n", 'name,id\n"Berg, Oystein",1\n', 1, ""),
        ("name,id,email\n王小明,1,w@x\n", "name,id,email\nXiaoming Wang,1,w@x\n", 1, ""),
        # One value in two columns is one.
        ("name,id,login\nAnn,a1,a1\n", "name,id,login\nBob,a1,a1\n", 2, "both have a1"),
        # A row without a name.
        ("identifier,github_username,name\na@x,ann,\n", "name,email\nAnn Roe,a@x\n", 1, ""),
        # Each school has ids of its own.
        (
            "name,id,email\nJane Doe,1,j@x\n",
            'name,id,email\n"Doe, Jane",E7,J@x\n',
            1,
            "several ids, each of which counts: Jane Doe (1, E7)",
        ),
        ("name,id,email\nJane Doe,1,j@x\n", "name,id,email\nKim Lee,E7,j@x\n", 2, "both have j@x"),
        # Nothing to compare.
        (
            "name,id\nJane Doe,1\n",
            'name,email\n"Doe, Jane",j@x\n',
            2,
            "two rows for Jane Doe have nothing",
        ),
        ("name,id\nJane Doe,1\n", "name\nJane Doe\n", 2, "two rows for Jane Doe have nothing"),
        ("name\nJane Doe\n", "name,section\njane doe,A\n", 1, ""),
        ("name,id\nLi Wei,1\n", "name,id\nLi Wei,2\n", 2, ""),
    ],
)
def test_who_is_one_person_in_two_rosters(
    tmp_path: Path, first: str, second: str, people: int, told: str
) -> None:
    found, lines = two(tmp_path, first, second)
    assert len(found) == people
    assert len(lines) == bool(told), lines
    assert told in "".join(lines)
    assert not any("@" in person.name for person in found)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "Name;Vorname;Matrikelnummer;E-Mail\nDoe;Jane;1;j@x\n",
            "not used: Vorname, Matrikelnummer",
        ),
        ("name,id,,notes\nJane Doe,1,,\n", ""),
        ("Student,ID,SIS Login ID,Section,HW 1 (77)\nJane,1,jd,A,9\n", ""),
        ("name,id\nJane,7\nAnn,7\n", "several people have 7: that identifies nobody"),
    ],
)
def test_what_is_not_used_is_told(tmp_path: Path, text: str, told: str) -> None:
    lines: list[str] = []
    read(put(tmp_path / "roster.csv", text), {}, lines.append)
    assert lines == ([f"roster.csv: {told}"] if told else [])


@pytest.mark.parametrize(
    ("cell", "identity"),
    [
        *(("4711.0", "4711"), ('"=""0123"""', "0123"), ("'4712", "4712"), ("#0042", "0042")),
        *(("47.5", "47.5"), ("o'neil", "o'neil"), ('="007"', "007")),
    ],
)
def test_ids_that_a_spreadsheet_has_changed(tmp_path: Path, cell: str, identity: str) -> None:
    [person] = roster(tmp_path, f"name,id\nAnn,{cell}\n")
    assert person.id == identity


@pytest.mark.parametrize("number", ["2.02112E+11", "2,02112E+11", "2e+9"])
@pytest.mark.parametrize("column", ["id", "login"])
def test_shortened_numbers_are_refused(tmp_path: Path, column: str, number: str) -> None:
    with pytest.raises(UsageError, match="a spreadsheet has shortened the number"):
        roster(tmp_path, f"name;{column}\nAnn;{number}\n")


def test_a_comma_in_a_header_parts_no_cells(tmp_path: Path) -> None:
    text = "Name, First name;ID\nDoe, Jane;1\nRoe, Ann;2\n"
    people = roster(tmp_path, text, name="Name, First name")
    assert [(one.name, one.id) for one in people] == [("Doe, Jane", "1"), ("Roe, Ann", "2")]


def test_rows_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="different values of id, 1001 and 1002"):
        roster(tmp_path, "name,id,email\nAnn Smith,1001,ann@x\nAnn Smith,1002,ann@x\n")
    names = [Person("Ann Smith", "1001", "a@x", "a"), Person("Bob Poe", "1002", "a@x", "a")]
    with pytest.raises(UsageError, match="different values of id, 1001 and 1002"):
        merged(names)
    numbers = [Person("Ann", email="a@x", canvas="1"), Person("Ann", email="a@x", canvas="2")]
    with pytest.raises(UsageError, match="different values of canvas, 1 and 2"):
        merged(numbers)


def test_namesakes_are_not_compared_each_with_each(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs: list[object] = []

    def combinations(items: Iterable[object], size: int) -> list[tuple[object, ...]]:
        pairs.extend(found := list(itertools.combinations(items, size)))
        return found

    monkeypatch.setattr(merging, "combinations", combinations)
    people = [
        Person("Li Wei", str(number), f"w{number}@x" * (number % 2)) for number in range(5000)
    ]
    lines: list[str] = []
    assert len(merged([*people, Person("Li Wei", canvas="7")], lines.append)) == 5001
    assert lines[-1].startswith("two rows for Li Wei have nothing in common but the name")
    assert len(pairs) == 3


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("who,Matrikelnummer\nAda,1\n", "its first line is who, Matrikelnummer"),
        ("", "its first line is nothing"),
        ('name\n"Ada', "cannot be read as a CSV file"),
        (b"PK\x03\x04\0\0", "is not a CSV file"),
        (b"\xff\xfen", "is not a CSV file"),
        ("name\n" + "a" * 200_000, "cannot be read as a CSV file"),
    ],
)
def test_what_is_no_roster_is_said(tmp_path: Path, content: str | bytes, reason: str) -> None:
    with pytest.raises(UsageError, match=reason) as caught:
        roster(tmp_path, content)
    assert "roster.csv" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_the_course_names_headers_of_its_own(tmp_path: Path) -> None:
    text = "Vorname;Nachname;ID-Nummer;E-Mail-Adresse\nAnn;Smith;1001;ann@x.edu\n"
    with pytest.raises(UsageError, match=r"\[roster\] name"):
        roster(tmp_path, text)
    columns = {
        "given": "Vorname",
        "family": "Nachname",
        "id": "id-nummer",
        "email": "E-Mail-Adresse",
    }
    assert roster(tmp_path, text, **columns) == [replace(ANN, given="Ann", family="Smith")]


@pytest.mark.parametrize(
    ("section", "team", "handle"), [("section", "team", "github"), ("sections", "teams", "handle")]
)
def test_the_course_names_columns_as_the_documentation_does(
    tmp_path: Path, section: str, team: str, handle: str
) -> None:
    text = "name,id,Kurs,Gruppe,Kennung\nAnn Smith,1001,A,red,asmith\n"
    columns = own_columns({section: "Kurs", team: "Gruppe", handle: "Kennung"})
    [ann] = roster(tmp_path, text, **columns)
    assert (ann.sections, ann.teams, ann.handles) == (("A",), ("red",), ("asmith",))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"setcion": "Kurs"}, r"there is no setcion \(did you mean section\?\): known are name,"),
        ({"section": "Kurs", "sections": "Kurs"}, "names section twice"),
    ],
)
def test_a_key_that_no_column_has_is_refused(given: dict[str, str], reason: str) -> None:
    with pytest.raises(UsageError, match=rf"^\[roster\] in course.toml:? {reason}"):
        own_columns(given)


def test_a_number_of_canvas_is_no_id_and_an_id_no_number_of_canvas(tmp_path: Path) -> None:
    for text in (
        "Student,ID,Section\nAnn,77,A\n",
        "Student,ID\n    Points Possible,\nAnn,77\n",
        "Student,ID,SIS User ID\nAnn,77,\n",
    ):
        [of_canvas] = roster(tmp_path, text)
        assert (of_canvas.canvas, of_canvas.id) == ("77", "")
    for text in ("name,id,section\nAnn,77,A\n", "Student;ID;Email\nAnn;77;a@x\n"):
        [of_ours] = roster(tmp_path, text)
        assert (of_ours.canvas, of_ours.id) == ("", "77")


@pytest.mark.parametrize(
    ("headers", "login", "handles"),
    [
        ("name,login,section", "jd", ("jd",)),
        ("name,login,github", "jd", ("x",)),
        ("name,Kennung,section", "jd", ("jd",)),
        ("Student,SIS Login ID,Section", "jd", ()),
        ("Name,Username,Last Access", "jd", ()),
        ("name,github_username,identifier", "", ("jd",)),
    ],
)
def test_a_login_at_the_university_is_none_at_github(
    tmp_path: Path, headers: str, login: str, handles: tuple[str, ...]
) -> None:
    columns = {"login": "kennung"} if "Kennung" in headers else {}
    [person] = roster(tmp_path, f"{headers}\nJane Doe,jd,x\n", **columns)
    assert (person.login, person.handles) == (login, handles)


@pytest.mark.parametrize(
    ("row", "name", "family"),
    [
        ("Doe,Jane", "Jane Doe", "Doe"),
        ("Jane Doe,Jane", "Jane Doe", ""),
        ('"Doe, Jane Mary",Jane', "Doe, Jane Mary", ""),
        ("Doe,", "Doe", ""),
        (",Jane", "Jane", ""),
    ],
)
def test_a_name_beside_a_first_name_is_the_last_name(
    tmp_path: Path, row: str, name: str, family: str
) -> None:
    [person] = roster(tmp_path, f"Name,First name\n{row}\n")
    assert (person.name, person.family) == (name, family)


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        # Most rows tell which names they are: Bob is Robert's nickname,
        ("Name,First name\nJane Doe,Jane\nRobert Lee,Bob\n", ["Jane Doe", "Robert Lee"]),
        ("Name,First name\nJane Doe,\nRobert Lee,Bob\n", ["Jane Doe", "Robert Lee"]),
        # and one last name is like the first name.
        ("Name,First name\nDoe,Jane\nJames,James\nLee,Al\n", ["Jane Doe", "James James", "Al Lee"]),
        ("Name,Preferred given name\nJane Doe,Janie\n", ["Jane Doe"]),
    ],
)
def test_a_nickname_beside_a_name_is_no_part_of_it(
    tmp_path: Path, rows: str, names: list[str]
) -> None:
    assert [person.name for person in roster(tmp_path, rows)] == names


def test_what_identifies_a_person_from_run_to_run() -> None:
    person = Person("Ann Lee", "0012", "Ann@x.edu", "ann", canvas="77", also=("al@y.edu",))
    assert person.keys == [
        *("id:12", "email:ann@x.edu", "login:ann", "canvas:77", "email:al@y.edu"),
        "name:ann lee",
    ]
    assert Person("Ann", namesake=1).keys == ["name:ann#1"]
