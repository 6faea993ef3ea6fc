"""Probes of exercise 3. They know the contract's public names, and nothing of what is behind them.

Nobody can know how a student stores the weights of an embedding, of gates or of a readout, so no
two models can be given the same weights, and there are no right logits to compare with. Instead a
model is compared with itself: the same tokens in another batch, in pieces, with one changed, or
with a weight moved. The contract says what these answers have in common.

The grader's seed draws every parameter again, so that nothing depends on the student's
initialization and the same `model` is the same in every call. Models are in evaluation mode: what
they do in training mode, such as dropout, is up to the student.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from checks.probes.library import Adam, or_zeros

# cuDNN would round float32 to the 10 bits of TF32 by default.
torch.backends.cudnn.allow_tf32 = False

Answer = dict[str, Tensor]
Model = dict[str, Any]


# --- models ----------------------------------------------------------------------------------


def make_model(module: ModuleType, model: Model, like: Tensor) -> Any:
    """The TextModel that `model` describes, with its parameters drawn, on the device of `like`."""
    made = new_model(module, model)
    draw_parameters(made, model["spread"] / model["hidden_size"] ** 0.5, model["seed"])
    return made.to(like.device).eval()


def new_model(module: ModuleType, model: Model) -> Any:
    return module.TextModel(
        model["vocab_size"],
        hidden_size=model["hidden_size"],
        depth=model["depth"],
        core=model["core"],
    )


def draw_parameters(made: nn.Module, bound: float, seed: int) -> None:
    """Draw every parameter uniformly within `bound`, on the CPU: the same for every device."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in made.parameters():
            drawn = torch.rand(parameter.shape, generator=generator)
            parameter.copy_((2 * drawn - 1) * bound)


def generator_for(tokens: Tensor, seed: int) -> torch.Generator:
    return torch.Generator(device=tokens.device).manual_seed(seed)


# --- reading ---------------------------------------------------------------------------------


def logits(module: ModuleType, model: Model, tokens: Tensor) -> Answer:
    """logits (step, sequence, token)."""
    return {"logits": make_model(module, model, tokens)(tokens)[0]}


def logits_twice(module: ModuleType, model: Model, tokens: Tensor) -> Answer:
    """logits of the same tokens, read twice by one model."""
    made = make_model(module, model, tokens)
    return {"once": made(tokens)[0], "again": made(tokens)[0]}


def logits_changed(module: ModuleType, model: Model, tokens: Tensor, changed: Tensor) -> Answer:
    """logits before and after a change of the tokens."""
    made = make_model(module, model, tokens)
    return {"logits": made(tokens)[0], "after": made(changed)[0]}


def hidden_changed(module: ModuleType, model: Model, tokens: Tensor, changed: Tensor) -> Answer:
    """The hidden states of two texts, each (step, layer, sequence, unit)."""
    made = make_model(module, model, tokens)
    return {"hidden": made.hidden_states(tokens), "after": made.hidden_states(changed)}


def logits_alone(module: ModuleType, model: Model, tokens: Tensor) -> Answer:
    """logits of a batch, and of each of its sequences read alone."""
    made = make_model(module, model, tokens)
    alone = [made(column)[0] for column in torch.split(tokens, 1, dim=1)]
    return {"together": made(tokens)[0], "alone": torch.cat(alone, dim=1)}


def logits_in_pieces(
    module: ModuleType, model: Model, tokens: Tensor, ends: Sequence[int]
) -> Answer:
    """logits of a text read whole, and in pieces that end before the steps `ends`."""
    made = make_model(module, model, tokens)
    pieces, state = [], None
    for piece in tokens.tensor_split(list(ends)):
        answer, state = made(piece, state)
        pieces.append(answer)
    return {"whole": made(tokens)[0], "pieces": torch.cat(pieces)}


def hidden_in_pieces(module: ModuleType, model: Model, tokens: Tensor, end: int) -> Answer:
    """Hidden states of a text read whole, and of its rest from the state at step `end`."""
    made = make_model(module, model, tokens)
    _, state = made(tokens[:end])
    first, rest = made.hidden_states(tokens[:end]), made.hidden_states(tokens[end:], state)
    return {"whole": made.hidden_states(tokens), "pieces": torch.cat([first, rest])}


def logits_from_one_state(
    module: ModuleType, model: Model, tokens: Tensor, first: Tensor, second: Tensor
) -> Answer:
    """logits of the second text from one state, before and after the first is read from it."""
    made = make_model(module, model, tokens)
    given = [tokens.clone(), first.clone(), second.clone()]
    _, state = made(given[0])
    before = made(given[2], state)[0]
    made(given[1], state)
    made.hidden_states(given[1], state)
    made.generate(given[0], 3, generator=generator_for(tokens, 0))
    return {
        "before": before,
        "after": made(given[2], state)[0],
        "tokens_after": given[0],
        "first_after": given[1],
        "second_after": given[2],
    }


def hidden(module: ModuleType, model: Model, tokens: Tensor) -> Answer:
    """hidden (step, layer, sequence, unit)."""
    return {"hidden": make_model(module, model, tokens).hidden_states(tokens)}


def weights_moved(module: ModuleType, model: Model, tokens: Tensor, places: Tensor) -> Answer:
    """How far the hidden states and logits move when one entry of the parameters moves by 1.

    `places`, within [0, 1), are spread over all entries. hidden (place, layer) and
    logits (place,): the largest change over steps, sequences, and units or tokens.
    """
    made = make_model(module, model, tokens)
    hidden_before, logits_before = made.hidden_states(tokens), made(tokens)[0]
    far_hidden, far_logits = [], []
    for place in places:
        with moved(made, place.item()):
            change = (made.hidden_states(tokens) - hidden_before).abs()
            far_hidden.append(change.amax(dim=(0, 2, 3)))
            far_logits.append((made(tokens)[0] - logits_before).abs().amax())
    return {"hidden": torch.stack(far_hidden), "logits": torch.stack(far_logits)}


@contextmanager
def moved(made: nn.Module, place: float) -> Iterator[None]:
    """Add 1 to one entry of the parameters inside the block, without gradients."""
    parameters = list(made.parameters())
    entry = int(place * sum(parameter.numel() for parameter in parameters))
    while entry >= parameters[0].numel():
        entry -= parameters.pop(0).numel()
    before = parameters[0].detach().clone()
    with torch.no_grad():
        after = before.flatten().clone()
        after[entry] += 1
        parameters[0].copy_(after.reshape(before.shape))
        yield
        parameters[0].copy_(before)


def in_float64(module: ModuleType, model: Model, tokens: Tensor, end: int) -> Answer:
    """A model turned to float64: logits whole and in pieces, hidden states, activations."""
    made = make_model(module, model, tokens).double()
    first, state = made(tokens[:end])
    second, _ = made(tokens[end:], state)
    _, activations = made.generate(tokens.clone(), 3, generator=generator_for(tokens, 0))
    return {
        "logits": made(tokens)[0],
        "pieces": torch.cat([first, second]),
        "alone": torch.cat([made(column)[0] for column in torch.split(tokens, 1, dim=1)], dim=1),
        "hidden": made.hidden_states(tokens),
        "activations": activations,
    }


def reloaded(module: ModuleType, model: Model, tokens: Tensor) -> Answer:
    """logits of a model, and of a new one that loads what the first has saved."""
    made = make_model(module, model, tokens)
    file = io.BytesIO()
    torch.save(made.state_dict(), file)
    file.seek(0)
    fresh = new_model(module, model).to(tokens.device).eval()
    fresh.load_state_dict(torch.load(file, weights_only=True))
    return {"saved": made(tokens)[0], "loaded": fresh(tokens)[0]}


def defaults(module: ModuleType, tokens: Tensor, vocab_size: int, seed: int) -> Answer:
    """A TextModel made with only its vocabulary: hidden states, and three calls of generate.

    The parameters are drawn again; for the hidden states, so large that everything saturates.
    """
    made = module.TextModel(vocab_size)
    draw_parameters(made, 0.3, seed)
    made.to(tokens.device).eval()
    unchecked, _ = made.generate(tokens.clone(), 2)
    short, _ = made.generate(tokens.clone(), 5, generator=generator_for(tokens, seed))
    long, _ = made.generate(tokens.clone(), 5, 1.0, generator_for(tokens, seed))
    draw_parameters(made, SATURATING, seed)
    return {
        "hidden": made.hidden_states(tokens),
        "unchecked": unchecked,
        "default": short,
        "spelled": long,
    }


SATURATING = 1e5


# --- gradients -------------------------------------------------------------------------------


@torch.enable_grad()
def loss_gradient(module: ModuleType, model: Model, tokens: Tensor, targets: Tensor) -> Answer:
    """The gradient of the loss, flat, and the number of entries of each parameter in it."""
    made = make_model(module, model, tokens)
    parameters = list(made.parameters())
    sizes = torch.tensor([parameter.numel() for parameter in parameters])
    return {
        "gradient": flat(gradients_of(loss_of(made, tokens, targets), parameters)),
        "sizes": sizes,
    }


def loss_slopes(
    module: ModuleType, model: Model, tokens: Tensor, targets: Tensor, directions: Tensor
) -> Answer:
    """The slope of the loss when one parameter moves along its part of a direction.

    directions (direction, entry) are flat like the gradient; slopes (direction, parameter).
    """
    made = make_model(module, model, tokens)
    parameters = list(made.parameters())
    sizes = [parameter.numel() for parameter in parameters]
    slopes = []
    for direction in directions:
        for parameter, part in zip(parameters, torch.split(direction, sizes), strict=True):
            slopes.append(slope_along(made, parameter, part, tokens, targets))
    return {"slopes": torch.stack(slopes).reshape(len(directions), len(parameters))}


def loss_of(made: Any, tokens: Tensor, targets: Tensor) -> Tensor:
    """The cross entropy in nats, summed over all steps and sequences in float64."""
    # cuDNN refuses to backpropagate through a recurrent network in evaluation mode.
    with torch.backends.cudnn.flags(enabled=False):
        scores = made(tokens)[0].double().flatten(0, 1)
    return nn.functional.cross_entropy(scores, targets.flatten(), reduction="sum")


def slope_along(
    made: Any, parameter: Tensor, direction: Tensor, tokens: Tensor, targets: Tensor
) -> Tensor:
    """d loss / d s of parameter + s * direction at s = 0, by a central difference."""
    before = parameter.detach().clone()
    step = MOVE / direction.numel() ** 0.5
    losses = []
    with torch.no_grad():
        for side in (step, -step):
            parameter.copy_(before + side * direction.reshape(before.shape))
            losses.append(loss_of(made, tokens, targets))
        parameter.copy_(before)
    slope: Tensor = (losses[0] - losses[1]) / (2 * step)
    return slope


# How far a parameter as a whole moves. Less would show rounding, more the curvature of the loss.
MOVE = 0.01


def gradients_of(loss: Tensor, parameters: Sequence[Tensor]) -> list[Tensor]:
    """d loss / d parameter, with zeros for parameters that it does not reach."""
    reached = [parameter for parameter in parameters if parameter.requires_grad]
    slopes: Sequence[Tensor | None] = [None] * len(reached)
    if loss.requires_grad and reached:
        slopes = torch.autograd.grad(loss, reached, allow_unused=True)
    found = {id(parameter): slope for parameter, slope in zip(reached, slopes, strict=True)}
    return [or_zeros(found.get(id(parameter)), parameter) for parameter in parameters]


def flat(tensors: Sequence[Tensor | None]) -> Tensor:
    """All entries one after another; none for None."""
    entries = [tensor.detach().flatten() for tensor in tensors if tensor is not None]
    return torch.cat(entries) if entries else torch.zeros(0)


# --- writing ---------------------------------------------------------------------------------


def written(
    module: ModuleType,
    model: Model,
    prompt: Tensor,
    length: int,
    seed: int,
    temperature: float = 1.0,
) -> Answer:
    """What generate returns: tokens (step, sequence), activations (step, layer, sequence, unit)."""
    made = make_model(module, model, prompt)
    generator = generator_for(prompt, seed)
    tokens, activations = made.generate(prompt, length, temperature, generator)
    return {"tokens": tokens, "activations": activations}


def written_by_chance(
    module: ModuleType, model: Model, prompt: Tensor, length: int, seeds: Sequence[int]
) -> Answer:
    """Tokens from a new generator for each of the three seeds, and from the last one again.

    `used` says whether the last generator has moved on. Between the calls, torch's own generator
    moves on.
    """
    made = make_model(module, model, prompt)
    answer = {}
    for name, seed in zip(("first", "same_seed", "other_seed"), seeds, strict=True):
        generator = generator_for(prompt, seed)
        answer[name] = made.generate(prompt, length, generator=generator)[0]
        torch.rand(3)
    answer["continued"] = made.generate(prompt, length, generator=generator)[0]
    answer["used"] = (generator.get_state() != generator_for(prompt, seeds[-1]).get_state()).any()
    return answer


@torch.enable_grad()
def left_behind(
    module: ModuleType, model: Model, prompt: Tensor, targets: Tensor, length: int
) -> Answer:
    """The model before and after calls of generate in training and in evaluation mode.

    Modes (mode, moment), 1 for training; the .grad of the parameters, flat, before and after; the
    gradient of a loss, flat, before and after; whether gradients, and those of the parameters, are
    still switched on.
    """
    made = make_model(module, model, prompt)
    parameters = list(made.parameters())
    before = flat(gradients_of(loss_of(made, prompt, targets), parameters))
    for number, parameter in enumerate(parameters, start=1):
        parameter.grad = torch.full_like(parameter, 1 / number)
    held = flat([parameter.grad for parameter in parameters])
    modes = []
    for mode in (True, False):
        made.train(mode)
        made.generate(prompt.clone(), length, generator=generator_for(prompt, 0))
        modes.append(torch.tensor([mode, made.training], dtype=torch.int64))
    switched_on = [torch.is_grad_enabled(), all(p.requires_grad for p in parameters)]
    return {
        "switched_on": torch.tensor(switched_on),
        "modes": torch.stack(modes),
        "held_before": held,
        "held_after": flat([parameter.grad for parameter in parameters]),
        "gradient_before": before,
        "gradient_after": flat(gradients_of(loss_of(made, prompt, targets), parameters)),
    }


# --- learning --------------------------------------------------------------------------------

# The model trained last, and its state: the grader reveals the test text one step at a time.
TRAINED: dict[str, Any] = {}


@torch.enable_grad()
def trained(module: ModuleType, model: Model, windows: Tensor, learning_rate: float) -> Answer:
    """Train from the student's own initialization on windows (iteration, step, sequence).

    Each iteration reads all but the last step of a window and predicts all but the first, from
    the beginning of a text. losses (iteration,), in nats per character. The model is kept for
    `read_on`.
    """
    torch.default_generator.manual_seed(model["seed"])
    made = new_model(module, model).to(windows.device)
    made.train()
    adam = Adam(list(made.parameters()))
    losses = []
    for window in windows.long():
        scores, _ = made(window[:-1])
        loss = nn.functional.cross_entropy(scores.flatten(0, 1), window[1:].flatten())
        adam.step(loss, learning_rate)
        losses.append(loss.detach())
    made.eval()
    TRAINED.update(model=made, state=None)
    return {"losses": torch.stack(losses)}


def read_on(module: ModuleType, tokens: Tensor) -> Answer:
    """logits (step, sequence, token) of the trained model after the next steps of a text."""
    with torch.no_grad():
        answer, TRAINED["state"] = TRAINED["model"](tokens, TRAINED["state"])
    return {"logits": answer}
