"""How long training takes: the lab `shakespeare` against a bare PyTorch loop of the same model.

    python benchmarks/training.py --core lstm

Both train the reference's TextModel at the tutorial's settings from the same weights. The bare loop
does nothing else; the lab also measures the loss on held-out text, lets the model write, measures
gradients and saves checkpoints, as often as it does by default. The two take turns of 20 iterations
in one process, so that the machine's other work affects both.
"""

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

# As in a lab; set before torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "labs")]

import torch
from text import checkpoint, material, training
from torch import nn

from reference.ex3_text_model import TextModel

CPU = torch.device("cpu")
SYMBOLS = len(material.VOCABULARY)
TURN = 20


@dataclass
class Spent:
    """CPU and wall seconds."""

    cpu: float
    wall: float

    @classmethod
    def now(cls) -> "Spent":
        return cls(time.process_time(), time.perf_counter())

    def __sub__(self, other: "Spent") -> "Spent":
        return Spent(self.cpu - other.cpu, self.wall - other.wall)

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(self.cpu + other.cpu, self.wall + other.wall)


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the training of a core.")
    parser.add_argument("--core", choices=("rnn", "gru", "lstm"), default="lstm")
    parser.add_argument("--iterations", type=int, default=2000)
    options = parser.parse_args()
    settings = training.Settings(core=options.core, iterations=options.iterations)
    texts = material.texts(CPU)
    # The first steps of a process load modules, so neither side counts them.
    bare_loop(settings, texts)(1)
    training.train(training.start(TextModel, SYMBOLS, settings, CPU), texts, range(2), ignore)

    run, bare = training.start(TextModel, SYMBOLS, settings, CPU), bare_loop(settings, texts)
    of_bare = Spent(0, 0)

    def steps() -> Iterator[int]:
        nonlocal of_bare
        for step in range(settings.iterations):
            if step % TURN == 0:
                began = Spent.now()
                loss = bare(TURN)
                of_bare += Spent.now() - began
                print(f"{step:5}  bare {loss:.3f}", file=sys.stderr)
            yield step

    began = Spent.now()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "run.pt"
        training.train(run, texts, steps(), lambda run: checkpoint.save(run, path))
    of_lab = Spent.now() - began - of_bare
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{options.core}, {settings.iterations} iterations, {torch.get_num_threads()} threads")
    print(f"lab   {of_lab.cpu:7.1f} CPU s {of_lab.wall:7.1f} wall s")
    print(f"bare  {of_bare.cpu:7.1f} CPU s {of_bare.wall:7.1f} wall s")
    print(f"ratio {of_lab.cpu / of_bare.cpu:7.3f} CPU   {of_lab.wall / of_bare.wall:7.3f} wall")
    print(f"held out {run.reports[-1].valid:.3f} nats per character; peak {memory:.0f} MiB")


def bare_loop(settings: training.Settings, texts: training.Texts) -> Callable[[int], float]:
    """A function that trains for the given number of iterations and returns the last loss."""
    torch.manual_seed(settings.seed)
    model = TextModel(SYMBOLS, settings.hidden_size, settings.depth, settings.core)
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [settings.drop_at])
    places = torch.arange(settings.unroll + 1)[:, None]

    def iterate(count: int) -> float:
        for _ in range(count):
            starts = torch.randint(len(texts.train) - settings.unroll, (settings.batch,))
            window = texts.train[starts + places]
            logits, _ = model(window[:-1])
            loss = nn.functional.cross_entropy(logits.flatten(0, 1), window[1:].flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        return loss.item()

    return iterate


def ignore(run: training.Run) -> None:
    """Save nothing."""


if __name__ == "__main__":
    main()
