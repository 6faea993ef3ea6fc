"""Runs on disk: written whole or not at all, and continued exactly."""

import os
import pickle
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from lab import LABS, ROOT, UsageError
from torch import Tensor

from text.training import MakeModel, Report, Run, Settings, start, with_each

# How far two computations of the same logits may be apart, as a fraction of the largest logit.
# Rounding to TF32, as on another device, moves those of a trained GRU by 0.01; a model that drops
# its state moves those of an untrained LSTM by 0.2.
SAME = 0.02


RESULTS = LABS / "results" / "shakespeare"


class OtherModelError(Exception):
    """The current code does not make the model that was saved."""


def save(run: Run, path: Path) -> None:
    """Write a run. Until the new file is complete, even after a power cut, the old one stays."""
    content = {
        "settings": asdict(run.settings),
        "symbols": run.symbols,
        "model": run.model.state_dict(),
        "optimizer": run.optimizer.state_dict(),
        "state": run.state,
        "losses": run.losses,
        "gradient_norms": run.gradient_norms,
        "reports": [asdict(report) for report in run.reports],
        "seconds": run.seconds,
        "answers": answers(run),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.unfinished")
    try:
        with unfinished.open("wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def place(core: str, reference: bool, folder: Path | None = None) -> Path:
    """Where the lab `shakespeare` saves its run of a core; the reference has its own file."""
    return (folder or RESULTS) / f"{core}{'-reference' if reference else ''}.pt"


def trained(path: Path, make_model: MakeModel, device: torch.device) -> Run:
    """`load` for a lab that needs a trained model. Raises UsageError, in one line."""
    try:
        return load(path, make_model, device)
    except OSError as error:
        raise UsageError(
            f"{shown(path)}: {error.strerror}. python labs/shakespeare.py trains a model"
        ) from error
    except (OtherModelError, ValueError) as error:
        raise UsageError(f"{shown(path)} cannot be used: {error}") from error


def shown(path: Path) -> Path:
    """A path as you would type it in the course's folder."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def load(path: Path, make_model: MakeModel, device: torch.device) -> Run:
    """The saved run, with a model made by the current code.

    Raises OSError if there is no such file, ValueError if it is not a checkpoint, and
    OtherModelError if the model has other parameters, or computes something else from them.
    """
    content = _read(path)
    run = start(make_model, content["symbols"], Settings(**content["settings"]), device)
    try:
        run.model.load_state_dict(content["model"])
        run.optimizer.load_state_dict(content["optimizer"])
    except (RuntimeError, ValueError) as error:
        raise OtherModelError("it has other parameters") from error
    run.state = with_each(content["state"], lambda tensor: tensor.to(device))
    run.losses, run.gradient_norms = content["losses"], content["gradient_norms"]
    run.reports = [Report(**report) for report in content["reports"]]
    run.seconds = content["seconds"]
    before, now = content["answers"], answers(run)
    if before.shape != now.shape or (before - now).abs().max() > SAME * before.abs().max():
        raise OtherModelError("it computes something else from the same parameters")
    return run


def resume(
    path: Path,
    make_model: MakeModel,
    symbols: int,
    settings: Settings,
    device: torch.device,
    any_seed: bool = False,
) -> tuple[Run, str]:
    """The run with these settings, continued if it was begun before, and a note on what was found.

    A run may be continued with other numbers of iterations and reports, and with `any_seed` its
    seed need not match. A file that cannot be continued is moved aside, never overwritten.
    """
    if not path.exists():
        return start(make_model, symbols, settings, device), ""
    try:
        run = load(path, make_model, device)
        seed = run.settings.seed if any_seed else settings.seed
        asked = replace(settings, seed=seed)
        if _course(asked) == _course(run.settings):
            run.settings = asked
            return run, f"{run.iteration} iterations are done already"
        reason = "its settings are different"
    except (OtherModelError, ValueError) as error:
        reason = str(error)
    aside = _free_name(path)
    path.rename(aside)
    return (
        start(make_model, symbols, settings, device),
        f"started anew, because {path.name} cannot be continued: {reason}."
        f" It is kept as {aside.name}",
    )


@torch.no_grad()
def answers(run: Run) -> Tensor:
    """A fingerprint: the model's logits as it reads its alphabet once, (symbols, symbols)."""
    run.model.eval()
    alphabet = torch.arange(run.symbols, device=run.device)[:, None]
    logits: Tensor = run.model(alphabet)[0][:, 0].float().cpu()
    return logits


def _course(settings: Settings) -> Settings:
    """The settings that decide how a run goes: neither its length nor how often it reports."""
    return replace(settings, iterations=0, report_every=0)


def _read(path: Path) -> dict[str, Any]:
    """What `save` has written. Raises OSError, and ValueError for any other content."""
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError, KeyError) as error:
        raise ValueError("it is not a checkpoint") from error
    if not isinstance(content, dict) or "answers" not in content:
        raise ValueError("it is not a checkpoint")
    return content


def _free_name(path: Path) -> Path:
    """path with a number that no file has yet: lstm.pt becomes lstm-1.pt."""
    number = 1
    while (aside := path.with_stem(f"{path.stem}-{number}")).exists():
        number += 1
    return aside
