# %% [markdown]
# # Shakespeare: a network learns to write, one character at a time
#
# A language model reads a text and says after each character which one it expects next. Here your
# `TextModel` of exercise 3 is trained on sonnets and plays by Shakespeare, with teacher forcing:
# while it learns it always reads the true text, whatever it would have written itself. Only when it
# writes does it read its own characters.
#
# Every setting below is an option: `python labs/shakespeare.py --help`. A training that was stopped
# goes on where it was when you run the lab again, and computes what it would have computed without
# the stop.

# %%
import math
from dataclasses import dataclass

from lab import Settings, figures, setting, start

CORES = ("rnn", "gru", "lstm")


@dataclass(frozen=True, kw_only=True)
class Shakespeare(Settings):
    """The hyper-parameters."""

    core: str = setting("all", "the recurrent core to train", choices=("all", *CORES))
    hidden_units: int = setting(128, "hidden units of each layer", low=1)
    depth: int = setting(2, "recurrent layers", low=1)
    batch_size: int = setting(64, "windows of text in an iteration", low=1, high=4096)
    unroll_length: int = setting(64, "characters in a window", low=1, high=4096)
    iterations: int = setting(2000, "training steps", low=1)
    learning_rate: float = setting(0.01, "of Adam", low=0)
    drop_at: int = setting(1500, "iterations before the learning rate falls to a tenth", low=0)
    clip: float = setting(math.inf, "the largest norm of the gradient", low=1e-6)
    carry: bool = setting(False, "let windows follow each other, and carry the state over")
    reporting_interval: int = setting(200, "iterations between two reports", low=1)
    device: str = setting("auto", "where to compute", choices=("auto", "cpu", "cuda"))


lab = start("shakespeare", Shakespeare)
settings = lab.settings

# %% [markdown]
# ## What a loss is worth
#
# The loss is the cross entropy in nats per character, the mean of -ln p(the character that comes).
# What a number means shows next to models that need no network. An n-gram model knows the last
# n - 1 characters, and has counted in the training text what follows them. No model that knows the
# current character alone can get below the line "no memory": that is the bigram model fitted on the
# very text that it is judged by. A network below it uses its memory.

# %%
from typing import Any

from text import checkpoint, material, ngrams, training

from data import corpus

device = material.device(settings.device)
texts = material.texts(device)
symbols = len(material.VOCABULARY)
train_ids, valid_ids = texts.train.cpu().numpy(), texts.valid.cpu().numpy()
baselines = {"uniform": ngrams.uniform(symbols)}
for n, entropy in enumerate(ngrams.cross_entropies(train_ids, valid_ids, symbols, 5), start=1):
    baselines[f"{n}-gram"] = entropy
    if n == 2:
        baselines["no memory"] = ngrams.memoryless_floor(valid_ids, symbols)
lab.table(
    f"Without a network, on {len(texts.valid):,} characters that are held out",
    ["model", "nats per character"],
    [[name, f"{nats:.3f}"] for name, nats in baselines.items()],
)

# %% [markdown]
# ## Training
#
# An iteration reads a batch of windows, compares what was expected with what came, and goes back
# through time (`iterate` in `labs/text/training.py`). A report gives the loss on the windows since
# the last report and the loss on the text held out, and lets the model write.

# %%
ex3 = lab.load("ex3", "TextModel")
cores = CORES if settings.core == "all" else (settings.core,)


def wanted(core: str) -> training.Settings:
    """The lab's settings as settings of the training."""
    return training.Settings(
        core=core,
        hidden_size=settings.hidden_units,
        depth=settings.depth,
        batch=settings.batch_size,
        unroll=settings.unroll_length,
        iterations=settings.iterations,
        learning_rate=settings.learning_rate,
        drop_at=settings.drop_at,
        clip=settings.clip,
        carry=settings.carry,
        report_every=settings.reporting_interval,
        seed=lab.seed,
    )


def keep(run: training.Run) -> None:
    checkpoint.save(run, checkpoint.place(run.settings.core, settings.reference, lab.out))
    if run.iteration == run.reported:
        show(run.reports[-1])


def show(report: training.Report) -> None:
    print(
        f"{report.iteration:6}  training {report.train:.3f}  held out {report.valid:.3f}  "
        f"gradient {report.gradient_norm:.2f}  {material.shown(report.sample)}"
    )


runs: list[training.Run] = []
for core in cores:
    if lab.interrupted:
        break
    path = checkpoint.place(core, settings.reference, lab.out)
    any_seed = settings.seed is None
    run, found = checkpoint.resume(path, ex3.TextModel, symbols, wanted(core), device, any_seed)
    runs.append(run)
    print(f"{core.upper()} on {device}, {run.weights:,} weights{found and f': {found}'}")
    for report in run.reports:
        show(report)
    training.train(run, texts, lab.steps(settings.iterations, start=run.iteration), keep)
    if run.ended:
        print(f"    stopped: {run.ended}. Try a lower learning rate, or --clip 1")

# %% [markdown]
# ## Losses
#
# Thick lines with markers: the text held out, read as a whole. Thin lines: the windows trained on,
# each from an empty state unless you carry it over, as means of ten iterations. On the left the
# axis of iterations is logarithmic, for most of the learning is early; on the right is the end.

# %% tags=["fold"]
runs = [run for run in runs if run.iteration]


def means(values: list[float], of: int = 10) -> tuple[list[int], list[float]]:
    """Where each full group of `of` values ends, and its mean."""
    ends = range(of, len(values) + 1, of)
    return list(ends), [sum(values[end - of : end]) / of for end in ends]


def draw(axes: Any) -> None:
    """Draw the curves of every core, and the lines of the models without a network."""
    for run, style in zip(runs, figures.STYLES, strict=False):
        axes.plot(*means(run.losses), color=style["color"], linewidth=0.7, alpha=0.6)
        reported = [one.iteration for one in run.reports]
        losses = [one.valid for one in run.reports]
        axes.plot(reported, losses, label=run.settings.core.upper(), **style)
    for name, nats in baselines.items():
        axes.axhline(nats, color="0.45", linewidth=0.8, linestyle=(0, (1, 2)))
        # Two of these lines nearly coincide.
        side = {"2-gram": "bottom", "no memory": "top"}.get(name, "center")
        right = {"xycoords": ("axes fraction", "data"), "fontsize": 8, "annotation_clip": True}
        axes.annotate(f" {name} {nats:.2f}", (1, nats), va=side, **right)
    axes.set_xlabel("Iterations")
    axes.grid(visible=False)


figure, (whole, end) = figures.subplots(1, 2, size=(10, 5.2), width_ratios=(3, 2))
for axes in (whole, end):
    draw(axes)
whole.set(
    title="From the beginning",
    ylabel="Nats per character",
    ylim=(0.9 * min(baselines.values()), 1.03 * max(baselines.values())),
)
if runs:
    figures.logarithmic(whole.xaxis)
    whole.legend(loc="upper right")
    last = max(run.iteration for run in runs)
    late = [loss for run in runs for loss in run.losses[last // 2 :]]
    end.set(
        title="The second half", xlim=(last / 2, last), ylim=(min(late) - 0.05, max(late) + 0.05)
    )
reports = {run.settings.core.upper(): run.reports[-1] for run in runs if run.reports}
reached = ", ".join(f"{core} {report.valid:.2f}" for core, report in reports.items())
lab.show(
    figure,
    "losses",
    alt="Loss against iterations, whole with a logarithmic axis and its second half. Last on the "
    f"text held out: {reached}. Dotted lines: the n-gram models of the table above.",
)

# %% [markdown]
# Gradients: the norm over all weights, before any clipping. A spike is an iteration in which going
# back through time has multiplied more than usual; if the loss follows it upward, try `--clip 1`.

# %% tags=["fold"]
figure, axes = figures.subplots(size=(9, 3.6))
for run, style in zip(runs, figures.STYLES, strict=False):
    axes.plot(*means(run.gradient_norms), label=run.settings.core.upper(), **style | {"marker": ""})
axes.set(xlabel="Iterations", ylabel="Norm of the gradient")
if runs:
    figures.logarithmic(axes.yaxis)
    axes.legend()
lab.show(
    figure, "gradients", alt="The norm of the gradient against iterations, for each core trained."
)

# %% [markdown]
# How it ends. All three texts are read as wholes; of the training text as many characters as there
# are held out. If "trained on" is much lower than "held out", the model knows its text by heart.

# %%
test = material.tokens(corpus.load("test"), device)
judged = {"trained on": texts.train[: len(texts.valid)], "held out": texts.valid, "test": test}
lab.table(
    "Nats per character",
    ["core", "weights", "iterations", "seconds", *judged],
    [
        [run.settings.core.upper(), f"{run.weights:,}", f"{run.iteration:,}", f"{run.seconds:.0f}"]
        + [f"{training.nats_per_character(run.model, text):.3f}" for text in judged.values()]
        for run in runs
    ],
)

# %% [markdown]
# ## What it writes
#
# By now the model should spell words, and write in the form of a play or a sonnet, if without much
# sense. The temperature divides the logits before a character is drawn. An end of line is shown as
# "|". More, with a prompt of your own:
#
#     python labs/generate.py --prompt "HAMLET:|" --temperature 0.8

# %%
prompt = material.tokens("ROMEO:\n", device)
for run in runs:
    for temperature in (0.3, 0.7, 1.0, 1.5):
        written = training.write(run.model, prompt, 200, temperature, seed=lab.seed)
        print(
            f"{run.settings.core.upper()}, temperature {temperature}: {material.shown(written)}\n"
        )

# %% [markdown]
# ## Questions

# %%
lab.questions("ex3")
