"""Probes that try what a submission needs from a machine; they drive no module."""

import os
import tempfile
import threading
from contextlib import suppress
from types import ModuleType

import torch
from torch import Tensor, nn

MOST_MEGABYTES = 1 << 22


def tensors(module: ModuleType) -> dict[str, int]:
    """The size in MB of the largest tensor that can be made, found by bisection."""
    low, high = 0, MOST_MEGABYTES
    while high - low > 1:
        middle = (low + high) // 2
        try:
            torch.empty(middle << 20, dtype=torch.uint8)
            low = middle
        except (RuntimeError, MemoryError):
            high = middle
    return {"found": low}


def threads(module: ModuleType, most: int) -> dict[str, int]:
    """How many threads can run at once, up to `most`."""
    end = threading.Event()
    started = []
    try:
        for _ in range(most):
            thread = threading.Thread(target=end.wait)
            thread.start()
            started.append(thread)
    except RuntimeError:
        pass
    finally:
        end.set()
    for thread in started:
        thread.join()
    return {"found": len(started)}


def files(module: ModuleType, most: int) -> dict[str, int]:
    """How many MB fit into a temporary file, up to `most`."""
    written = 0
    with tempfile.TemporaryFile() as file, suppress(OSError):
        for _ in range(most):
            file.write(os.urandom(1 << 20))
            file.flush()
            written += 1
    return {"found": written}


def training(module: ModuleType) -> dict[str, Tensor]:
    """The loss after one step of Adam."""
    net = nn.LSTM(4, 8, 2)
    optimizer = torch.optim.Adam(net.parameters())
    inputs = torch.randn(5, 3, 4)
    nn.functional.mse_loss(net(inputs)[0], torch.ones(5, 3, 8)).backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return {"found": nn.functional.mse_loss(net(inputs)[0], torch.ones(5, 3, 8))}


def half_precision(module: ModuleType) -> dict[str, Tensor]:
    """A product of matrices in each of the two half precisions."""
    kinds = (torch.float16, torch.bfloat16)
    products = [torch.ones(8, 8, dtype=kind) @ torch.ones(8, 8, dtype=kind) for kind in kinds]
    return {"found": torch.stack([product.float().sum() for product in products])}
