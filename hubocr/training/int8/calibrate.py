"""Ranges and sizes of activations, from images."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from hubocr.training.graph.network import Network
from hubocr.training.int8.rounding import LEVELS

_SHARES = (0.0, 1e-5, 1e-4, 5e-4, 1e-3, 3e-3)
"""Shares of the numbers that a range may leave out at either end."""

_KEPT = 1 << 14
"""Numbers of a tensor that are looked at for each batch."""


_KEPT_A_CHANNEL = 4096
_SIZE_SHARE = 0.999
"""Share of a channel's numbers that its size holds."""


def output_shapes(
    network: Network, names: Collection[str], image: torch.Tensor
) -> dict[str, tuple[int, ...]]:
    """Return the shapes that tensors have for one image (1, 3, height, width)."""
    with torch.inference_mode():
        return {name: tuple(t.shape) for name, t in network.values(image, names).items()}


def channel_sizes(
    network: Network, names: Collection[str], images: Sequence[torch.Tensor]
) -> dict[str, NDArray[np.float32]]:
    """Return how far each channel of tensors (N, C, H, W) reaches from 0, a mean over images."""
    found: dict[str, list[torch.Tensor]] = {}
    with torch.inference_mode():
        for batch in images:
            for name, values in network.values(batch, names).items():
                if values.ndim != 4:
                    continue
                flat = values.abs().permute(1, 0, 2, 3).flatten(1).float()
                flat = flat[:, :: max(1, flat.shape[1] // _KEPT_A_CHANNEL)]
                place = max(1, round(_SIZE_SHARE * flat.shape[1]))
                found.setdefault(name, []).append(flat.kthvalue(place, dim=1).values.cpu())
    return {name: torch.stack(sizes).mean(dim=0).numpy() for name, sizes in found.items()}


def activation_ranges(
    network: Network, names: Collection[str], images: Sequence[torch.Tensor]
) -> dict[str, tuple[float, float]]:
    """Return the range of each tensor, see `best_range`."""
    samples: dict[str, list[torch.Tensor]] = {name: [] for name in names}
    with torch.inference_mode():
        for number, batch in enumerate(images):
            for name, values in network.values(batch, names).items():
                samples[name].append(sample(values, number).cpu())
    return {name: best_range(kept) for name, kept in samples.items()}


def sample(values: torch.Tensor, seed: int) -> torch.Tensor:
    """Return some of a tensor's numbers, float32, drawn evenly."""
    flat = values.detach().reshape(-1).float()
    if len(flat) <= _KEPT:
        return flat
    generator = torch.Generator(device="cpu").manual_seed(seed)
    places = torch.randint(len(flat), (_KEPT,), generator=generator)
    return flat[places.to(flat.device)]


def best_range(samples: Sequence[torch.Tensor]) -> tuple[float, float]:
    """Return the range whose rounding is nearest to the numbers (least squares).

    A range of extremes would spend most of its levels on a handful of outliers.
    """
    values = torch.cat([*samples]).sort().values
    count = len(values)
    best, found = float("inf"), (-1.0, 1.0)
    lows = {min(0.0, float(values[min(count - 1, int(share * count))])) for share in _SHARES}
    highs = {max(0.0, float(values[max(0, count - 1 - int(share * count))])) for share in _SHARES}
    for low in sorted(lows):
        for high in sorted(highs):
            scale = max((high - low) / LEVELS, 1e-6)
            zero = round(-low / scale)
            rounded = (values / scale + zero).round().clamp(0, LEVELS)
            error = float((((rounded - zero) * scale - values) ** 2).mean())
            if error < best:
                best, found = error, (low, high)
    return found
