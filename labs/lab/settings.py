"""The settings of a lab: a dataclass whose fields are its command line options."""

import argparse
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, NoReturn, TypeVar, get_args, get_type_hints

from grading.errors import UsageError
from grading.report import MAX_SEED

T = TypeVar("T")
S = TypeVar("S", bound="Settings")


def setting(
    default: T,
    help: str,
    low: float | None = None,
    high: float | None = None,
    choices: Sequence[T] | None = None,
) -> T:
    """A field of `Settings`, with its option's help and values (bounds are inclusive)."""
    metadata = {"help": help, "low": low, "high": high, "choices": choices}
    # Like dataclasses.field itself, it returns a stand-in for a value of the field's type.
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The options of every lab. A lab adds its own fields: int, float, str, bool or Path.

    A lab refuses settings that do not fit together by raising UsageError in `__post_init__`.
    """

    seed: int | None = setting(None, "draw the same again (default: anew)", 0, MAX_SEED - 1)
    out: Path | None = setting(None, "a folder for what is made (default: labs/results/NAME)")
    submission: Path | None = setting(
        None, "a file or notebook, or a folder that holds the exercise's (default: exercises/)"
    )
    reference: bool = setting(False, "run on the reference, not on your own code")


def parse(kind: type[S], name: str, arguments: Sequence[str]) -> S:
    """The settings from these command line arguments.

    Raises UsageError, in one line, for arguments that are invalid; SystemExit after --help.
    """
    parser = _Parser(prog=f"python labs/{name}.py", allow_abbrev=False)
    hints = get_type_hints(kind)
    # A lab's own options come first.
    for item in sorted(fields(kind), key=lambda item: item.name in _COMMON):
        kinds = [part for part in _parts(hints[item.name]) if part is not NoneType]
        text = item.metadata["help"]
        if item.default is not None and kinds != [bool]:
            text += " (default: %(default)s)"
        options: dict[str, Any] = {"default": item.default, "help": text}
        if kinds == [bool]:
            on = argparse.BooleanOptionalAction if item.default else "store_true"
            options["action"] = on
        else:
            options["type"] = _reader(kinds[0], item.metadata["low"], item.metadata["high"])
            options["choices"] = item.metadata["choices"]
            options["metavar"] = None if options["choices"] else kinds[0].__name__.upper()
        parser.add_argument(_option(item.name), **options)
    return kind(**vars(parser.parse_args(arguments)))


def command(settings: Settings, name: str) -> str:
    """The command that runs the lab with these settings again; defaults are left out."""
    words = ["python", f"labs/{name}.py"]
    for item in fields(settings):
        value = getattr(settings, item.name)
        if value == item.default:
            continue
        if isinstance(value, bool):
            words.append(_option(item.name if value else f"no_{item.name}"))
        else:
            words += [_option(item.name), str(value)]
    return shlex.join(words)


_COMMON = {item.name for item in fields(Settings)}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _parts(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if isinstance(hint, UnionType) else (hint,)


def _reader(kind: Callable[[str], Any], low: float | None, high: float | None) -> Any:
    def read(text: str) -> Any:
        value = kind(text)
        # Written so that NaN is refused too.
        if low is not None and not value >= low:
            raise argparse.ArgumentTypeError(f"{text} is below {low:g}")
        if high is not None and not value <= high:
            raise argparse.ArgumentTypeError(f"{text} is above {high:g}")
        return value

    # argparse uses the name: "invalid int value".
    read.__name__ = getattr(kind, "__name__", "")
    return read
