"""The networks that the labs on exercise 4 look at, and what can be seen in them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lab import UsageError
from numpy.typing import ArrayLike
from torch import Tensor

from data import corpus
from text import checkpoint, features, material, training
from text.opening import (
    SAME_HIDDEN,
    ClosedModelError,
    GateActivations,
    open_lstm,
    require_same,
)
from text.own import OneHotLSTM
from text.training import MakeModel, Run, Settings

CPU = torch.device("cpu")
# This takes some CPU seconds; after it, units follow the text as in no untrained network.
SHORT = Settings(hidden_size=64, batch=32, unroll=32, iterations=300)
GATES = ("input", "forget", "output")
# The labs measure on this much of the held-out text, read as streams side by side.
CHARACTERS, STREAMS = 18_176, 16
# Characters to read before a passage, so that the state is what it would be there.
WARM_UP = 400
# Steps over which two ways to compute h are compared.
COMPARED = 50
# By name, such as "c of layer 2": (steps, streams, units).
Activations = dict[str, Tensor]


@dataclass(frozen=True)
class Subject:
    """A network to look at. If its gates and memory cells cannot be seen, `closed` says why."""

    name: str
    run: Run
    make_model: MakeModel
    closed: str = ""

    def untrained(self, seed: int) -> Any:
        """The same network before its first iteration: a control."""
        settings = replace(self.run.settings, seed=seed)
        return training.start(self.make_model, self.run.symbols, settings, CPU).model

    def look(self, model: Any, tokens: Tensor, ex4: Any) -> Activations:
        """What can be seen in this network, or an untrained one, as it reads (steps, streams).

        `ex4` is the module of exercise 4.
        """
        return look(model, tokens, ex4.gate_activations, bool(self.closed))


def find(
    given: Path | None, reference: bool, make_model: MakeModel, seed: int, steps: Iterable[object]
) -> Subject:
    """The student's model: the run in `given`, or else the one that the lab `shakespeare` trained.

    If there is neither, it trains a model briefly, for as many iterations as there are `steps`.
    It prints which model it is. Raises UsageError if the run in `given` cannot be loaded.
    """
    path = given or checkpoint.place("lstm", reference)
    try:
        run = checkpoint.trained(path, make_model, CPU)
        core, done = run.settings.core, run.iteration
        print(f"Your TextModel, {core}, after {done:,} iterations: {checkpoint.shown(path)}")
    except UsageError as error:
        if given is not None:
            raise
        print(error)
        run = _short(make_model, seed, steps)
        print(f"So, your TextModel after a short training of {run.iteration} iterations")
    return Subject("your TextModel", run, make_model, _why_closed(run.model))


def own(seed: int, steps: Iterable[object]) -> Subject:
    """The labs' own LSTM, after a short training."""
    return Subject("the lab's own LSTM", _short(OneHotLSTM, seed, steps), OneHotLSTM)


@torch.no_grad()
def look(
    model: Any, tokens: Tensor, gate_activations: GateActivations, closed: bool = False
) -> Activations:
    """Everything that can be seen while a model reads tokens, (steps, streams).

    In a closed model that is h, from its `hidden_states`; in an open one h, c and the gates, from
    exercise 4's `gate_activations`. Raises UsageError if that function does not compute what
    torch's own cells do.
    """
    model.eval()
    if closed:
        hidden = model.hidden_states(tokens)
        return {f"h of layer {n}": layer for n, layer in enumerate(hidden.unbind(1), start=1)}
    opened = open_lstm(model, tokens)
    expected = opened.hidden(COMPARED)
    seen: Activations = {}
    for n, layer in enumerate(opened.gates(gate_activations), start=1):
        if (layer["hidden"][:COMPARED] - expected[:, n - 1]).abs().max() > SAME_HIDDEN:
            raise UsageError("gate_activations differs from nn.LSTMCell: see python grader.py ex4")
        seen[f"h of layer {n}"] = layer["hidden"]
        seen[f"c of layer {n}"] = layer["cell"]
        for gate in GATES:
            seen[f"{gate} gate of layer {n}"] = layer[gate]
    return seen


def states(seen: Activations) -> Activations:
    """All activations except the gates."""
    return {name: values for name, values in seen.items() if "gate" not in name}


def gates(seen: Activations) -> Activations:
    """The gates only; empty for a closed model."""
    return {name: values for name, values in seen.items() if "gate" in name}


def searched() -> tuple[str, Tensor]:
    """The text that the labs measure on, and its tokens, (steps, streams)."""
    text = corpus.load("valid")[:CHARACTERS]
    return text, cut(material.VOCABULARY.encode(text), STREAMS)


def passage(length: int) -> tuple[str, Tensor]:
    """A passage of `length` characters after the searched text, from a speaker's name on.

    The tokens, (steps, 1), begin WARM_UP characters earlier.
    """
    text = corpus.load("valid")
    name = features.SPEAKER.search(text, CHARACTERS + WARM_UP)
    assert name is not None
    begin, end = name.start(), name.start() + length
    return text[begin:end], cut(material.VOCABULARY.encode(text[begin - WARM_UP : end]), 1)


def cut(values: ArrayLike, streams: int) -> Tensor:
    """A value for each character of a text, as streams side by side, (steps, streams)."""
    array = np.asarray(values)
    length = len(array) // streams
    return torch.from_numpy(array[: streams * length].reshape(streams, length).T.copy())


def _short(make_model: MakeModel, seed: int, steps: Iterable[object]) -> Run:
    """A model after a short training, without reports."""
    texts = material.texts(CPU)
    run = training.start(make_model, len(material.VOCABULARY), replace(SHORT, seed=seed), CPU)
    for _ in steps:
        training.iterate(run, texts.train)
    return run


def _why_closed(model: Any) -> str:
    """Why the gates of a model cannot be seen; empty if they can."""
    tokens = torch.arange(len(material.VOCABULARY))[:COMPARED, None]
    model.eval()
    try:
        require_same(open_lstm(model, tokens), model.hidden_states(tokens))
    except ClosedModelError as error:
        return str(error)
    return ""
