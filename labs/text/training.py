"""Training a model of text: unroll, compare, go back through time, update.

All randomness in an iteration (its windows, a model's dropout) comes from the seed and the
iteration's number, and a run holds everything else that an iteration depends on. So a run that is
stopped, saved and continued computes what it would have computed without the stop.
"""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import torch
from lab import UsageError
from torch import Tensor, nn

MakeModel = Callable[..., Any]


@dataclass(frozen=True)
class Settings:
    """The settings of a training run, in the tutorial's terms.

    An iteration reads `batch` windows of `unroll` characters. The learning rate falls to a tenth
    after `drop_at` iterations. `clip` is the largest norm of the gradient, infinite for no
    clipping. With `carry`, the windows of an iteration continue those of the one before and start
    from its last state; otherwise they are drawn from anywhere and start without a state.
    """

    core: str = "lstm"
    hidden_size: int = 128
    depth: int = 2
    batch: int = 64
    unroll: int = 64
    iterations: int = 2000
    learning_rate: float = 0.01
    drop_at: int = 1500
    clip: float = math.inf
    carry: bool = False
    report_every: int = 200
    seed: int = 0


@dataclass(frozen=True)
class Texts:
    """Tokens, int64 (characters,): training text, held-out text, and the prompt of samples."""

    train: Tensor
    valid: Tensor
    prompt: Tensor


@dataclass(frozen=True)
class Report:
    """The state of a run: losses in nats per character, and a sample of what it writes.

    `train` and `gradient_norm` are means over the iterations since the last report.
    """

    iteration: int
    train: float
    valid: float
    gradient_norm: float
    sample: list[int]


@dataclass
class Run:
    """A model in training, and everything that has happened to it.

    `symbols` is the size of its vocabulary, `state` the state carried into the next iteration.
    `losses` and `gradient_norms` have an entry for each iteration. If a run cannot go on, `ended`
    says why.
    """

    settings: Settings
    symbols: int
    model: Any
    optimizer: torch.optim.Optimizer
    device: torch.device
    state: Any = None
    losses: list[float] = field(default_factory=list)
    gradient_norms: list[float] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    seconds: float = 0.0
    ended: str = ""

    @property
    def iteration(self) -> int:
        """The number of iterations done."""
        return len(self.losses)

    @property
    def weights(self) -> int:
        """The number of trained weights."""
        return sum(parameter.numel() for parameter in self.model.parameters())

    @property
    def reported(self) -> int:
        """The iteration of the last report, 0 before the first."""
        return self.reports[-1].iteration if self.reports else 0


def start(make_model: MakeModel, symbols: int, settings: Settings, device: torch.device) -> Run:
    """A run before its first iteration. `make_model` has the signature of exercise 3's TextModel.

    The seed decides the initialization.
    """
    torch.manual_seed(settings.seed)
    model = make_model(
        symbols, hidden_size=settings.hidden_size, depth=settings.depth, core=settings.core
    ).to(device)
    # Fused: all parameters in one call, a quarter of the time of the plain loop over them.
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate, fused=True)
    return Run(settings, symbols, model, optimizer, device)


def train(run: Run, texts: Texts, steps: Iterable[object], keep: Callable[[Run], None]) -> None:
    """Train for one iteration per step, until the steps end or the run cannot go on.

    `keep` is called after each report, and also at the end if that comes between two reports.
    """
    for _ in steps:
        began = time.perf_counter()
        iterate(run, texts.train)
        if run.ended:
            break
        due = is_due(run.iteration, run.settings)
        if due:
            run.reports.append(report(run, texts))
        run.seconds += time.perf_counter() - began
        if due:
            keep(run)
    if run.iteration > run.reported:
        keep(run)


def iterate(run: Run, tokens: Tensor) -> None:
    """One iteration of training."""
    settings, model = run.settings, run.model
    rate = settings.learning_rate * (0.1 if run.iteration >= settings.drop_at else 1.0)
    for group in run.optimizer.param_groups:
        group["lr"] = rate
    torch.manual_seed(settings.seed * 1_000_003 + run.iteration)
    window = draw_windows(tokens, run.iteration, settings)
    model.train()
    logits, state = model(window[:-1], run.state)
    targets = window[1:].flatten()
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), targets)
    if not loss.isfinite():
        run.ended = f"the loss is {loss.item()} in iteration {run.iteration + 1}"
        return
    run.optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    norm = nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
    run.optimizer.step()
    run.state = with_each(state, Tensor.detach) if settings.carry else None
    run.losses.append(loss.item())
    run.gradient_norms.append(norm.item())


def draw_windows(tokens: Tensor, iteration: int, settings: Settings) -> Tensor:
    """The tokens of an iteration, (unroll + 1, batch): each is an input, the next its target."""
    room = len(tokens) - settings.unroll
    if settings.carry:
        streams = torch.arange(settings.batch) * (len(tokens) // settings.batch)
        starts = (streams + iteration * settings.unroll) % room
    else:
        starts = torch.randint(room, (settings.batch,))
    places = starts + torch.arange(settings.unroll + 1)[:, None]
    return tokens[places.to(tokens.device)]


def with_each(state: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """A model's state, of any structure, with every tensor in it changed.

    Raises UsageError for anything but tensors, numbers and strings, and for collections other than
    tuples, lists and dictionaries: nothing else could be saved.
    """
    if isinstance(state, Tensor):
        return change(state)
    if type(state) is dict:
        return {key: with_each(part, change) for key, part in state.items()}
    if type(state) in (tuple, list):
        return type(state)(with_each(part, change) for part in state)
    if state is None or isinstance(state, int | float | str):
        return state
    kind = type(state).__name__
    raise UsageError(f"--carry: a state may hold tensors, tuples, lists, dictionaries, not {kind}")


def is_due(iteration: int, settings: Settings) -> bool:
    """Whether to report: at every interval, at the end, and three times before the first."""
    every = settings.report_every
    early = (every // 8, every // 4, every // 2)
    return iteration % every == 0 or iteration in early or iteration == settings.iterations


def report(run: Run, texts: Texts) -> Report:
    """A report on the run as it is now."""
    losses, norms = run.losses[run.reported :], run.gradient_norms[run.reported :]
    return Report(
        run.iteration,
        sum(losses) / len(losses),
        nats_per_character(run.model, texts.valid),
        sum(norms) / len(norms),
        write(run.model, texts.prompt, SAMPLE_LENGTH, seed=run.iteration),
    )


SAMPLE_LENGTH = 90


@torch.no_grad()
def nats_per_character(model: Any, tokens: Tensor, streams: int = 64, piece: int = 64) -> float:
    """The mean cross entropy over a text, (characters,), read as `streams` texts side by side.

    The state is carried from piece to piece. The characters at the end that do not fill all
    streams are left out.
    """
    model.eval()
    length = (len(tokens) - 1) // streams
    inputs = tokens[: streams * length].reshape(streams, length).T
    targets = tokens[1 : streams * length + 1].reshape(streams, length).T
    total, state = 0.0, None
    for given, wanted in zip(torch.split(inputs, piece), torch.split(targets, piece), strict=True):
        logits, state = model(given, state)
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), wanted.flatten(), reduction="sum")
        total += loss.item()
    return total / (streams * length)


def write(
    model: Any, prompt: Tensor, length: int, temperature: float = 1.0, seed: int = 0
) -> list[int]:
    """Tokens that the model writes after a prompt, (characters,), by its own `generate`."""
    model.eval()
    generator = torch.Generator(device=prompt.device).manual_seed(seed)
    tokens, _ = model.generate(prompt[:, None], length, temperature, generator)
    written: list[int] = tokens[:, 0].tolist()
    return written
