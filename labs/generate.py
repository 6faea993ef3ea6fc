"""Let a trained model write: python labs/generate.py --prompt "HAMLET:|" --temperature 0.8

The model comes from the lab `shakespeare`. "|" in a prompt is an end of line.
"""

import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

from lab import Settings, UsageError, setting
from lab.settings import parse
from lab.student import explain, load

from grading.report import MAX_SEED


@dataclass(frozen=True, kw_only=True)
class Generate(Settings):
    """What to write, and with which model."""

    prompt: str = setting("HAMLET:|", "what to read first; | is an end of line")
    length: int = setting(500, "characters to write", low=1, high=1_000_000)
    temperature: float = setting(1.0, "what logits are divided by", low=1e-3, high=1e3)
    core: str = setting("lstm", "the core of the model", choices=("rnn", "gru", "lstm"))
    checkpoint: Path | None = setting(None, "a run (default: labs/results/shakespeare/CORE.pt)")
    device: str = setting("auto", "where to compute", choices=("auto", "cpu", "cuda"))
    out: Path | None = setting(None, "a file to write to (default: standard output)")


def main(arguments: list[str]) -> int:
    """Generate text with these arguments; return the exit code."""
    try:
        generate(parse(Generate, "generate", arguments))
    except Exception as error:
        ending = explain(error)
        print(f"generate: {ending.line}", file=sys.stderr)
        return ending.code
    return 0


def generate(settings: Generate) -> None:
    """Write text. Raises UsageError if the prompt is empty or there is no usable model."""
    if not settings.prompt:
        raise UsageError("--prompt is empty: a model must read something before it writes")
    # These import torch, which takes a while.
    from text import checkpoint, material, training

    ex3 = load("ex3", ("TextModel",), settings.submission, settings.reference).module
    device = material.device(settings.device)
    prompt = material.tokens(settings.prompt.replace("|", "\n"), device)
    path = settings.checkpoint or checkpoint.place(settings.core, settings.reference)
    run = checkpoint.trained(path, ex3.TextModel, device)
    seed = secrets.randbelow(MAX_SEED) if settings.seed is None else settings.seed
    written = training.write(run.model, prompt, settings.length, settings.temperature, seed)
    text = material.VOCABULARY.decode([*prompt.tolist(), *written])
    if settings.out is None:
        print(text)
    else:
        settings.out.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
