"""Several networks of one kind, trained at the same time: much faster than one after another."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn


class Ensemble:
    """Networks as one function: it takes a batch for each and returns the outputs of each.

    A network returns a pair: its outputs and something else. Calls are vectorized over the networks
    if their code allows it. Some code does not, such as code that writes into a tensor that it has
    made itself; then `vectorized` is False, and the networks take turns.

    Args:
        networks: alike in everything but the values of their parameters.
        trial: inputs for a trial call, (networks, ...).
        options: options of the trial call.
    """

    def __init__(self, networks: Sequence[nn.Module], trial: Tensor, **options: Any) -> None:
        self._networks = networks
        self._stacked, self._buffers = torch.func.stack_module_state(list(networks))
        try:
            at_once, in_turn = self._at_once(trial, options), self._in_turn(trial, options)
            self.vectorized = at_once.shape == in_turn.shape and torch.allclose(
                at_once, in_turn, atol=1e-5
            )
        except (RuntimeError, ValueError):
            self.vectorized = False

    @property
    def parameters(self) -> list[Tensor]:
        """The parameters for an optimizer. Adam treats each network as if it were alone."""
        if self.vectorized:
            return list(self._stacked.values())
        return [parameter for network in self._networks for parameter in network.parameters()]

    def __call__(self, inputs: Tensor, **options: Any) -> Tensor:
        """The outputs, (networks, ...), for inputs (networks, ...)."""
        return (self._at_once if self.vectorized else self._in_turn)(inputs, options)

    def _at_once(self, inputs: Tensor, options: dict[str, Any]) -> Tensor:
        def call(parameters: dict[str, Tensor], own: Tensor) -> Tensor:
            state = (parameters, self._buffers)
            outputs: Tensor = torch.func.functional_call(self._networks[0], state, own, options)[0]
            return outputs

        return torch.vmap(call)(self._stacked, inputs)

    def _in_turn(self, inputs: Tensor, options: dict[str, Any]) -> Tensor:
        pairs = zip(self._networks, inputs, strict=True)
        return torch.stack([network(own, **options)[0] for network, own in pairs])
