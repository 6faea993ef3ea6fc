"""Whose a submission is: by the strongest evidence, and nobody's where two are possible."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.batch.people.evidence import Author, Clue, Evidence, Kind, Match
from grading.batch.people.matching import Roster
from grading.batch.people.person import Person

JANE = Person("Doe, Jane", "0012", "jane.doe@x.edu", "jd12", canvas="77", moodle="4711")
JOHN = Person("John Roe", "13", "john@x.edu", "jr13", canvas="78", moodle="4712")


def author(label: str, *clues: tuple[Kind, str], account: str = "") -> Author:
    return Author(label, tuple(Clue(*clue) for clue in clues) or (Clue(Kind.ANY, label),), account)


def matched(people: list[Person], *authors: Author, **decided: Person) -> dict[str, Match]:
    return Roster(people).match(authors, decided)


Found = tuple[tuple[Person, ...], Evidence, tuple[Person, ...]]


def nobody(*candidates: Person) -> Found:
    return (), Evidence.NONE, candidates


def seen(match: Match) -> Found:
    """Whose it is, why, and who may have been meant."""
    return match.people, match.evidence, match.candidates


def one(people: list[Person], *clues: tuple[Kind, str]) -> Match:
    return matched(people, author("a", *clues))["a"]


@pytest.mark.parametrize(
    ("kind", "value", "evidence"),
    [
        (Kind.CANVAS, "77", Evidence.CANVAS),
        (Kind.MOODLE, "4711", Evidence.MOODLE),
        (Kind.MOODLE, "Jane DOE_4711", Evidence.MOODLE),
        (Kind.LOGIN, "JD12", Evidence.LOGIN),
        (Kind.EMAIL, "Jane.Doe@x.edu", Evidence.EMAIL),
        (Kind.ID, "0012", Evidence.ID),
        (Kind.ID, "12", Evidence.ID),
        (Kind.NAME, "Jane Doe", Evidence.NAME),
        (Kind.NAME, "doe-jane", Evidence.NAME),
        (Kind.NAME, "janedoe", Evidence.NAME),
        (Kind.LOGIN_AND_NAME, "jd12 Jane Doe", Evidence.LOGIN_AND_NAME),
        (Kind.LOGIN_AND_NAME, "0012 Doe Jane", Evidence.LOGIN_AND_NAME),
        (Kind.NAME, "Jané Doe", Evidence.PLAIN),
        (Kind.ANY, "jd12", Evidence.LOGIN),
        (Kind.ANY, "12", Evidence.ID),
        (Kind.ANY, "jane.doe@x.edu", Evidence.EMAIL),
        (Kind.ANY, "Doe, Jane", Evidence.NAME),
    ],
)
def test_every_kind_of_evidence(kind: Kind, value: str, evidence: Evidence) -> None:
    assert one([JANE, JOHN], (kind, value)) == Match((JANE,), evidence)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.ANY, "77"),  # a number of Canvas, which is nobody's id
        (Kind.ANY, "4711"),
        (Kind.ID, "77"),
        (Kind.LOGIN, "4711"),
        # A login is an id or a mailbox only of people without a login.
        (Kind.LOGIN, "12"),
        (Kind.LOGIN, "jane.doe"),
        (Kind.HANDLE, "jane.doe@x.edu"),
        (Kind.POSSIBLE_LOGIN, "jd12"),
        (Kind.CANVAS, "12"),
        (Kind.CANVAS, "0012"),
        (Kind.CANVAS, "4711"),
        (Kind.MOODLE, "77"),
        (Kind.MOODLE, "12"),
        (Kind.MOODLE, "Somebody Else_4711"),
        (Kind.NAME, "Jane"),
        (Kind.NAME, "Doe"),
        (Kind.NAME, "Jane Mary Doe"),
        (Kind.NAME, "Mary Jane Doe"),
        (Kind.NAME, "jd12"),
        (Kind.ANY, ""),
        (Kind.NAME, "..."),
    ],
)
def test_what_is_no_evidence(kind: Kind, value: str) -> None:
    match = one([JANE, JOHN], (kind, value))
    assert (match.people, match.evidence) == ((), Evidence.NONE)


def test_what_fits_two_people_belongs_to_nobody_and_names_both() -> None:
    people = [Person("Jane Doe", "1"), Person("Doe Jane", "2")]
    match = one(people, (Kind.NAME, "janedoe"))
    assert seen(match) == nobody(*people)
    assert match.doubt == "it fits several people"
    match = one(people, (Kind.NAME, "janedoe"), (Kind.ID, "2"))
    assert seen(match) == ((people[1],), Evidence.ID, ())


@pytest.mark.parametrize(
    "clues",
    [
        ((Kind.CANVAS, "77"), (Kind.NAME, "John Roe")),
        ((Kind.LOGIN, "jd12"), (Kind.EMAIL, "john@x.edu")),
        ((Kind.ID, "12"), (Kind.LOGIN, "jr13")),
        ((Kind.MOODLE, "4711"), (Kind.NAME, "roejohn")),
    ],
)
def test_evidence_that_contradicts_itself_decides_nothing(
    clues: tuple[tuple[Kind, str], ...],
) -> None:
    for given_clues in itertools.permutations(clues):
        match = one([JANE, JOHN], *given_clues)
        assert match.people == ()
        assert set(match.candidates) == {JANE, JOHN}
        assert match.doubt == "its names contradict each other"


def test_one_label_that_is_two_peoples_decides_nothing() -> None:
    """A folder called 13 is the login of one and the id of another."""
    people = [Person("Ann", login="13"), Person("Bob", id="13")]
    assert seen(one(people, (Kind.ANY, "13"))) == nobody(*people)


def test_an_unknown_name_beside_a_known_number_is_a_nickname() -> None:
    assert one([JANE], (Kind.CANVAS, "77"), (Kind.NAME, "Janey")).people == (JANE,)


def test_two_accounts_of_one_name_are_not_one_person() -> None:
    wei = Person("Li Wei", "1")
    authors = [
        author(f"liwei_{number}", (Kind.NAME, "liwei"), account=f"canvas {number}")
        for number in (5, 6)
    ]
    for match in matched([wei], *authors).values():
        assert seen(match) == nobody(wei)
        assert match.doubt == "several accounts have this name"
    assert matched([wei], authors[0])["liwei_5"] == Match((wei,), Evidence.NAME)


@pytest.mark.parametrize(
    ("kind", "value", "evidence"),
    [
        (Kind.ID, "1", "id"),
        (Kind.TEAM, "Red", "team"),
        (Kind.LOGIN_AND_NAME, "jd Jane Doe", "name"),
    ],
)
def test_what_users_set_themselves_makes_no_two_accounts_one_person(
    kind: Kind, value: str, evidence: str
) -> None:
    """Such as their names, and their ids on Gradescope."""
    jane = Person("Jane Doe", "1", "j@x.edu", "jd", teams=("Red",))
    authors = [author(one, (kind, value), account=one) for one in ("a", "b")]
    for match in matched([jane], *authors).values():
        assert seen(match) == nobody(jane)
        assert match.doubt == f"several accounts have this {evidence}"
    assert matched([jane], authors[0])["a"].people == (jane,)


def test_the_first_part_of_an_address_counts_at_the_domain_of_the_school() -> None:
    """Anybody may be jdoe at another provider."""
    jane, john = Person("Jane Doe", email="jdoe@mail.com"), Person("John Doe", email="jod@uni.edu")
    others = [Person(f"P {number}", email=f"p{number}@uni.edu") for number in range(3)]
    authors = [author(login, (Kind.LOGIN, login)) for login in ("jdoe", "jod")]
    found = matched([jane, john, *others], *authors)
    assert found["jdoe"].people == ()
    assert found["jod"].people == (john,)


def test_a_member_may_hand_in_for_a_team_and_alone() -> None:
    jane = Person("Jane Doe", "1", login="jd", teams=("Red",))
    authors = [
        author("a", (Kind.TEAM, "Red"), account="a"),
        author("b", (Kind.LOGIN, "jd"), account="b"),
    ]
    assert {match.people for match in matched([jane], *authors).values()} == {(jane,)}


def test_a_strong_match_leaves_nothing_to_another_account_of_the_name() -> None:
    wei = Person("Li Wei", canvas="5")
    clues = [((Kind.CANVAS, number), (Kind.NAME, "liwei")) for number in ("5", "6")]
    five, six = (author(f"liwei_{one[0][1]}", *one, account=one[0][1]) for one in clues)
    found = matched([wei], five, six)
    assert found["liwei_5"] == Match((wei,), Evidence.CANVAS)
    assert seen(found["liwei_6"]) == nobody(wei)


def test_two_entries_without_accounts_are_two_attempts() -> None:
    found = matched([JANE], author("jane doe"), author("Doe_Jane_"))
    assert {match.people for match in found.values()} == {(JANE,)}


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        *(("Oystein Berg", "Øystein Berg"), ("Øystein Berg", "Oystein Berg")),
        *(("Øystein Berg", "oeystein_berg"), ("Jörg Strauß", "Joerg Strauss")),
        *(("Łukasz Król", "Lukasz Krol"), ("Zoë Müller", "mullerzoe"), ("王小明", "Wang Xiaoming")),
    ],
)
def test_a_plain_spelling_counts_where_it_leaves_no_choice(name: str, spelled: str) -> None:
    person = Person(name)
    assert one([person], (Kind.NAME, spelled)) == Match((person,), Evidence.PLAIN)
    # Not where it fits two people,
    other = Person(spelled.replace("_", " ").title(), "2")
    twin = Person(name, "3")
    assert one([person, twin], (Kind.NAME, spelled)).people == ()
    # nor where it is somebody's exact name,
    assert one([person, other], (Kind.NAME, spelled)) == Match((other,), Evidence.NAME)
    # nor where the person has handed in already,
    found = matched([person], author("a", (Kind.NAME, name)), author("b", (Kind.NAME, spelled)))
    assert seen(found["a"]) == ((person,), Evidence.NAME, ())
    assert seen(found["b"]) == nobody(person)
    # nor where two claim it.
    found = matched(
        [person], author("a", (Kind.NAME, spelled)), author("b", (Kind.NAME, spelled + "-"))
    )
    assert {match.people for match in found.values()} == {()}


def test_other_letters_are_never_left_out() -> None:
    """The first version of this credited Kim 지훈 to Kim 민수, whose Latin letters are the same."""
    people = [Person(name) for name in ("Kim 민수", "Anna Петрова", "Li 伟")]
    for stranger in ("Kim 지훈", "Anna Сидорова", "Li 娜", "Kim", "Anna", "Li"):
        assert one(people, (Kind.NAME, stranger)).people == ()


@given(st.lists(st.text("abñ王지 -", min_size=1, max_size=4), min_size=1, max_size=4, unique=True))
def test_a_label_equal_to_one_name_is_never_anybody_elses(names: list[str]) -> None:
    people = [Person(name, str(number)) for number, name in enumerate(names)]
    found = matched(people, *(author(name, (Kind.NAME, name)) for name in names))
    for person in people:
        assert set(found[person.name].people) <= {person}


RED = [Person("Ann", "1", teams=("Red Team",)), Person("Bob", "2", teams=("Red Team", "Blue"))]


@pytest.mark.parametrize("kind", [Kind.TEAM, Kind.ANY, Kind.NAME])
def test_a_team_is_all_its_members(kind: Kind) -> None:
    assert one(RED, (kind, "red_team")) == Match(tuple(RED), Evidence.TEAM)
    assert one(RED, (kind, "green")) == Match()


def test_a_member_who_hands_in_for_a_team_does_so_for_all() -> None:
    clues = ((Kind.TEAM, "Red Team"), (Kind.NAME, "Ann"))
    assert one(RED, *clues) == Match(tuple(RED), Evidence.TEAM)
    stranger = Person("Zoe", "3")
    match = one([*RED, stranger], (Kind.TEAM, "Red Team"), (Kind.NAME, "Zoe"))
    assert seen(match) == nobody(stranger, *RED)


def test_a_decision_counts_before_everything() -> None:
    found = matched([JANE, JOHN], author("janedoe"), author("jd12"), janedoe=JOHN)
    assert found["janedoe"] == Match((JOHN,), Evidence.DECIDED)
    assert found["jd12"] == Match((JANE,), Evidence.LOGIN)


@pytest.mark.parametrize("text", ["0012", "12", "jd12", "JANE.DOE@x.edu", "Jane Doe", "Doe, Jane"])
def test_a_person_is_named_by_anything_that_identifies_them(text: str) -> None:
    assert Roster([JANE, JOHN]).named(text) == [JANE]


def test_nobody_is_named_by_a_number_of_a_platform() -> None:
    assert Roster([JANE, JOHN]).named("77") == Roster([JANE, JOHN]).named("4711") == []


def test_somebody_with_the_same_words_in_the_name_is_a_candidate_and_no_more() -> None:
    people = [Person("Jane Doe"), Person("Maria López García"), Person("Wei Li")]
    for name, candidates in (
        ("Maria Lopez", [people[1]]),
        ("Mary Jane Doe", [people[0]]),
        ("Zoe Li", [people[2]]),
        ("Olivia Weil", []),
        ("garcia2", [people[1]]),
    ):
        match = one(people, (Kind.NAME, name))
        assert (match.people, list(match.candidates)) == ((), candidates)


def test_a_candidate_is_found_among_thousands() -> None:
    people = [Person(f"Given{number:04} Family{number:04}") for number in range(5000)]
    match = one(people, (Kind.NAME, "xgiven4711x"))
    assert match.candidates == (people[4711],)


# Canvas's number is that of a member where a group hands in, and the name is the group's.
MEMBERS = [
    Person("Doe, Jane", canvas="1001"),
    Person("Lee, Kim", canvas="1002"),
    Person("García López, José María", canvas="1003"),
    Person("王小明", canvas="1004"),
]


@pytest.mark.parametrize(
    ("name", "number", "is_certain"),
    [
        *((name, "1001", True) for name in ("doejane", "janedoe", "DOE_Jané", "jane")),
        # A nickname, another last name, a middle name, another script.
        *((name, "1001", True) for name in ("doejanie", "janey", "smithjane", "doejaneann", "王")),
        *((name, "1002", True) for name in ("leekim", "leekimberly", "leekimand")),
        *((name, "1003", True) for name in ("garcíajosé", "garcialopezjose", "lópezjosé")),
        *((name, "1004", True) for name in ("wangxiaoming", "wangkevin", "王小明")),
        # Names of several people, and of groups.
        *(
            (name, "1001", False)
            for name in ("doelee", "leedoe", "doeandlee", "janekim", "doewangxiaoming")
        ),
        *((name, "1001", False) for name in ("janesteam", "groupdoe", "doe3", "gruppejane", "조1")),
        *((name, "1003", False) for name in ("garcíalópezdoe", "josédoeundlee")),
        # Somebody else's name.
        *((name, "1001", False) for name in ("leekim", "smithbob", "doekim")),
    ],
)
def test_a_name_beside_a_number_of_canvas(name: str, number: str, is_certain: bool) -> None:
    match = one(MEMBERS, (Kind.CANVAS, number), (Kind.NAME, name), (Kind.TEAM, name))
    [person] = (person for person in MEMBERS if person.canvas == number)
    assert match.people == ((person,) if is_certain else ())
    assert is_certain or person in match.candidates


NEW = Person("Doe, Jane", "12", "jdoe@x.edu")


@pytest.mark.parametrize(
    ("kind", "value", "evidence"),
    [
        (Kind.LOGIN, "jdoe", Evidence.MAILBOX),
        (Kind.ANY, "jdoe", Evidence.MAILBOX),
        (Kind.LOGIN, "0012", Evidence.ID),
        (Kind.HANDLE, "jane-doe", Evidence.NAME),
        *((Kind.HANDLE, value, Evidence.NONE) for value in ("jdoe", "12", "jdoe@x.edu")),
    ],
)
def test_a_login_of_people_without_one(kind: Kind, value: str, evidence: Evidence) -> None:
    assert one([NEW], (kind, value)).evidence is evidence


CANVAS = Person(
    *("Doe, Jane", "111", "jane.doe1@x.edu", "jdoe"), canvas="1234", moodle="12", handles=("jd",)
)


@pytest.mark.parametrize(
    ("clues", "doubt"),
    [
        ([(Kind.CANVAS, "9999"), (Kind.NAME, "doejane")], "its Canvas ID is 9999, theirs is 1234"),
        (
            [(Kind.MOODLE, "Jane Doe_99"), (Kind.NAME, "Jane Doe")],
            "its Moodle participant is 99, theirs is 12",
        ),
        (
            [(Kind.ID, "999"), (Kind.EMAIL, "jane.doe2@x.edu"), (Kind.NAME, "Jane Doe")],
            "its id is 999, theirs is 111",
        ),
        ([(Kind.LOGIN, "jdoe2"), (Kind.NAME, "Jane Doe")], "its login is jdoe2, theirs is jdoe"),
        ([(Kind.HANDLE, "jane-doe")], "its GitHub login is jane-doe, theirs is jd"),
        ([(Kind.LOGIN, "jdoe2"), (Kind.NAME, "Jané Doe")], "its login is jdoe2, theirs is jdoe"),
        ([(Kind.CANVAS, "1234"), (Kind.NAME, "lopezmaria")], "the name with it is lopezmaria"),
        ([(Kind.CANVAS, "1234"), (Kind.NAME, "group1")], "the name with it is group1"),
        ([(Kind.ID, "111"), (Kind.NAME, "Maria Lopez")], "the name with it is Maria Lopez"),
        ([(Kind.LOGIN, "jdoe"), (Kind.NAME, "Maria Lopez")], "the name with it is Maria Lopez"),
        (
            [(Kind.EMAIL, "jane.doe1@x.edu"), (Kind.NAME, "Maria Lopez")],
            "the name with it is Maria Lopez",
        ),
        (
            [(Kind.HANDLE, "jdoe")],
            "somebody else may have this login at GitHub: give GitHub Classroom's roster",
        ),
        (
            [(Kind.POSSIBLE_LOGIN, "jdoe"), (Kind.POSSIBLE_LOGIN, "1_jdoe")],
            "without a receipt, nothing tells where the login begins",
        ),
    ],
)
def test_a_person_who_may_be_another_is_a_candidate(
    clues: list[tuple[Kind, str]], doubt: str
) -> None:
    assert one([CANVAS], *clues) == Match(candidates=(CANVAS,), doubt=doubt)


@pytest.mark.parametrize(
    ("clues", "evidence"),
    [
        # An address alone may be another one.
        ([(Kind.EMAIL, "jane@home.org"), (Kind.NAME, "Jane Doe")], Evidence.NAME),
        ([(Kind.CANVAS, "1234"), (Kind.NAME, "王小明")], Evidence.CANVAS),
        ([(Kind.HANDLE, "JD")], Evidence.HANDLE),
        ([(Kind.ID, "111"), (Kind.NAME, "Jane Roe")], Evidence.ID),
        ([(Kind.ID, "0111"), (Kind.NAME, "Jane Doe")], Evidence.ID),
        # What is equal counts before what is not.
        ([(Kind.EMAIL, "jane.doe1@x.edu"), (Kind.ID, "7")], Evidence.EMAIL),
    ],
)
def test_what_does_not_contradict(clues: list[tuple[Kind, str]], evidence: Evidence) -> None:
    assert one([CANVAS], *clues) == Match((CANVAS,), evidence)


def test_a_mailbox_with_another_name_is_another_persons() -> None:
    james = Person("James Doe", "1", "jdoe@x.edu")
    match = one([james], (Kind.LOGIN, "jdoe"), (Kind.NAME, "Jane Doe"))
    assert match == Match(candidates=(james,), doubt="the name with it is Jane Doe")
    match = one([james], (Kind.LOGIN, "jdoe"), (Kind.NAME, "James T. Doe"))
    assert match == Match((james,), Evidence.MAILBOX)


def test_a_person_may_have_the_names_of_several_rosters() -> None:
    ann = Person("Ann Roe", canvas="7", called=("Roe Poe, Ann Kim",))
    people = [ann, Person("Kim Poe", canvas="8")]
    assert one(people, (Kind.CANVAS, "7"), (Kind.NAME, "roepoeannkim")).people == (ann,)
    assert one(people, (Kind.NAME, "Ann Kim Roe Poe")).people == (ann,)
    assert one(people, (Kind.NAME, "Ann Kim Roé Poe")).evidence is Evidence.PLAIN
    assert one(people, (Kind.CANVAS, "7"), (Kind.NAME, "roekimpoe")).people == (ann,)
    assert one(people, (Kind.CANVAS, "7"), (Kind.NAME, "annkimpoegroup")).people == ()


@pytest.mark.parametrize(
    ("clues", "is_matched"),
    [
        ([(Kind.ID, "00E7")], False),
        ([(Kind.ID, "e7")], True),
        ([(Kind.ID, "111")], True),
        ([(Kind.ANY, "E7")], True),
        ([(Kind.ID, "E7"), (Kind.NAME, "Jane Doe")], True),
        ([(Kind.ID, "E8"), (Kind.NAME, "Jane Doe")], False),
        ([(Kind.LOGIN_AND_NAME, "E7 Jane Doe")], True),
    ],
)
def test_a_person_may_have_ids_of_several_rosters(
    clues: list[tuple[Kind, str]], is_matched: bool
) -> None:
    person = replace(CANVAS, ids=("E7",))
    assert one([person], *clues).people == ((person,) if is_matched else ())


NAMES = ("Ann Lee", "Bob Poe", "Cem Su", "Dee Ray")


@pytest.mark.parametrize(
    ("people", "agreeing", "expected"),
    [(3, 0, Evidence.NAME), (4, 0, Evidence.NAME), (2, 0, Evidence.NONE), (4, 1, Evidence.NONE)],
)
def test_a_column_of_another_origin_contradicts_nobody(
    people: int, agreeing: int, expected: Evidence
) -> None:
    known = [Person(name, moodle=str(number)) for number, name in enumerate(NAMES[:people])]
    numbers = [number + (0 if number < agreeing else 50) for number in range(people)]
    authors = [
        author(name, (Kind.MOODLE, f"{name}_{number}"), (Kind.NAME, name))
        for name, number in zip(NAMES, numbers, strict=False)
    ]
    found = list(matched(known, *authors).values())
    assert [match.evidence for match in found] == [Evidence.MOODLE] * agreeing + [expected] * (
        people - agreeing
    )
    assert {match.ignored for match in found[agreeing:]} == {
        Kind.MOODLE if expected is Evidence.NAME else None
    }


@pytest.mark.parametrize(
    ("name", "person"),
    [
        ("Anna Bell", Person("Ann Abell")),
        ("Fang An", Person("Fan Gan")),
        ("Anna Béll", Person("Ann Abell")),
    ],
)
def test_a_word_does_not_begin_inside_another(name: str, person: Person) -> None:
    assert one([person], (Kind.NAME, name)).people == ()
    squeezed = name.replace(" ", "").lower()
    assert one([person], (Kind.NAME, squeezed)).people == (person,)


def test_a_last_name_is_no_evidence_behind_a_login_like_a_name() -> None:
    soo = Person("Soo Lee", "12", login="kim", family="Lee")
    for text, people in (("Kim Lee", ()), ("kim Soo Lee", (soo,)), ("12 Lee", (soo,))):
        assert one([soo], (Kind.LOGIN_AND_NAME, text)).people == people


def test_two_spellings_of_one_name_are_said() -> None:
    person = Person("Max Strauß")
    assert one([person], (Kind.NAME, "Max Strauss")).evidence is Evidence.PLAIN
    assert one([person], (Kind.NAME, "MAX STRAUẞ")).evidence is Evidence.NAME


@pytest.mark.parametrize(
    ("known", "name", "is_theirs"),
    [
        *(('Robert "Bob" Lee', name, True) for name in ("Robert Lee", "Bob Lee", "leebob")),
        *(("Lee, Robert (Bob)", name, True) for name in ("Robert Lee", "Bob Lee", "leerobert")),
        *(("Jane (she/her) Doe", name, True) for name in ("Jane Doe", "doejane")),
        ("Doe, Jane [she/her]", "Jane Doe", True),
        ("Robert “Bob” Lee", "Lee, Bob", True),
        *(('Robert "Bob" Lee', name, False) for name in ("Bob", "Robert", "Lee", "Robert Bob")),
        *(("Jane Doe (Red Team)", name, name == "Jane Doe") for name in ("Jane Doe", "Red Team")),
    ],
)
def test_what_stands_in_brackets_may_be_missing(known: str, name: str, is_theirs: bool) -> None:
    person = Person(known)
    assert one([person], (Kind.NAME, name)).people == ((person,) if is_theirs else ())


LABS = [
    Person("Ann", "1", teams=("Lab 1-1",)),
    Person("Bob", "2", teams=("Lab 11",)),
    Person("Kim", "3", teams=("Red", "Zoe")),
    Person("Zoe", "4", teams=("Red", "red-")),
    Person("Lee", "5", teams=("red-", "Lee")),
]


@pytest.mark.parametrize(
    ("name", "people", "doubt"),
    [
        ("lab  11", "2", ""),
        ("Lab 1-1", "1", ""),
        ("lab11", "", "several teams have this name but for spaces and punctuation"),
        ("red", "34", ""),
        ("red-", "45", ""),
        ("zoe", "", "a team and a person have this name"),
        ("Lee", "5", ""),
    ],
)
def test_teams_of_similar_names(name: str, people: str, doubt: str) -> None:
    match = one(LABS, (Kind.ANY, name))
    assert ("".join(person.id for person in match.people), match.doubt) == (people, doubt)
    assert bool(match.candidates) == bool(doubt)


@pytest.mark.parametrize(
    ("inside", "is_teams"), [(["Ann"], False), (["bob", "x"], False), (["src", "Zoe"], True)]
)
def test_a_folder_of_single_members_is_no_teams(inside: list[str], is_teams: bool) -> None:
    folder = Author("red", (Clue(Kind.ANY, "Red Team"),), inside=tuple(inside))
    [match] = matched([*RED, Person("Zoe", "3")], folder).values()
    assert (match.people == tuple(RED)) == is_teams
    assert (match.doubt == "it holds work named after single members") != is_teams
