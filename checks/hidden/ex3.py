"""Exercise 3, hidden checks: cores and layers, chance, gradients, and whether it learns."""

import numpy as np

from checks.inputs.ex3 import CORES, HIDDEN, LOGITS, Corpus, model, seed, tokens
from checks.oracles.ex3 import (
    core_of,
    largest_deviation,
    log_softmax,
    memoryless_entropy,
    of_tokens,
)
from checks.public.ex3 import (
    generate_reads_what_it_writes,
    generate_returns_tokens_and_activations,
    hidden_states,
    hidden_states_follow_the_tokens,
    log_probabilities,
    model_continues_from_its_state,
    model_keeps_sequences_apart,
    model_remembers,
    model_says_the_same_twice,
    new_tokens,
    numbers,
    same_text_same_logits,
    shaped,
)
from grading.checking import (
    Alone,
    Answer,
    Draw,
    Layer,
    Mismatch,
    Parts,
    Tolerance,
    Trials,
    check,
    close,
)

# So large that every tanh and every gate of a core is at one end of its range.
SATURATING = 1e5


@check(
    points=5,
    needs=[hidden_states_follow_the_tokens],
    hint="rnn, gru and lstm differ in how h comes about. And the h of an LSTM is not its c.",
)
def core_is_the_one_asked_for(draw: Draw, student: Alone, parts: Parts) -> None:
    """With very large weights h does what only an RNN, a GRU or an LSTM does."""
    for core in CORES:
        with parts(core):
            made = model(draw, core, vocab=11, hidden=32, depth=2, spread=SATURATING)
            got = student.hidden(model=made, tokens=tokens(draw, 11, 12, 5))
            shaped("hidden_states", got["hidden"], (12, 2, 5, 32), HIDDEN)
            for layer in range(2):
                _behaves_like(core, got["hidden"][:, layer], f"layer {layer}")


def _behaves_like(core: str, hidden: np.ndarray, name: str) -> None:
    like = core_of(hidden)
    # An RNN with a nonlinearity other than tanh behaves like none of the three, but is an RNN.
    if like != core and (core, like) != ("rnn", "none of the three"):
        raise Mismatch(Layer.VALUE, f"{name} does not behave like {core}, but like {like}")


@check(
    points=5,
    needs=[hidden_states_follow_the_tokens],
    hint="Draw the model: which weights lie between the tokens and the h of each layer?",
)
def layers_stand_on_each_other(draw: Draw, student: Alone) -> None:
    """Each layer reads the one below it, in the order of hidden_states; the last gives the logits.

    So whatever weight moves a layer must move all layers above it, and the logits.
    """
    made = model(draw, "gru", vocab=5, hidden=6, depth=3)
    given = tokens(draw, 5, 4, 2)
    got = student.hidden(model=made, tokens=given)
    layers = hidden_states(got, "hidden", (4, 3, 2, 6))
    for lower, upper in ((0, 1), (0, 2), (1, 2)):
        if np.abs(layers[:, lower] - layers[:, upper]).max() < 1e-4:
            raise Mismatch(Layer.VALUE, f"layers {lower} and {upper} are one and the same")
    places = draw.uniform(WEIGHTS, low=0.0, high=1.0, dtype="float64")
    got = student.weights_moved(model=made, tokens=given, places=places)
    far = np.column_stack(
        [
            numbers("hidden_states", got["hidden"], (WEIGHTS, 3), ("weight", "layer"), "float32"),
            numbers("logits", got["logits"], (WEIGHTS,), ("weight",), "float32"),
        ]
    )
    names = ("layer 0", "layer 1", "layer 2", "the logits")
    for level in range(3):
        below, above = far[:, level] > FELT, far[:, level + 1] > FELT
        if (below & ~above).sum() > LOST * below.sum():
            found = f"some weights of {names[level]} make no difference to {names[level + 1]}"
            raise Mismatch(Layer.VALUE, found)


# A weight that moves a layer by more than FELT moves the one above. Of all WEIGHTS, each moved by
# 1, right answers lost at most 1 % on the way (where a relu was off), layers upside down 22 %.
WEIGHTS = 120
FELT = 1e-6
LOST = 0.1


@check(
    points=3,
    needs=[hidden_states_follow_the_tokens, model_continues_from_its_state],
    hint="hidden_states starts from the state it is given, as forward does.",
    because="otherwise a state that only forward understands shows in generate alone",
)
def hidden_states_continue_from_a_state(draw: Draw, student: Alone, parts: Parts) -> None:
    """hidden_states goes on from a state of forward as if the text had been read whole."""
    for core in CORES:
        with parts(core):
            made = model(draw, core, vocab=11, hidden=8, depth=2)
            got = student.hidden_in_pieces(model=made, tokens=tokens(draw, 11, 30, 3), end=17)
            whole, pieces = (hidden_states(got, key, (30, 2, 3, 8)) for key in ("whole", "pieces"))
            close("hidden_states", pieces, whole, HIDDEN, got.device)


@check(
    points=3,
    needs=[model_says_the_same_twice],
    hint="The readout is the last operation: nothing squeezes or clips what it returns.",
)
def logits_are_not_normalized(draw: Draw, student: Alone) -> None:
    """Logits are any numbers: with large weights they lie far apart, and none is cut off."""
    made = model(draw, "rnn", vocab=31, hidden=16, depth=1, spread=16.0)
    got = student.logits(model=made, tokens=tokens(draw, 31, 6, 5))
    logits = numbers("logits", got["logits"], (6, 5, 31), LOGITS, "float32")
    spread = np.median(np.ptp(logits, axis=-1))
    # Probabilities span at most 1 and a tanh 2; right answers spanned 33 or more.
    if spread < 4:
        raise Mismatch(Layer.VALUE, f"logits of a very certain model span only {spread:.3g}")
    # One of 31 is the lowest; behind a relu about half of them are.
    for name, end in (("lowest", logits.min(axis=-1)), ("highest", logits.max(axis=-1))):
        if np.mean(logits == end[..., None]) > 0.1:
            raise Mismatch(Layer.VALUE, f"many logits share the {name} value")


@check(
    points=7,
    needs=[generate_reads_what_it_writes, model_continues_from_its_state],
    hint="Divide the logits by the temperature before the softmax, then draw from the result.",
)
def generate_draws_from_the_softmax(draw: Draw, student: Alone, parts: Parts) -> None:
    """Tokens are drawn from softmax(logits / temperature), at temperatures 0.5 and 2."""
    for temperature in (0.5, 2.0):
        with parts(f"temperature {temperature}"):
            made = model(draw, "lstm", vocab=7, hidden=16, depth=1, spread=8.0)
            prompt = tokens(draw, 7, 5, DRAWS)
            got = student.written(
                model=made, prompt=prompt, length=6, seed=seed(draw), temperature=temperature
            )
            written = new_tokens(got, "tokens", (6, DRAWS), vocab=7)
            read = student.logits(model=made, tokens=np.concatenate([prompt, written]))
            expected = log_probabilities(read, "logits", (11, DRAWS, 7))[4:-1]
            _drawn_from(np.exp(log_softmax(expected / temperature)), written)


# Sequences per temperature, and the probability that right draws fail at one temperature.
DRAWS = 2000
FALSE_ALARM = 1e-6


def _drawn_from(chances: np.ndarray, written: np.ndarray) -> None:
    """Raise Mismatch if `chances` (step, sequence, token) do not fit `written` (step, sequence).

    If they do, two kinds of sums have known means: how often each token is drawn, and the chances
    of the drawn tokens. The second tells whether each sequence follows its own distribution. Every
    term is less than 1 in size, and Bernstein's inequality bounds how far each sum may be off.
    """
    steps, _, vocab = chances.shape
    alarm = FALSE_ALARM / (steps * (vocab + 1))
    for step in range(steps):
        p, drawn = chances[step], written[step]
        surplus = (np.eye(vocab)[drawn] - p).sum(axis=0)
        allowed = [largest_deviation(v, 1.0, alarm) for v in (p * (1 - p)).sum(axis=0)]
        odd = np.flatnonzero(np.abs(surplus) > allowed)
        if odd.size:
            kind = "often" if surplus[odd[0]] > 0 else "rarely"
            found = f"at step {step} token {odd[0]} was drawn too {kind}, given the logits"
            raise Mismatch(Layer.VALUE, found)
        mean = (p**2).sum(axis=1)
        surplus = (of_tokens(p, drawn) - mean).sum()
        if abs(surplus) > largest_deviation(((p**3).sum(axis=1) - mean**2).sum(), 1.0, alarm):
            kind = "likely" if surplus > 0 else "unlikely"
            found = f"at step {step} the tokens drawn are too {kind}, given the logits"
            raise Mismatch(Layer.VALUE, found)


@check(
    points=4,
    needs=[generate_returns_tokens_and_activations],
    hint="Every random number comes from the generator, which nobody else seeds, copies or resets.",
)
def generate_takes_chance_from_its_generator(draw: Draw, student: Alone) -> None:
    """The generator is the only source of chance: same seed, same tokens; other seed, others."""
    first, second = seed(draw), seed(draw)
    got = student.written_by_chance(
        model=model(draw, "lstm", vocab=11, hidden=8, depth=2),
        prompt=tokens(draw, 11, 4, 6),
        length=8,
        seeds=[first, first, second],
    )
    keys = ("first", "same_seed", "other_seed", "continued")
    drawn = {key: new_tokens(got, key, (8, 6), vocab=11) for key in keys}
    if (drawn["first"] != drawn["same_seed"]).any():
        raise Mismatch(Layer.VALUE, "two generators with one seed gave different tokens")
    if (drawn["first"] == drawn["other_seed"]).all():
        raise Mismatch(Layer.VALUE, "two generators with different seeds gave the same tokens")
    if (drawn["other_seed"] == drawn["continued"]).all():
        raise Mismatch(Layer.VALUE, "one generator gave the same tokens twice")


@check(
    points=3,
    needs=[generate_returns_tokens_and_activations],
    hint="What you switch, switch back; and compute nothing that ends up in a .grad.",
)
def generate_leaves_the_model_as_found(draw: Draw, student: Alone) -> None:
    """generate leaves the training mode, the gradients and the weights as they were."""
    got = student.left_behind(
        model=model(draw, "lstm", vocab=11, hidden=8, depth=2),
        prompt=tokens(draw, 11, 5, 3),
        targets=tokens(draw, 11, 5, 3),
        length=4,
    )
    modes = numbers("the mode", got["modes"], (2, 2), ("mode", "moment"), "int64")
    for name, (before, after) in zip(("training", "evaluation"), modes, strict=True):
        if before != after:
            raise Mismatch(Layer.VALUE, f"the model is no longer in {name} mode")
    held, kept = got["held_before"], got["held_after"]
    if held.shape != kept.shape or (held != kept).any():
        raise Mismatch(Layer.VALUE, "the .grad of the parameters changed")
    before, after = got["gradient_before"], got["gradient_after"]
    close("the gradient of a loss", after, before, ("entry",), got.device, Tolerance(0.0, 1e-4))


@check(
    points=5,
    needs=[model_remembers],
    hint="Look for .detach(), .data, no_grad(), and for weights that are not an nn.Parameter.",
)
def gradients_reach_every_parameter(draw: Draw, student: Alone, parts: Parts) -> None:
    """The gradient of a loss tells how it changes when any of the parameters moves."""
    for core in CORES:
        with parts(core):
            made = model(draw, core, vocab=6, hidden=7, depth=2, spread=2.0)
            asked = {name: tokens(draw, 6, 6, 3) for name in ("tokens", "targets")}
            gradient, ends = _gradient(student.loss_gradient(model=made, **asked))
            directions = draw.normal(DIRECTIONS, len(gradient))
            got = student.loss_slopes(model=made, directions=directions, **asked)
            axes, shape = ("direction", "parameter"), (DIRECTIONS, len(ends))
            slopes = numbers("the slope", got["slopes"], shape, axes, "float64")
            along = np.split(gradient * directions.astype(np.float64), ends[:-1], axis=1)
            foretold = np.column_stack([part.sum(axis=1) for part in along])
            lengths = [float(np.linalg.norm(part)) for part in np.split(gradient, ends[:-1])]
            error = np.median(np.abs(slopes - foretold), axis=0)
            wrong = int((error > SLOPE.absolute + SLOPE.relative * np.array(lengths)).sum())
            if wrong:
                found = f"the gradient of {wrong} of {len(ends)} parameters is not the slope"
                raise Mismatch(Layer.VALUE, f"{found} of the loss")


# Median error of a slope over DIRECTIONS random directions, in units of the gradient's norm plus
# 0.05: at most 0.007 for right answers (where a relu bends the loss; 0.001 for others), at least
# 0.6 for the nearest wrong one (states detached at every step), over 10 seeds each.
DIRECTIONS = 3
SLOPE = Tolerance(absolute=0.01, relative=0.2)


def _gradient(got: Answer) -> tuple[np.ndarray, np.ndarray]:
    """The flat gradient, and where in it each parameter ends. Raises Mismatch."""
    gradient, sizes = got["gradient"], got["sizes"]
    counts = sizes.ndim == 1 and sizes.dtype == np.int64 and bool((sizes >= 0).all())
    if gradient.ndim != 1 or not counts or sizes.sum() != gradient.size or not sizes.size:
        raise Mismatch(Layer.SHAPE, "the model has no parameters")
    numbers("the gradient", gradient, gradient.shape, ("entry",), "float32")
    return gradient.astype(np.float64), np.cumsum(sizes)


@check(
    points=3,
    needs=[
        model_continues_from_its_state,
        model_keeps_sequences_apart,
        generate_returns_tokens_and_activations,
    ],
    hint="New tensors are float32 unless told otherwise: make them like one that you were given.",
)
def model_follows_its_dtype(draw: Draw, student: Alone) -> None:
    """A model turned to float64 reads, remembers and writes in float64."""
    made = model(draw, "lstm", vocab=11, hidden=8, depth=2)
    given = tokens(draw, 11, 20, 3)
    got = student.in_float64(model=made, tokens=given, end=13)
    shape = (20, 3, 11)
    for other in ("pieces", "alone"):
        same_text_same_logits(got, "logits", other, shape, "float64")
    hidden_states(got, "hidden", (20, 2, 3, 8), "float64")
    numbers("activations", got["activations"], (3, 2, 3, 8), HIDDEN, "float64")
    low = student.logits(model=made, tokens=given)
    want, have = (
        log_probabilities(low, "logits", shape),
        log_probabilities(got, "logits", shape, "float64"),
    )
    close("log softmax of logits", have, want, HIDDEN[:3], got.device, Tolerance(1e-4, 0.0))


@check(
    points=2,
    needs=[model_says_the_same_twice],
    hint="A weight that is neither a parameter nor a buffer is not in state_dict().",
    because="a trained model that cannot be kept is lost",
)
def model_survives_saving(draw: Draw, student: Alone) -> None:
    """A new model that loads the saved state of another gives the same logits."""
    made = model(draw, "lstm", vocab=11, hidden=8, depth=2)
    got = student.reloaded(model=made, tokens=tokens(draw, 11, 6, 4))
    same_text_same_logits(got, "saved", "loaded", (6, 4, 11))


@check(
    points=2,
    needs=[model_continues_from_its_state, generate_returns_tokens_and_activations],
    hint="A caller may go on from the same state twice. Operators such as += write into it.",
)
def model_leaves_its_inputs_alone(draw: Draw, student: Alone) -> None:
    """Neither the tokens nor the state are changed by reading from them."""
    made = model(draw, "gru", vocab=11, hidden=8, depth=2)
    names = ("tokens", "first", "second")
    given = {name: tokens(draw, 11, 6, 4) for name in names}
    got = student.logits_from_one_state(model=made, **given)
    same_text_same_logits(got, "before", "after", (6, 4, 11))
    for name in names:
        if not np.array_equal(got[f"{name}_after"], given[name]):
            raise Mismatch(Layer.VALUE, "the tokens were changed by the call")


@check(
    points=2,
    needs=[core_is_the_one_asked_for, generate_takes_chance_from_its_generator],
    hint="Compare the signatures of __init__ and generate with those you were given.",
)
def model_has_default_arguments(draw: Draw, student: Alone) -> None:
    """By default: an LSTM of depth 2 with 128 hidden units, and a temperature of 1."""
    got = student.defaults(tokens=tokens(draw, 5, 12, 40), vocab_size=5, seed=seed(draw))
    values = hidden_states(got, "hidden", (12, 2, 40, 128))
    _behaves_like("lstm", values, "the core")
    new_tokens(got, "unchecked", (2, 40), vocab=5)
    short, spelled = (new_tokens(got, key, (5, 40), vocab=5) for key in ("default", "spelled"))
    if (short != spelled).any():
        raise Mismatch(Layer.VALUE, "the temperature is not 1 by default")


def nats_per_character(draw: Draw, student: Alone) -> float:
    """The mean loss of a freshly trained LSTM on characters that it has not seen."""
    return _train_and_read(draw, student, ITERATIONS)[0]


@check(
    points=6,
    needs=[model_continues_from_its_state, model_keeps_sequences_apart],
    hint="Train it on a text of your own: the loss should fall, and on a new text as well.",
    cpu_seconds=120,
    measure=nats_per_character,
)
def model_learns_shakespeare(draw: Draw, student: Alone, bounds: Trials) -> None:
    """After some training an LSTM predicts new Shakespeare as only a memory can."""
    losses: list[float] = []
    for attempt in range(bounds.tries):
        loss, floor = _train_and_read(draw, student, ITERATIONS * 2**attempt)
        losses.append(loss)
        if loss <= bounds.above:
            found = f"{loss:.3g} nats per new character: nobody learns that much so soon"
            raise Mismatch(Layer.VALUE, found)
        # A model without memory cannot get below `floor` on these characters, no matter what it
        # learned: that is their entropy given the character before.
        if bounds.admit(loss) and loss < floor:
            return
    found = f"after training it needs {min(losses):.3g} nats per new character at best"
    raise Mismatch(Layer.VALUE, f"{found}, more than {bounds.below:g}, in {bounds.tries} tries")


# Each try trains twice as long as the one before it. Students choose the initial weights: from a
# normal distribution of width 0.02, the loss is 2.37 to 2.43 after 300 iterations and 2.08 to 2.15
# after 600. Without memory, no training helps. 300 iterations cost 3.6 s of CPU with torch's LSTM,
# 6 to 9 s with a loop over cells and 13 s with eight matrices per cell.
ITERATIONS = 300


def _train_and_read(draw: Draw, student: Alone, iterations: int) -> tuple[float, float]:
    """Loss on 20,000 new characters, and the floor without memory, in nats per character."""
    text = Corpus(draw)
    made = model(draw, "lstm", vocab=text.vocab, hidden=64, depth=2)
    windows = text.windows(draw, iterations, steps=16, batch=48)
    student.trained(model=made, windows=windows, learning_rate=0.01)
    streams = text.streams(draw, steps=200, batch=100)
    return _surprise(student, streams, text.vocab), memoryless_entropy(streams)


def _surprise(student: Alone, streams: np.ndarray, vocab: int) -> float:
    """The mean surprise at the next characters, each revealed only after its prediction."""
    surprise = 0.0
    for step in range(len(streams) - 1):
        got = student.read_on(tokens=streams[step : step + 1])
        expected = log_probabilities(got, "logits", (1, streams.shape[1], vocab))
        surprise -= float(of_tokens(expected[0], streams[step + 1]).mean())
    return surprise / (len(streams) - 1)
