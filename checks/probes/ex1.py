"""Probes of exercise 1. They know the contract's public names, and nothing of what is behind them.

A check needs the student's network to have weights that the grader has drawn. Students may store
the weights as they like (nn.Linear, nn.Parameter, transposed, one bias or two), so a probe never
writes into a parameter by name. It describes a map by its behavior, its answers to unit vectors,
and moves all parameters by Gauss-Newton steps until the map has the wanted behavior. Behavior is
linear in the parameters for any plain layout, so the first step is exact. Probes read gradients in
the same way, as derivatives with respect to the behavior.
"""

import copy
import io
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from checks.probes.library import Adam, or_zeros

# Unit vectors of this length keep tanh far from saturation, where its inverse loses digits.
LENGTH = 0.1
# A map that must not have an offset is steered to this one: its offset stays at zero only if
# nothing in it can learn one.
TEMPTING = 0.5
MAX_STEPS = 4
CLOSE = 1e-13


# --- behavior: what a map does, whatever it is made of ---------------------------------------


class Behavior(NamedTuple):
    """A map, described by its answers to zeros and to unit vectors of `length`, in this order.

    `answers` returns flat pieces, ((size + 1) * features,) together. Pieces that were computed
    separately have separate graphs, so a gradient of one need not walk through the others: for a
    cell of 20 units that is 9 times as fast.
    """

    answers: Callable[[], list[Tensor]]
    size: int
    length: float

    def respond(self) -> Tensor:
        """The matrix (transposed) and the offset, flat: ((size + 1) * features,)."""
        return self._differences(torch.cat(self.answers()))

    def jacobian(self, parameters: Sequence[Tensor]) -> Tensor:
        """d respond() / d parameters, (behavior, parameters), in float64 on the CPU."""
        rows: list[Sequence[Tensor | None]] = []
        for piece in self.answers():
            for direction in torch.eye(len(piece)).to(piece):
                if not piece.requires_grad:
                    rows.append([None] * len(parameters))
                    continue
                # With the direction as an argument, autograd.grad would import sympy: 0.3 s.
                value = piece @ direction
                rows.append(
                    torch.autograd.grad(value, parameters, retain_graph=True, allow_unused=True)
                )
        return self._differences(stacked(parameters, rows))

    def _differences(self, answers: Tensor) -> Tensor:
        """What each unit vector adds to the answer to zeros, then that answer, along axis 0."""
        offset, *others = answers.tensor_split(self.size + 1)
        return torch.cat([*((other - offset) / self.length for other in others), offset])


def linear_behavior(layer: nn.Module, size: int) -> Behavior:
    """The behavior of a linear map of `size` inputs."""

    def answers() -> list[Tensor]:
        like = next(layer.parameters(), torch.zeros(()))
        probes = torch.cat([torch.zeros(1, size), torch.eye(size)]).to(like)
        return [layer(probes).flatten()]

    return Behavior(answers, size, 1.0)


def cell_behavior(cell: nn.Module, size: int, invert: Callable[[Tensor], Tensor]) -> Behavior:
    """V and b of a cell.

    `invert` undoes the cell's activation. The cell reads one row at a time, each a tensor of its
    own: other checks test how it treats a batch, and whether it writes into its arguments.
    """

    def answers() -> list[Tensor]:
        like = next(cell.parameters(), torch.zeros(()))
        states = torch.cat([torch.zeros(1, size), LENGTH * torch.eye(size)]).to(like)
        rows = [cell(torch.zeros_like(row), row.clone())[0] for row in torch.split(states, 1)]
        return [invert(row).flatten() for row in rows]

    return Behavior(answers, size, LENGTH)


def stacked(parameters: Sequence[Tensor], rows: Sequence[Sequence[Tensor | None]]) -> Tensor:
    """(row, parameter entry), in float64 on the CPU; zeros where there is no slope."""
    columns = []
    for parameter, slopes in zip(parameters, zip(*rows, strict=True), strict=True):
        nothing = torch.zeros_like(parameter)
        filled = [nothing if slope is None else slope.detach() for slope in slopes]
        columns.append(torch.stack(filled).flatten(1))
    return torch.cat(columns, dim=1).double().cpu()


def solve(matrix: Tensor, right: Tensor) -> Tensor:
    """The shortest least-squares solution, even if the matrix does not have full rank."""
    solution: Tensor = torch.linalg.lstsq(matrix, right[:, None], driver="gelsd").solution
    return solution[:, 0]


def steer(module: nn.Module, behavior: Behavior, target: Tensor) -> None:
    """Move the parameters of `module` until its behavior is `target`, as far as possible."""
    parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
    if not parameters:
        return
    for _ in range(MAX_STEPS):
        missing = target.double() - behavior.respond().detach().double()
        if not bool(torch.isfinite(missing).all()) or float(missing.abs().max()) < CLOSE:
            return
        change = solve(behavior.jacobian(parameters), missing)
        if float(change.abs().max()) < CLOSE:
            return
        parts = torch.split(change, [parameter.numel() for parameter in parameters])
        with torch.no_grad():
            for parameter, part in zip(parameters, parts, strict=True):
                parameter.add_(part.reshape(parameter.shape).to(parameter))


def steer_exactly(module: nn.Module, behavior: Behavior, target: Tensor) -> None:
    """Steer in float64, unless the module cannot compute in it; end in the target's dtype.

    Rounding comes last: weights that pass through float32 on their way to a float64 model would
    keep its errors, and a layout with two biases would have other errors than a layout with one.
    """
    try:
        steer(module.double(), behavior, target)
    except RuntimeError:  # the module has float32 hard-coded: another check reports that
        steer(module.float(), behavior, target)
    module.to(target.dtype)


# --- modules with given weights --------------------------------------------------------------


def identity(values: Tensor) -> Tensor:
    return values


def cell_target(V: Tensor, b: Tensor | None) -> Tensor:
    """The behavior of a cell with these weights, in the order of `cell_behavior`."""
    return torch.cat([V.T.flatten(), torch.full((len(V),), TEMPTING).to(V) if b is None else b])


def make_cell(
    module: ModuleType, V: Tensor, b: Tensor | None, activation: str | None = "Tanh"
) -> Any:
    """A VanillaRNNCell with V (hidden, hidden), b (hidden,) or no bias, and nn.`activation`.

    An activation of None is the default one.

    With tanh, the weights are found on the cell itself, so that a cell that knows no other
    activation fails only the check about activations. Otherwise they are found on a twin whose
    activation is the identity, and loaded into the cell as its state.
    """
    size, bias = len(V), b is not None
    target = cell_target(V.cpu(), _cpu(b))
    chosen = {} if activation is None else {"activation": getattr(nn, activation)}
    cell = module.VanillaRNNCell(size, bias=bias, **chosen)
    if activation in ("Tanh", None):
        steer_exactly(cell, cell_behavior(cell, size, torch.atanh), target)
    else:
        twin = module.VanillaRNNCell(size, activation=nn.Identity, bias=bias)
        steer_exactly(twin, cell_behavior(twin, size, identity), target)
        cell.load_state_dict(twin.state_dict())
    return cell.to(V)


def make_net(module: ModuleType, W: Tensor, V: Tensor, O: Tensor, b: Tensor | None = None) -> Any:
    """A VanillaRNN with W (hidden, inputs), V (hidden, hidden), O (outputs, hidden) and b.

    Offsets of the two linear maps, if they have any, are set to zero.
    """
    size, bias = len(V), b is not None
    net = module.VanillaRNN(input_size=W.shape[1], output_size=len(O), hidden_size=size, bias=bias)
    set_linear(net.in_to_hidden, W.cpu())
    set_linear(net.hidden_to_out, O.cpu())
    behavior = cell_behavior(net.rnn_cell, size, torch.atanh)
    steer_exactly(net.rnn_cell, behavior, cell_target(V.cpu(), _cpu(b)))
    return net.to(V)


def set_linear(layer: nn.Module, matrix: Tensor, offset: float = 0.0) -> None:
    target = torch.cat([matrix.T, torch.full((1, len(matrix)), offset).to(matrix)]).flatten()
    steer_exactly(layer, linear_behavior(layer, matrix.shape[1]), target)


def _cpu(tensor: Tensor | None) -> Tensor | None:
    return None if tensor is None else tensor.cpu()


def behavior_gradient(module: nn.Module, behavior: Behavior, loss: Tensor) -> Tensor:
    """d loss / d behavior, (behavior,), from the gradients that reached the parameters."""
    parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
    slopes = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
    return solve(behavior.jacobian(parameters).T, stacked(parameters, [slopes])[0])


# --- the cell --------------------------------------------------------------------------------


def cell_step(
    module: ModuleType,
    inputs: Tensor,
    V: Tensor,
    b: Tensor | None = None,
    hidden: Tensor | None = None,
    activation: str | None = "Tanh",
) -> dict[str, Tensor]:
    """output and hidden, both (batch, unit)."""
    cell = make_cell(module, V, b, activation)
    output, state = cell(inputs) if hidden is None else cell(inputs, hidden)
    return {"output": output, "hidden": state}


def cell_leaf_inputs(
    module: ModuleType, inputs: Tensor, hidden: Tensor, V: Tensor, b: Tensor
) -> dict[str, Tensor]:
    """The output for inputs that are leaves of the graph, and both arguments afterwards."""
    cell = make_cell(module, V, b)
    given, state = inputs.clone().requires_grad_(), hidden.clone().requires_grad_()
    output, _ = cell(given, state)
    return {"output": output, "inputs_after": given, "hidden_after": state}


def cell_gradients(
    module: ModuleType, inputs: Tensor, hidden: Tensor, V: Tensor, b: Tensor, weights: Tensor
) -> dict[str, Tensor]:
    """Gradients of sum(weights * output): of inputs and hidden (batch, unit), V and b."""
    cell = make_cell(module, V, b)
    # Computed from leaves, not leaves themselves: another check is about changing them in place.
    given, state = inputs.clone().requires_grad_(), hidden.clone().requires_grad_()
    output, _ = cell(given * 1, state * 1)
    loss = (weights * output).sum()
    slopes = torch.autograd.grad(loss, [given, state], retain_graph=True, allow_unused=True)
    behavior = cell_behavior(cell, len(V), torch.atanh)
    return {
        "inputs": or_zeros(slopes[0], given),
        "hidden": or_zeros(slopes[1], state),
        **_split_cell_behavior(behavior_gradient(cell, behavior, loss), len(V)),
    }


def cell_learning(module: ModuleType, size: int) -> dict[str, Tensor]:
    """How fast each entry of V and b of a new cell can change: the length of its gradient.

    It asks a cell made by default and one made with a bias (`_with_bias`). `V_is_zero` and
    `b_is_zero` say whether V and b have no effect as they are.
    """
    default = module.VanillaRNNCell(size, activation=nn.Identity).double()
    asked = module.VanillaRNNCell(size, activation=nn.Identity, bias=True).double()
    made = _split_cell_behavior(cell_behavior(default, size, identity).respond().detach(), size)
    with_bias = _speed(asked, size)
    return {
        **_speed(default, size),
        **{f"{name}_with_bias": speed for name, speed in with_bias.items()},
        **{f"{name}_is_zero": (value == 0).all() for name, value in made.items()},
    }


def _speed(cell: nn.Module, size: int) -> dict[str, Tensor]:
    parameters = [parameter for parameter in cell.parameters() if parameter.requires_grad]
    behavior = cell_behavior(cell, size, identity)
    if not parameters:
        return _split_cell_behavior(torch.zeros_like(behavior.respond()), size)
    return _split_cell_behavior(behavior.jacobian(parameters).norm(dim=1), size)


def _split_cell_behavior(flat_values: Tensor, size: int) -> dict[str, Tensor]:
    """V and b, or values for them, from the order of `cell_behavior`."""
    return {"V": flat_values[: size * size].reshape(size, size).T, "b": flat_values[size * size :]}


# --- the network -----------------------------------------------------------------------------


def net_maps(module: ModuleType, W: Tensor, O: Tensor, x: Tensor, h: Tensor) -> dict[str, Tensor]:
    """in_to_hidden of x, hidden_to_out of h, for given W and O.

    in_to_hidden is steered to an offset too, which it must not be able to learn.
    """
    net = module.VanillaRNN(input_size=W.shape[1], output_size=len(O), hidden_size=len(W))
    set_linear(net.in_to_hidden, W.cpu(), offset=TEMPTING)
    set_linear(net.hidden_to_out, O.cpu())
    net.to(W)
    return {"in_to_hidden": net.in_to_hidden(x), "hidden_to_out": net.hidden_to_out(h)}


def net_step(
    module: ModuleType,
    x: Tensor,
    W: Tensor,
    V: Tensor,
    O: Tensor,
    b: Tensor,
    hidden: Tensor | None = None,
) -> dict[str, Tensor]:
    """output and hidden, both (batch, unit)."""
    net = make_net(module, W, V, O, b)
    output, state = net.step(x) if hidden is None else net.step(x, hidden)
    return {"output": output, "hidden": state}


def net_forward(
    module: ModuleType,
    inputs: Tensor,
    W: Tensor,
    V: Tensor,
    O: Tensor,
    b: Tensor | None = None,
    hidden: Tensor | None = None,
    force: bool = True,
    warm_start: int = 10,
) -> dict[str, Tensor]:
    """outputs (step, batch, unit) and the last hidden state (batch, unit)."""
    net = make_net(module, W, V, O, b)
    outputs, state = net(inputs, hidden=hidden, force=force, warm_start=warm_start)
    return {"outputs": outputs, "hidden": state}


def net_leaf_inputs(
    module: ModuleType,
    inputs: Tensor,
    hidden: Tensor,
    W: Tensor,
    V: Tensor,
    O: Tensor,
    b: Tensor,
    warm_start: int,
) -> dict[str, Tensor]:
    """The outputs for arguments that are leaves of the graph, and both arguments afterwards."""
    net = make_net(module, W, V, O, b)
    given, state = inputs.clone().requires_grad_(), hidden.clone().requires_grad_()
    outputs, _ = net(given, hidden=state, force=False, warm_start=warm_start)
    return {"outputs": outputs, "inputs_after": given, "hidden_after": state}


def net_gradients(
    module: ModuleType,
    inputs: Tensor,
    hidden: Tensor,
    W: Tensor,
    V: Tensor,
    O: Tensor,
    b: Tensor,
    weights: Tensor,
    warm_start: int,
) -> dict[str, Tensor]:
    """Gradients of sum(weights * outputs) with free running after `warm_start` steps."""
    net = make_net(module, W, V, O, b)
    given, state = inputs.clone().requires_grad_(), hidden.clone().requires_grad_()
    outputs, _ = net(given * 1, hidden=state * 1, force=False, warm_start=warm_start)
    loss = (weights * outputs).sum()
    slopes = torch.autograd.grad(loss, [given, state], retain_graph=True, allow_unused=True)
    size = len(V)
    behavior_in = linear_behavior(net.in_to_hidden, W.shape[1])
    behavior_out = linear_behavior(net.hidden_to_out, size)
    behavior_cell = cell_behavior(net.rnn_cell, size, torch.atanh)
    grad_in = behavior_gradient(net.in_to_hidden, behavior_in, loss)[: W.numel()]
    grad_out = behavior_gradient(net.hidden_to_out, behavior_out, loss)[: O.numel()]
    return {
        "inputs": or_zeros(slopes[0], given),
        "hidden": or_zeros(slopes[1], state),
        **_split_cell_behavior(behavior_gradient(net.rnn_cell, behavior_cell, loss), size),
        "W": grad_in.reshape(W.T.shape).T,
        "O": grad_out.reshape(O.T.shape).T,
    }


def net_again(
    module: ModuleType,
    inputs: Tensor,
    hidden: Tensor,
    W: Tensor,
    V: Tensor,
    O: Tensor,
    b: Tensor,
) -> dict[str, Tensor]:
    """outputs (step, batch, unit) from a given state, then those of a second call without one."""
    net = make_net(module, W, V, O, b)
    outputs, state = net(inputs, hidden=hidden)
    return {"outputs": outputs, "hidden": state, "outputs_from_zeros": net(inputs)[0]}


def net_defaults(module: ModuleType, inputs: Tensor, b: Tensor) -> dict[str, Tensor]:
    """The answers of a network made and called with default arguments, and its bias.

    `outputs` and `free` are computed with default arguments, `forced` and `free_after_10` with the
    same spelled out. `b` is the bias of the cell after it was steered to the given one.
    """
    net = module.VanillaRNN()
    behavior = cell_behavior(net.rnn_cell, len(b), torch.atanh)
    with torch.no_grad():
        V = _split_cell_behavior(behavior.respond(), len(b))["V"]
    steer_exactly(net.rnn_cell, behavior, cell_target(V.cpu(), b.cpu()))
    net.to(inputs)
    # A copy for each call: another check is about what a call leaves behind.
    outputs, state = copy.deepcopy(net)(inputs)
    return {
        "outputs": outputs,
        "hidden": state,
        "forced": copy.deepcopy(net)(inputs, None, True, 10)[0],
        "free": copy.deepcopy(net)(inputs, force=False)[0],
        "free_after_10": copy.deepcopy(net)(inputs, None, False, 10)[0],
        "b": _split_cell_behavior(behavior.respond(), len(b))["b"],
    }


def net_reloaded(
    module: ModuleType, inputs: Tensor, W: Tensor, V: Tensor, O: Tensor, b: Tensor
) -> dict[str, Tensor]:
    """outputs (step, batch, unit) of a new network that loads the saved state of another."""
    net = make_net(module, W, V, O, b)
    file = io.BytesIO()
    torch.save(net.state_dict(), file)
    file.seek(0)
    fresh = module.VanillaRNN(W.shape[1], len(O), hidden_size=len(V), bias=True).to(W)
    fresh.load_state_dict(torch.load(file, weights_only=True))
    return {"outputs": fresh(inputs)[0]}


def net_trained(
    module: ModuleType,
    inputs: Tensor,
    targets: Tensor,
    W: Tensor,
    V: Tensor,
    O: Tensor,
    warm_start: int,
    iterations: int,
    learning_rate: float,
    final_iterations: int,
) -> dict[str, Tensor]:
    """Train without bias by Adam on the mean squared error; return W, V and O.

    The learning rate falls to a tenth for the last `final_iterations`.
    """
    net = make_net(module, W, V, O)
    adam = Adam(list(net.parameters()))
    for iteration in range(iterations):
        outputs, _ = net(inputs, hidden=None, force=False, warm_start=warm_start)
        loss = nn.functional.mse_loss(outputs, targets)
        late = iteration >= iterations - final_iterations
        adam.step(loss, learning_rate * (0.1 if late else 1.0))
    with torch.no_grad():
        size = len(V)
        recurrent = cell_behavior(net.rnn_cell, size, torch.atanh).respond()[: V.numel()]
        into = linear_behavior(net.in_to_hidden, W.shape[1]).respond()[: W.numel()]
        out = linear_behavior(net.hidden_to_out, size).respond()[: O.numel()]
    return {
        "W": into.reshape(W.T.shape).T,
        "V": recurrent.reshape(size, size).T,
        "O": out.reshape(O.T.shape).T,
    }
