"""Exercise 3, public checks: what the model reads, remembers, shows and writes.

There are no right logits here, as the weights are the student's. A model is compared with itself:
a text with one token changed, alone, in pieces, read again. Logits may differ by a constant per
step and sequence, so the checks compare their log-softmax.
"""

from collections.abc import Sequence

import numpy as np

from checks.inputs.ex3 import (
    CORES,
    HIDDEN,
    LOGITS,
    TOKENS,
    model,
    seed,
    tokens,
    with_another_token,
)
from checks.oracles.ex3 import log_softmax
from grading.checking import Alone, Answer, Draw, Layer, Mismatch, Parts, check, close, finite

# When a token is changed, right answers change by exactly 0 where it must not matter, and by at
# least 1.8e-3 where it must: 12 seeds, three cores, every right answer of the bank.
UNCHANGED = 1e-6
CHANGED = 1e-4


@check(
    points=5,
    hint="Print the shape after each part: tokens, embedded, hidden, logits.",
)
def model_gives_logits(draw: Draw, student: Alone, parts: Parts) -> None:
    """The logits are (steps, batch, vocab_size), for every core, depth, size and batch."""
    for core, vocab, hidden, depth, steps, batch in (
        ("lstm", 11, 7, 2, 5, 3),
        ("gru", 9, 12, 1, 4, 6),
        ("rnn", 13, 5, 3, 8, 1),
        ("lstm", 6, 10, 3, 1, 7),
    ):
        with parts(f"{core} of depth {depth}, {steps} steps, batch of {batch}"):
            made = model(draw, core, vocab, hidden, depth)
            got = student.logits(model=made, tokens=tokens(draw, vocab, steps, batch))
            log_probabilities(got, "logits", (steps, batch, vocab))


@check(
    points=2,
    needs=[model_gives_logits],
    hint="In evaluation mode nothing is left to chance: dropout, if you have it, is off.",
    because="otherwise every check that compares two answers would blame something else",
)
def model_says_the_same_twice(draw: Draw, student: Alone) -> None:
    """In evaluation mode the same tokens give the same logits."""
    made = model(draw, "lstm", vocab=11, hidden=8, depth=2)
    got = student.logits_twice(model=made, tokens=tokens(draw, 11, 6, 4))
    once, again = (log_probabilities(got, key, (6, 4, 11)) for key in ("once", "again"))
    if np.abs(once - again).max() > UNCHANGED:
        raise Mismatch(Layer.VALUE, "the same tokens gave different logits when read again")


@check(
    points=4,
    needs=[model_says_the_same_twice],
    hint="Follow one token to the logits of its own step. Is the embedding indexed by it?",
)
def model_reads_every_token(draw: Draw, student: Alone) -> None:
    """The logits of a step depend on the token of that step."""
    change = change_of_logits(draw, student, "lstm")
    if change[STEP, COLUMN] < CHANGED:
        found = f"another token at step {STEP} made no difference to the logits of step {STEP}"
        raise Mismatch(Layer.VALUE, found)


@check(
    points=4,
    needs=[model_reads_every_token],
    hint="Which state does a step start from, and is it the one that the step before left?",
    because="everything about states rests on it",
)
def model_remembers(draw: Draw, student: Alone, parts: Parts) -> None:
    """The logits of later steps depend on earlier tokens."""
    for core in CORES:
        with parts(core):
            change = change_of_logits(draw, student, core)
            for later in (STEP + 1, STEP + 2):
                if change[later, COLUMN] < CHANGED:
                    found = f"another token at step {STEP} made no difference at step {later}"
                    raise Mismatch(Layer.VALUE, found)


@check(
    points=6,
    needs=[model_says_the_same_twice],
    hint="When it predicts the next token, the model has read this one and those before it.",
)
def model_cannot_see_the_future(draw: Draw, student: Alone, parts: Parts) -> None:
    """The logits of a step do not depend on later tokens."""
    for core in CORES:
        with parts(core):
            change = change_of_logits(draw, student, core)
            seen = np.flatnonzero(change[:STEP].max(axis=1) > UNCHANGED)
            if seen.size:
                found = f"another token at step {STEP} changed the logits of step {seen[0]}"
                raise Mismatch(Layer.VALUE, found)


@check(
    points=5,
    needs=[model_says_the_same_twice],
    hint="Time is the first axis, batch the second. Which one does each of your layers expect?",
)
def model_keeps_sequences_apart(draw: Draw, student: Alone, parts: Parts) -> None:
    """Each sequence of a batch is read as if it were alone."""
    for core in CORES:
        with parts(core):
            change = np.delete(change_of_logits(draw, student, core), COLUMN, axis=1)
            if change.max() > UNCHANGED:
                raise Mismatch(Layer.VALUE, "another token in one sequence changed another one")
            made = model(draw, core, vocab=11, hidden=8, depth=2)
            got = student.logits_alone(model=made, tokens=tokens(draw, 11, 7, 4))
            same_text_same_logits(got, "together", "alone", (7, 4, 11))


@check(
    points=8,
    needs=[model_remembers, model_cannot_see_the_future],
    hint="Everything the next step needs must be in the state: each layer, and h and c of an LSTM.",
)
def model_continues_from_its_state(draw: Draw, student: Alone, parts: Parts) -> None:
    """A text read in pieces, each from the state before it, gives the logits of the whole."""
    for core in CORES:
        for depth in (1, 2, 3):
            with parts(f"{core} of depth {depth}"):
                made = model(draw, core, vocab=12, hidden=9, depth=depth)
                given = tokens(draw, 12, 100, 3)
                got = student.logits_in_pieces(model=made, tokens=given, ends=[77, 78, 90])
                same_text_same_logits(got, "whole", "pieces", (100, 3, 12))


@check(
    points=3,
    needs=[model_gives_logits],
    hint="h of every layer after one token is (depth, batch, hidden_size); stack these over time.",
)
def hidden_states_have_a_layer_axis(draw: Draw, student: Alone, parts: Parts) -> None:
    """hidden_states returns (steps, depth, batch, hidden_size) for every core and depth."""
    for core, depth, hidden, steps, batch in (
        ("lstm", 2, 7, 6, 3),
        ("gru", 3, 5, 4, 2),
        ("rnn", 1, 8, 5, 4),
        ("lstm", 3, 9, 1, 6),
    ):
        with parts(f"{core} of depth {depth}, {steps} steps, batch of {batch}"):
            made = model(draw, core, 11, hidden, depth)
            got = student.hidden(model=made, tokens=tokens(draw, 11, steps, batch))
            hidden_states(got, "hidden", (steps, depth, batch, hidden))


@check(
    points=4,
    needs=[hidden_states_have_a_layer_axis, model_says_the_same_twice],
    hint="Entry t is what the layers hold once they have read tokens[t], and not before.",
)
def hidden_states_follow_the_tokens(draw: Draw, student: Alone, parts: Parts) -> None:
    """Entry t of hidden_states depends on tokens up to t, in every layer, and on no others."""
    for core in CORES:
        with parts(core):
            made = model(draw, core, vocab=11, hidden=8, depth=3, spread=2.0)
            given = tokens(draw, 11, 7, 4)
            changed = with_another_token(draw, given, 11, STEP, COLUMN)
            got = student.hidden_changed(model=made, tokens=given, changed=changed)
            before, after = (hidden_states(got, key, (7, 3, 4, 8)) for key in ("hidden", "after"))
            _follows(np.abs(after - before).max(axis=-1))


def _follows(change: np.ndarray) -> None:
    """Raise Mismatch if `change` (step, layer, sequence) does not fit the changed token."""
    others = np.delete(change, COLUMN, axis=2)
    for name, part in (("an earlier step", change[:STEP]), ("another sequence", others)):
        if part.max() > UNCHANGED:
            raise Mismatch(Layer.VALUE, f"another token changed the hidden states of {name}")
    for step in (STEP, STEP + 1):
        still = np.flatnonzero(change[step, :, COLUMN] < CHANGED)
        if still.size:
            found = f"another token at step {STEP} made no difference to layer {still[0]}"
            raise Mismatch(Layer.VALUE, f"{found} at step {step}")


@check(
    points=3,
    needs=[model_gives_logits, hidden_states_have_a_layer_axis],
    hint="Print both shapes. Whose sizes are length and batch?",
)
def generate_returns_tokens_and_activations(draw: Draw, student: Alone, parts: Parts) -> None:
    """generate returns tokens (length, batch) and activations (length, depth, batch, hidden)."""
    for core, depth, hidden, steps, batch, length in (
        ("lstm", 2, 7, 6, 3, 5),
        ("gru", 3, 5, 1, 4, 2),
        ("rnn", 1, 8, 3, 2, 1),
    ):
        with parts(f"{core} of depth {depth}, prompt of {steps}, batch of {batch}, {length} more"):
            made = model(draw, core, 11, hidden, depth)
            prompt = tokens(draw, 11, steps, batch)
            got = student.written(model=made, prompt=prompt, length=length, seed=seed(draw))
            new_tokens(got, "tokens", (length, batch), vocab=11)
            shape = (length, depth, batch, hidden)
            numbers("activations", got["activations"], shape, HIDDEN, "float32")


@check(
    points=6,
    needs=[generate_returns_tokens_and_activations, hidden_states_follow_the_tokens],
    hint="Read the whole prompt first; then each token is drawn, read, and its h recorded.",
)
def generate_reads_what_it_writes(draw: Draw, student: Alone, parts: Parts) -> None:
    """The activations are the hidden states of the same text, prompt and all, read again."""
    for core, depth in zip(CORES, (3, 1, 2), strict=True):
        with parts(core):
            made = model(draw, core, vocab=11, hidden=7, depth=depth)
            prompt = tokens(draw, 11, 6, 4)
            got = student.written(model=made, prompt=prompt, length=9, seed=seed(draw))
            text = np.concatenate([prompt, new_tokens(got, "tokens", (9, 4), vocab=11)])
            read = student.hidden(model=made, tokens=text)
            want = hidden_states(read, "hidden", (15, depth, 4, 7))[6:]
            close("activations", got["activations"], want, HIDDEN, got.device)


# --- what the checks have in common ----------------------------------------------------------

# The place of a changed token, in texts of 7 steps and 4 sequences.
STEP, COLUMN = 3, 1


def change_of_logits(draw: Draw, student: Alone, core: str) -> np.ndarray:
    """How much another token at STEP in COLUMN changes the log-probabilities, (step, sequence)."""
    made = model(draw, core, vocab=11, hidden=8, depth=2, spread=2.0)
    given = tokens(draw, 11, 7, 4)
    changed = with_another_token(draw, given, 11, STEP, COLUMN)
    got = student.logits_changed(model=made, tokens=given, changed=changed)
    before, after = (log_probabilities(got, key, (7, 4, 11)) for key in ("logits", "after"))
    return np.asarray(np.abs(after - before).max(axis=-1))


def same_text_same_logits(
    got: Answer, one: str, other: str, shape: tuple[int, ...], dtype: str = "float32"
) -> None:
    """Raise Mismatch, which names the first difference, unless two readings of a text agree."""
    want, have = (log_probabilities(got, key, shape, dtype) for key in (one, other))
    close("log softmax of logits", have.astype(dtype), want.astype(dtype), LOGITS, got.device)


def log_probabilities(
    got: Answer, key: str, shape: tuple[int, ...], dtype: str = "float32"
) -> np.ndarray:
    """The log-softmax, in float64, of logits that have this shape and dtype and are finite."""
    return log_softmax(numbers("logits", got[key], shape, LOGITS, dtype))


def hidden_states(
    got: Answer, key: str, shape: tuple[int, ...], dtype: str = "float32"
) -> np.ndarray:
    return numbers("hidden_states", got[key], shape, HIDDEN, dtype)


def new_tokens(got: Answer, key: str, shape: tuple[int, ...], vocab: int) -> np.ndarray:
    """Tokens of this shape, all of them in the vocabulary."""
    tokens = numbers("tokens", got[key], shape, TOKENS, "int64")
    if tokens.min() < 0 or tokens.max() >= vocab:
        raise Mismatch(Layer.VALUE, f"tokens are not all within 0 and {vocab - 1}")
    return tokens


def numbers(
    name: str, values: np.ndarray, shape: tuple[int, ...], axes: Sequence[str], dtype: str
) -> np.ndarray:
    """`values`, if they have this shape and dtype and are finite. Raises Mismatch."""
    shaped(name, values, shape, axes)
    if values.dtype != dtype:
        raise Mismatch(Layer.DTYPE, f"{name} has dtype {values.dtype}", f"expected {dtype}")
    finite(name, values, axes)
    return values


def shaped(name: str, values: np.ndarray, shape: tuple[int, ...], axes: Sequence[str]) -> None:
    """Raise Mismatch unless `values` has this shape."""
    close(name, np.zeros(values.shape), np.zeros(shape), axes)
