"""Twelve checks of exercise 1, as data for every grader in `graders.py`.

Each runs one probe of the course on a submission and on the reference, with the same arrays, and
compares their answers: the same work in every grader's format.
"""

import inspect
from dataclasses import dataclass
from pathlib import Path

from grading.checking.draw import Draw

ROOT = Path(__file__).resolve().parent.parent
FILE = "ex1_vanilla_rnn.py"
# Right answers differ from the reference by less than 3e-5 (checks/public/ex1.py).
TOLERANCE = 1e-4


# The right variants whose weights have the reference's layout.
VARIANTS = (
    *("dataclass_helper", "einsum_everywhere", "functional_linear", "list_comprehension"),
    *("output_bias_always", "parameter_matmul", "prints_and_comments", "recursion"),
    *("reduce_over_steps", "two_biases"),
)


@dataclass(frozen=True)
class Check:
    """A check; each of `inputs` is a Python expression for the probe's arguments, using `draw`."""

    name: str
    title: str
    probe: str
    inputs: tuple[str, ...]

    @property
    def part(self) -> str:
        """The part that it checks: cell or net."""
        return self.name.partition("_")[0]


CELL = "cell_arrays(draw, batch={}, size={})"
NET = "net_weights(draw, inputs={0}, outputs={1}, size={2})"
STATE = "draw.uniform({}, {}, low=-0.9, high=0.9)"


def _net(inputs: int, outputs: int, size: int, /, **arrays: str) -> str:
    given = ", ".join(f"{name}={value}" for name, value in arrays.items())
    return f"dict({given}, **{NET.format(inputs, outputs, size)})"


CHECKS = (
    Check("cell_takes_one_step", "One step of the cell.", "cell_step", (CELL.format(1, 5),)),
    Check(
        "cell_uses_its_activation",
        "The cell applies whatever activation it was made with.",
        "cell_step",
        tuple(
            f"dict({CELL.format(1, 5)}, activation={activation!r})"
            for activation in (None, "ReLU", "Sigmoid", "Identity")
        ),
    ),
    Check(
        "cell_passes_gradients",
        "Gradients of one step reach the inputs, the hidden state, V and b.",
        "cell_gradients",
        (f"dict({CELL.format(7, 4)}, weights=draw.normal(7, 4))",),
    ),
    Check(
        "net_maps_in_and_out",
        "in_to_hidden maps x to W x, hidden_to_out maps h to O h.",
        "net_maps",
        (f"without({_net(3, 2, 6, x='draw.normal(4, 3)', h='draw.normal(4, 6)')}, 'b')",),
    ),
    Check(
        "net_reads_every_input",
        "With teacher forcing every step reads its own input.",
        "net_forward",
        (_net(3, 2, 6, inputs="draw.normal(9, 4, 3)", force="True", warm_start="0"),),
    ),
    Check(
        "net_feeds_its_output_back",
        "With neither teacher forcing nor warm start, a step reads the output of the one before.",
        "net_forward",
        (_net(2, 2, 6, inputs="draw.normal(9, 4, 2)", force="False", warm_start="0"),),
    ),
    Check(
        "net_warms_up_to_the_step",
        "Exactly warm_start steps read the true input, and step 0 always does.",
        "net_forward",
        tuple(
            _net(2, 2, 5, inputs="draw.normal(7, 3, 2)", force="False", warm_start=f"{warm_start}")
            for warm_start in (1, 2, 3, 6, 7, 12)
        ),
    ),
    Check(
        "net_continues_a_sequence",
        "The network starts from the hidden state it is given, else from zeros.",
        "net_again",
        (_net(3, 2, 6, inputs="draw.normal(5, 4, 3)", hidden=STATE.format(4, 6)),),
    ),
    Check(
        "net_fits_every_batch_and_size",
        "Any number of sequences, inputs and outputs will do.",
        "net_forward",
        tuple(
            _net(4, outputs, 6, inputs=f"draw.normal(7, {batch}, 4)")
            for outputs, batch in ((1, 8), (2, 1), (3, 1), (5, 3))
        ),
    ),
    Check(
        "net_survives_saving",
        "A new network that loads the saved state of another computes the same.",
        "net_reloaded",
        (_net(3, 2, 5, inputs="draw.normal(6, 4, 3)"),),
    ),
    Check(
        "net_has_default_arguments",
        "1 input, 1 output, 20 hidden units, a bias, teacher forcing, warm start 10.",
        "net_defaults",
        (f"dict(inputs=draw.normal(14, 3, 1), **{NET.format(1, 1, 20)})",),
    ),
    Check(
        "net_passes_gradients_back",
        "Gradients flow back through every hidden state and every output that was fed back.",
        "net_gradients",
        (
            _net(
                *(2, 2, 5),
                inputs="draw.normal(8, 3, 2)",
                hidden=STATE.format(3, 5),
                weights="draw.normal(8, 3, 2)",
                warm_start="0",
            ),
        ),
    ),
)


def right(count: int) -> dict[str, str]:
    """`count` right submissions by name: the reference and its variants, no two files alike."""
    bank = ROOT / "tests" / "bank" / "ex1" / "right"
    sources = [reference()]
    sources += [(bank / f"{name}.py").read_text(encoding="utf-8") for name in VARIANTS]
    return {
        f"student{number:02}": f"{sources[number % len(sources)]}\n# {number}\n"
        for number in range(count)
    }


def reference() -> str:
    return (ROOT / "reference" / FILE).read_text(encoding="utf-8")


def probes() -> str:
    return Path(__file__).with_name("twelve_probes.py").read_text(encoding="utf-8")


def inputs() -> str:
    """The source of a module that draws inputs, for a grader without this project."""
    course = (ROOT / "checks" / "inputs" / "ex1.py").read_text(encoding="utf-8")
    draw = inspect.getsource(Draw)
    imported = "from grading.checking import Draw\n"
    assert imported in course, "the inputs of exercise 1 import Draw in another way"
    return course.replace(imported, draw) + WITHOUT


WITHOUT = '''

def without(arrays, *names):
    """The same arrays, but for some."""
    return {name: array for name, array in arrays.items() if name not in names}
'''

# The tests of every other grader call this: like the checks here, they ask both and compare.
SUPPORT = f'''
import zlib

import torch

import probes
import reference
from inputs import *

def drawn(name):
    return Draw(zlib.crc32(name.encode()))


def answer(module, probe, given):
    tensors = {{
        name: torch.from_numpy(value) if isinstance(value, np.ndarray) else value
        for name, value in given.items()
    }}
    return getattr(probes, probe)(module, **tensors)


def agree(module, probe, given):
    """The module answers the probe as the reference does."""
    got, wanted = answer(module, probe, given), answer(reference, probe, given)
    for key, want in wanted.items():
        assert got[key].shape == want.shape, f"{{key}} has another shape"
        assert got[key].dtype == want.dtype, f"{{key}} has another dtype"
        same = torch.allclose(got[key], want, rtol={TOLERANCE}, atol={TOLERANCE})
        assert same, f"{{key}} has other values"
'''


def body(check: Check, module: str, indent: int) -> str:
    """The code that every other grader runs for a check, as the body of a function or cell."""
    lines = [f"draw = drawn({check.name!r})"]
    lines += [f"agree({module}, {check.probe!r}, {given})" for given in check.inputs]
    return "\n".join(" " * indent + line for line in lines) + "\n"
