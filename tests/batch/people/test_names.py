"""Names are compared letter for letter, in every script."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.batch.people.names import are_akin, fits, is_one_name, orders, plain, squeezed, words

NAMES = (
    *("Jane Doe", "Zoë O'Brien-Ré", "Łukasz Kowalski", "Nguyễn Văn Đức", "Strauß", "Øystein Berg"),
    *("王小明", "김민수", "Kim 지훈", "田中太郎", "Αλέξανδρος Παπάς", "Anna Сидорова", "محمد علي"),
    *("आरव शर्मा", "กิตติ สุข", "İbrahim Şahin", "ﬁona", "\uff2a\uff41\uff4e\uff45"),
)
letters = st.characters(categories=["L", "N"])
# Every case of these letters is one letter, which is not so of all that there are.
cased = st.text("abcxyzäöüéñçøåžščđłвджз βδε-'", min_size=1)


def kept(text: str) -> list[str]:
    """What `text` is made of, apart from spaces, punctuation and case."""
    folded = (
        one.casefold() if one not in "ßẞ" else "ß" for one in unicodedata.normalize("NFKC", text)
    )
    normal = unicodedata.normalize("NFKC", "".join(folded))
    return [one for one in normal if unicodedata.category(one)[0] in "LMN"]


@given(st.text(letters, min_size=1))
def test_no_letter_is_dropped(text: str) -> None:
    assert list(squeezed(text)) == kept(text)
    assert squeezed(text)


@given(st.text(letters, min_size=1), letters)
def test_a_letter_more_is_another_name(text: str, letter: str) -> None:
    assert squeezed(text + letter) != squeezed(text)


@given(st.text(st.characters(categories=["L", "M", "N", "P", "Zs"])))
def test_composed_and_decomposed_names_are_equal(text: str) -> None:
    composed, apart = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert squeezed(composed) == squeezed(apart)


@given(cased)
def test_case_spaces_and_punctuation_do_not_matter(text: str) -> None:
    assert squeezed(text.upper()) == squeezed(text) == squeezed(text.title())
    assert squeezed(text) == squeezed(f"  {' . '.join(text)}-")


@given(st.text(letters))
def test_squeezing_again_changes_nothing(text: str) -> None:
    assert squeezed(squeezed(text)) == squeezed(text)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_any_script_is_itself_and_no_other(name: str) -> None:
    assert squeezed(unicodedata.normalize("NFD", name)) == squeezed(name)
    assert [other for other in NAMES if squeezed(other) == squeezed(name)] == [name]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("Kim 지훈", "Kim 민수"), ("Anna Сидорова", "Anna Петрова"), ("Li 伟", "Li 娜")),
        *(("Øystein", "Oystein"), ("Łukasz", "Lukasz"), ("Zoë", "Zoe"), ("Anna", "\u0410nna")),
        *(("Strauß", "Strauss"), ("STRAUẞ", "STRAUSS")),
    ],
)
def test_letters_are_not_replaced_by_others(one: str, other: str) -> None:
    assert squeezed(one) != squeezed(other)


@pytest.mark.parametrize(
    ("name", "spellings"),
    [
        ("Øystein Berg", {"oysteinberg", "oeysteinberg"}),
        ("Müller", {"muller", "mueller"}),
        ("Mu\u0308ller", {"muller", "mueller"}),
        ("Strauß", {"strauss"}),
        ("Łukasz", {"lukasz"}),
        ("Đức", {"duc"}),
        ("王小明", {"wangxiaoming"}),
        ("Jane Doe", {"janedoe"}),
        ("...", set()),
    ],
)
def test_plain_spellings(name: str, spellings: set[str]) -> None:
    assert plain(name) == spellings


@given(st.text(letters))
def test_a_plain_spelling_is_plain(text: str) -> None:
    for spelling in plain(text):
        assert spelling.isascii()
        assert spelling.isalnum()
        assert spelling == spelling.lower()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Doe, Jane Mary", ["Doe Jane Mary", "Jane Mary Doe"]),
        ("Jane Mary Doe", ["Jane Mary Doe", "Mary Doe Jane", "Doe Jane Mary"]),
        ("Jane", ["Jane"]),
        ("", [""]),
        ("Doe, John Jr.", ["Doe John Jr.", "John Jr. Doe", "Doe John Jr.", "John Doe Jr."]),
        ("Doe, Ann, II", ["Doe Ann, II", "Ann, II Doe", "Doe Ann II", "Ann Doe II"]),
        (
            'Lee, Robert "Bob"',
            [
                *('Lee Robert "Bob"', 'Robert "Bob" Lee', "Lee Robert", "Robert Lee"),
                *("Lee Bob", "Bob Lee"),
            ],
        ),
        ("Jane (1)", ["Jane (1)", "(1) Jane"]),
        (
            "Ann Doe III",
            ["Ann Doe III", "Doe III Ann", "III Ann Doe", "Ann Doe III", "Doe Ann III"],
        ),
    ],
)
def test_orders_of_a_name(name: str, expected: list[str]) -> None:
    assert [" ".join(order.split()) for order in orders(name)] == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        *(("Mary-Ann Lee", "Mary Ann Lee", True), ("Mary-Ann Lee", "Maryann Lee", True)),
        *(("doe_jane", "Doe, Jane", True), ("doejane", "Doe, Jane", True)),
        *(("O'Neil", "oneil", True), ("王小明", "王 小明", True), ("J. Doe", "J Doe", True)),
        *(("Anna Bell", "Ann Abell", False), ("Fang An", "Fan Gan", False)),
        *(("anna-bell", "Ann Abell", False), ("Jane", "Jane Doe", False), ("", "Jane", False)),
    ],
)
def test_no_word_begins_inside_another(one: str, other: str, expected: bool) -> None:
    assert fits(words(one), words(other)) == fits(words(other), words(one)) == expected


@pytest.mark.parametrize(
    ("one", "other", "is_one", "akin"),
    [
        *(("Jane Doe", "Doe, Jane", True, True), ("Øystein Berg", "Berg, Oystein", True, True)),
        *(
            ("Doe, Jane Mary", "Jane Doe", True, True),
            ("John Doe Jr.", "Doe, John Jr.", True, True),
        ),
        *(("Kim Jihoon", "Kim Minsu", False, True), ("Jane Doe", "James Doe", False, True)),
        *(("Jane", "Jane Doe", False, True), ("doejane", "Jane Roe", False, True)),
        *(("wangkevin", "王小明", False, True), ("Kevin", "王小明", False, True)),
        *(("lopezmaria", "Doe, Jane", False, False), ("group1", "Jane Doe", False, False)),
        *(("Maria Lopez", "Jane Doe", False, False), ("J. Roe", "J. Doe", False, False)),
        *(("王小明", "李娜", False, False), ("Иван Петров", "Ivan Smith", False, True)),
    ],
)
def test_names_of_one_person(one: str, other: str, is_one: bool, akin: bool) -> None:
    assert is_one_name(one, other) == is_one_name(other, one) == is_one
    assert are_akin(one, other) == are_akin(other, one) == akin


def test_letters_that_unzip_could_not_write_are_themselves() -> None:
    assert squeezed("Jos#U00e9 #U738b") == squeezed("José 王")
    assert plain("Jos#U00e9") == plain("José")
    assert "josu" in squeezed("Jos#U00")
    assert plain("x#Ud800") == {"x"}  # half a character
