# %% [markdown]
# # Sine: a vanilla RNN learns a wave
#
# The network of exercise 1 is trained to continue a sine wave. Step by step it reads a value of the
# wave and predicts the next one:
#
#     h_t = tanh(W x_t + V h_{t-1})        y_t = O h_t        y_t should be x_{t+1}
#
# (No biases here: a sine wave is symmetric about 0, and so is such a network.)
#
# Where do the inputs come from? There are two answers, and most of this lab is about them.
#
# - With **teacher forcing** every x_t is the true value, whatever the network predicted before.
# - Without it the network reads true values for a while, the **warm start**, and then its own
#   predictions. The warm start is needed because one value does not say where on the wave it lies:
#   it takes two at least to tell whether the wave rises or falls, and how fast.
#
# To *generate* a wave there is no choice: there are no true values, so the network reads its own
# predictions. What teacher forcing trains is therefore not what is wanted in the end.
#
# Two losses are reported, both mean squared errors. The **training loss** belongs to the piece of
# the wave that the network is being trained on, read as in training; the **sampling loss** to the
# whole wave, generated from its warm start on. Predicting 0 everywhere has a loss of 0.5.

# %%
from dataclasses import asdict, dataclass

from lab import Settings, UsageError, figures, setting, start
from lab.leaderboard import Leaderboard


@dataclass(frozen=True, kw_only=True)
class Sine(Settings):
    """The hyper-parameters, with the tutorial's values."""

    unroll_length: int = setting(30, "values in a training sequence", low=2, high=62)
    iterations: int = setting(10_000, "training steps", low=1)
    warm_start: int = setting(10, "true values read before the network's own", low=0)
    teacher_forcing: bool = setting(False, "train on true values only")
    hidden_units: int = setting(20, "size of the hidden state", low=1)
    learning_rate: float = setting(1e-4, "of Adam", low=0.0)
    reporting_interval: int = setting(200, "training steps between reports", low=1)
    compare: bool = setting(False, "also run the tutorial's experiments (10 minutes)")
    initializations: int = setting(16, "networks for each experiment of --compare", low=2)


@dataclass(frozen=True)
class Experiment:
    """The settings that the tutorial varies."""

    unroll_length: int
    warm_start: int
    teacher_forcing: bool


lab = start("sine", Sine)
settings = lab.settings
leaderboard = Leaderboard(
    lab.out / "leaderboard.csv",
    columns=(
        *("sampling_loss", "training_loss", "iterations", "unroll_length", "warm_start"),
        *("teacher_forcing", "hidden_units", "learning_rate", "seed", "network", "code", "when"),
    ),
)

# %%
import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
import torch
from lab.ensemble import Ensemble
from torch import Tensor, nn
from torch.nn.functional import mse_loss

# The steps are so small that a second thread would only wait for the first.
torch.set_num_threads(1)
torch.manual_seed(lab.seed)
chance = np.random.default_rng(lab.seed)

VanillaRNN = lab.load("ex1", "VanillaRNN").VanillaRNN
# One period, (63 steps, a batch of 1, 1 feature). The network reads all but the last value, and
# predicts all but the first.
WAVE = torch.sin(torch.arange(0, 2 * math.pi, 0.1)).reshape(-1, 1, 1)


def new_network() -> nn.Module:
    network: nn.Module = VanillaRNN(hidden_size=settings.hidden_units, bias=False)
    return network


def first_value(unroll_length: int) -> int:
    """A place on the wave to begin a training sequence: for 62 values there is only one."""
    return int(chance.integers(len(WAVE) - unroll_length))


def keep(result: Experiment, iterations: int, losses: list[tuple[float, float]]) -> None:
    """Add training and sampling losses, one pair for each network, to the leaderboard."""
    leaderboard.append(
        [
            {
                "sampling_loss": f"{sampling_loss:.6f}",
                "training_loss": f"{training_loss:.6f}",
                "iterations": iterations,
                **asdict(result),
                "hidden_units": settings.hidden_units,
                "learning_rate": settings.learning_rate,
                "seed": lab.seed,
                "network": number,
                "code": "reference" if settings.reference else "own",
                "when": datetime.now(UTC).isoformat(timespec="seconds"),
            }
            for number, (training_loss, sampling_loss) in enumerate(losses)
        ]
    )


# %% [markdown]
# ## Training
#
# Each iteration takes a piece of the wave, unrolls the network over it, and sends the gradient back
# through all of its steps (backpropagation through time); without teacher forcing, that is also
# through the predictions that were fed back.
#
# The initialization is not fixed: unless you give a seed, every run begins with other weights.

# %%
network = new_network()
optimizer = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)


@dataclass(frozen=True)
class Report:
    """What to show after some iterations. Losses are mean squared errors."""

    iteration: int
    training_loss: float
    sampling_loss: float
    began: int
    predicted: Tensor
    generated: Tensor


def sample() -> Tensor:
    """The whole wave as the network generates it after its warm start: (62, 1, 1)."""
    with torch.no_grad():
        generated: Tensor = network(WAVE[:-1], force=False, warm_start=settings.warm_start)[0]
    return generated


def report(iteration: int, losses: list[float], began: int, predicted: Tensor) -> Report:
    """Measure and print. `losses` are those since the last report."""
    generated = sample()
    training_loss = float(np.mean(losses))
    sampling_loss = mse_loss(generated, WAVE[1:]).item()
    print(
        f"iteration {iteration:6d}   training loss {training_loss:.5f}   "
        f"sampling loss {sampling_loss:.5f}"
    )
    return Report(iteration, training_loss, sampling_loss, began, predicted, generated)


reports: list[Report] = []
losses: list[float] = []
for iteration in lab.steps(settings.iterations):
    began = first_value(settings.unroll_length)
    sequence = WAVE[began : began + settings.unroll_length]
    predicted, _ = network(
        sequence[:-1], force=settings.teacher_forcing, warm_start=settings.warm_start
    )
    if predicted.shape != sequence[1:].shape:
        shapes = f"{tuple(predicted.shape)}, not {tuple(sequence[1:].shape)}"
        raise UsageError(f"the outputs of VanillaRNN are {shapes}: see python grader.py ex1")
    loss = mse_loss(predicted, sequence[1:])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
    if (iteration + 1) % settings.reporting_interval == 0 or iteration + 1 == settings.iterations:
        reports.append(report(iteration + 1, losses, began, predicted.detach()))
        losses = []
if losses:  # interrupted
    reports.append(report(iteration + 1, losses, began, predicted.detach()))

if reports:
    last = reports[-1]
    keep(
        Experiment(settings.unroll_length, settings.warm_start, settings.teacher_forcing),
        last.iteration,
        [(last.training_loss, last.sampling_loss)],
    )


# %% tags=["fold"]
def draw_report(axes: Any, shown: Report) -> None:
    """Ground truth, training prediction and generated wave, with both losses in the title."""
    steps = np.arange(1, len(WAVE))
    axes.plot(steps, WAVE[1:].ravel(), ":", color="0.55", linewidth=5, label="Ground truth")
    at = shown.began + np.arange(1, len(shown.predicted) + 1)
    axes.plot(at, shown.predicted.ravel(), "o", color="#e69f00", label="Training prediction")
    axes.plot(steps, shown.generated.ravel(), "-", color="black", label="Generated")
    axes.set_title(
        f"Iteration {shown.iteration}\ntraining loss {shown.training_loss:.4f}, "
        f"sampling loss {shown.sampling_loss:.4f}"
    )
    axes.set_ylim(-1.5, 1.5)


if reports:
    figure, axes = figures.subplots(size=(8, 4.2))
    draw_report(axes, reports[-1])
    if not settings.teacher_forcing:
        axes.axvspan(0, settings.warm_start, color="0.93", label="Warm start")
    axes.set(xlabel="Step (0.1 of the wave's argument each)", ylabel="Value", xlim=(0, 63))
    axes.legend(loc="upper right")
    lab.show(
        figure,
        "prediction",
        alt="The sine wave, the training prediction on a piece of it, and the generated wave, after"
        f" {reports[-1].iteration} iterations: training loss {reports[-1].training_loss:.4f}, "
        f"sampling loss {reports[-1].sampling_loss:.4f}.",
    )

# %% [markdown]
# How it got there: six moments of the training, and both losses over time.

# %% tags=["fold"]
if reports:
    chosen = sorted({round(at) for at in np.linspace(0, len(reports) - 1, 6)})
    figure, grid = figures.subplots(2, 3, size=(10, 5.6), sharex=True, sharey=True, squeeze=False)
    for axes, number in zip(grid.flat, chosen, strict=False):
        draw_report(axes, reports[number])
        axes.title.set_fontsize(9)
    for axes in grid.flat[len(chosen) :]:
        axes.axis("off")
    for axes in grid[1]:
        axes.set_xlabel("Step")
    for axes in grid[:, 0]:
        axes.set_ylabel("Value")
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    lab.show(
        figure,
        "progress",
        alt="Training prediction and generated wave at up to six moments of the training.",
    )

    figure, axes = figures.subplots(size=(8, 3.6))
    iterations = [shown.iteration for shown in reports]
    styles = {"markevery": 0.1}
    axes.plot(
        iterations,
        [shown.training_loss for shown in reports],
        **figures.STYLES[0] | styles,
        label="Training loss (mean since the last report)",
    )
    axes.plot(
        iterations,
        [shown.sampling_loss for shown in reports],
        **figures.STYLES[2] | styles,
        label="Sampling loss",
    )
    axes.axhline(0.5, color="0.5", linewidth=1)
    at_right = axes.get_yaxis_transform()
    axes.text(1, 0.48, "predicting 0", transform=at_right, ha="right", va="top")
    axes.set(xlabel="Iteration", ylabel="Mean squared error")
    figures.logarithmic(axes.yaxis)
    axes.legend()
    lab.show(figure, "losses", alt="Training loss and sampling loss over the iterations.")

# %% [markdown]
# ## Experiments side by side
#
# One run says little: it depends on the initialization. `--compare` repeats the tutorial's
# experiments over several initializations, the same ones in each experiment. All networks of an
# experiment are trained at the same time, each as above, on pieces of its own.
#
# The tutorial says two things that these experiments decide:
#
# - "No teacher forcing makes training very difficult." At its own settings it does not; compare the
#   first two rows. With teacher forcing the training loss was lower in each of 128 initializations,
#   the task being easier, and the sampling loss higher in most of them, not in all.
# - "Unroll length 62 without teacher forcing and with a warm start of 2 should break training." It
#   does not: there is but one piece of the wave with 62 values, so the network can learn one
#   trajectory by heart, and two values are enough to enter it. What fails is a warm start of 2 with
#   an unroll length of 30: now there are 33 pieces, and the first two values must say which it is.

# %%
EXPERIMENTS = {
    "unroll 30": Experiment(30, 10, False),
    "unroll 30, forced": Experiment(30, 10, True),
    "unroll 62": Experiment(62, 10, False),
    "unroll 62, forced": Experiment(62, 10, True),
    "unroll 30, warm start 2": Experiment(30, 2, False),
    "unroll 62, warm start 2": Experiment(62, 2, False),
}


@dataclass(frozen=True)
class Outcome:
    """The results of an experiment. Losses are (networks,); `curves` has one for each report."""

    iterations: int
    training_loss: Any
    sampling_loss: Any
    warmed_loss: Any  # sampled with a warm start of 10, even if trained with another
    generated: Tensor  # (networks, 62)
    reported: list[int]
    curves: list[Any]


def errors(predicted: Tensor, true: Tensor) -> Tensor:
    """The mean squared error of each network: (networks,)."""
    return ((predicted - true) ** 2).mean(dim=(1, 2, 3))


def run(name: str, experiment: Experiment) -> Outcome:
    """Train the networks of one experiment; all experiments have the same initializations."""
    count, length = settings.initializations, experiment.unroll_length
    torch.manual_seed(lab.seed)
    networks = Ensemble(
        [new_network() for _ in range(count)],
        trial=WAVE[:4].expand(count, -1, -1, -1),
        force=False,
        warm_start=2,
    )
    if not networks.vectorized:
        print("Your code cannot be run for several networks at once: this takes longer.")
    optimizer = torch.optim.Adam(networks.parameters, lr=settings.learning_rate)
    reported: list[int] = []
    curves: list[Any] = []
    recent: list[Any] = []
    done = 0
    for iteration in lab.steps(settings.iterations):
        sequences = torch.stack(
            [WAVE[began : began + length] for began in (first_value(length) for _ in range(count))]
        )
        predicted = networks(
            sequences[:, :-1], force=experiment.teacher_forcing, warm_start=experiment.warm_start
        )
        losses = errors(predicted, sequences[:, 1:])
        optimizer.zero_grad()
        # No network affects the loss of another, so the gradient of the sum is that of each.
        losses.sum().backward()
        optimizer.step()
        recent.append(losses.detach().numpy())
        done = iteration + 1
        if done % settings.reporting_interval == 0 or done == settings.iterations:
            reported.append(done)
            curves.append(np.mean(recent, axis=0))
            recent = []
            if len(reported) % 5 == 0 or done == settings.iterations:
                loss = np.median(curves[-1])
                print(f"{name}: iteration {done:6d}   median training loss {loss:.5f}")
    if recent:  # interrupted
        reported.append(done)
        curves.append(np.mean(recent, axis=0))

    def sample(warm_start: int) -> Tensor:
        inputs = WAVE[:-1].expand(count, -1, -1, -1)
        with torch.no_grad():
            return networks(inputs, force=False, warm_start=warm_start)

    generated = sample(experiment.warm_start)
    true = WAVE[1:].expand(count, -1, -1, -1)
    return Outcome(
        done,
        curves[-1] if curves else np.full(count, np.nan),
        errors(generated, true).numpy(),
        errors(sample(10), true).numpy(),
        generated[..., 0, 0],
        reported,
        curves,
    )


outcomes: dict[str, Outcome] = {}
for name, experiment in EXPERIMENTS.items() if settings.compare else ():
    outcome = run(name, experiment)
    if outcome.iterations == 0:  # interrupted
        break
    outcomes[name] = outcome
    pairs = list(zip(outcome.training_loss, outcome.sampling_loss, strict=True))
    keep(experiment, outcome.iterations, pairs)
if not settings.compare:
    print("Not run. To run them: --compare (10 minutes).")


# %% tags=["fold"]
def label(name: str) -> str:
    """The name of an experiment, and how far it came if it was interrupted."""
    done = outcomes[name].iterations
    return name if done == settings.iterations else f"{name} ({done} iterations)"


def quantiles(losses: Any) -> list[str]:
    """Smallest, median and largest."""
    return [f"{value:.2g}" for value in np.quantile(losses, (0, 0.5, 1))]


if outcomes:
    lab.table(
        f"Losses of {settings.initializations} networks",
        ["experiment", "training: min", "median", "max", "sampling: min", "median", "max"],
        [
            [label(name), *quantiles(one.training_loss), *quantiles(one.sampling_loss)]
            for name, one in outcomes.items()
        ],
    )
    figure, pair = figures.subplots(1, 2, size=(10, 4.2), sharey=True)
    for axes, kind in zip(pair, ("training", "sampling"), strict=True):
        for row, one in enumerate(outcomes.values()):
            losses = getattr(one, f"{kind}_loss")
            style = figures.STYLES[row] | {"linestyle": "none", "alpha": 0.6}
            axes.plot(losses, row + np.linspace(-0.22, 0.22, len(losses)), **style)
            axes.plot([np.median(losses)] * 2, [row - 0.4, row + 0.4], color="black", linewidth=2.5)
        axes.set(xlabel="Mean squared error", title=f"{kind.capitalize()} loss")
        figures.logarithmic(axes.xaxis)
        axes.set_yticks(range(len(outcomes)), [label(name) for name in outcomes])
    pair[0].invert_yaxis()
    lab.show(
        figure,
        "comparison",
        alt="For each experiment the training and sampling losses of all networks as points, with "
        "their medians, on a logarithmic scale. The numbers are in the table.",
    )

# %% [markdown]
# The two experiments with a warm start of 2, seen more closely. On the right the waves that all
# networks generate from two true values.

# %% tags=["fold"]
TWO = [name for name in outcomes if EXPERIMENTS[name].warm_start == 2]
if TWO:
    figure, row = figures.subplots(
        1, 1 + len(TWO), size=(11, 3.8), width_ratios=[1.3, *[1] * len(TWO)]
    )
    for number, name in enumerate(TWO):
        one, style = outcomes[name], figures.STYLES[2 * number]
        low, middle, high = np.quantile(np.stack(one.curves), (0, 0.5, 1), axis=1)
        row[0].plot(one.reported, middle, **style | {"markevery": 0.2}, label=name)
        row[0].fill_between(one.reported, low, high, color=style["color"], alpha=0.15)
        axes = row[1 + number]
        steps = np.arange(1, len(WAVE))
        axes.plot(steps, one.generated.T.numpy(), color="black", linewidth=0.7, alpha=0.6)
        axes.plot(steps, WAVE[1:].ravel(), ":", color="0.5", linewidth=4)
        axes.set(title=name, xlabel="Step", ylabel="Generated value", ylim=(-1.5, 1.5))
    row[0].set(
        title="Training loss: median, smallest to largest",
        xlabel="Iteration",
        ylabel="Mean squared error",
    )
    figures.logarithmic(row[0].yaxis)
    row[0].legend(loc="lower left")
    lab.show(
        figure,
        "warm_start_2",
        alt="Left: training losses over the iterations for a warm start of 2 with unroll lengths "
        "30 and 62. Right: the waves that the networks of both experiments generate.",
    )

free, forced = outcomes.get("unroll 30"), outcomes.get("unroll 30, forced")
if free and forced:
    lower = int((forced.training_loss < free.training_loss).sum())
    higher = int((forced.sampling_loss > free.sampling_loss).sum())
    print(
        f"Unroll 30: of {settings.initializations} networks, teacher forcing gave {lower} a lower "
        f"training loss and {higher} a higher sampling loss."
    )
by_heart = outcomes.get("unroll 62, warm start 2")
if by_heart:
    two, ten = quantiles(by_heart.sampling_loss), quantiles(by_heart.warmed_loss)
    print(
        "Unroll 62, warm start 2, sampling losses: smallest, median, largest\n"
        f"  from 2 true values, as trained: {', '.join(two)}\n"
        f"  from 10 true values:            {', '.join(ten)}"
    )

# %% [markdown]
# More true values ought to help. If they harm, the network has not learned what a sine wave is, but
# one path from one beginning.
#
# ## Leaderboard
#
# Every result is added to `leaderboard.csv` beside this page: the tutorial's shared spreadsheet,
# for you alone. Does the lowest sampling loss belong to the best network? See what each was asked.

# %% tags=["fold"]
SHOWN = 10


def by_sampling_loss(row: dict[str, str]) -> float:
    """The sort key of a row: a loss that is not a number comes last."""
    loss = float(row["sampling_loss"])
    return math.inf if math.isnan(loss) else loss


kept = sorted(leaderboard.rows(), key=by_sampling_loss)
if kept:
    shown = [name for name in leaderboard.columns if name not in ("seed", "network", "when")]
    lab.table(
        f"The lowest sampling losses of {len(kept)} so far",
        ["rank", *(name.replace("_", " ") for name in shown)],
        [
            [str(rank), *(row[name] for name in shown)]
            for rank, row in enumerate(kept[:SHOWN], start=1)
        ],
    )
if reports:
    mine = reports[-1].sampling_loss
    better = sum(by_sampling_loss(row) < round(mine, 6) for row in kept)
    print(f"The network trained above: sampling loss {mine:.5f}, rank {better + 1} of {len(kept)}.")

# %% [markdown]
# ## Questions

# %%
lab.questions("ex1")
