"""What of graphs can reach the output, for many graphs at a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]


def live(adjacency: Bools, zero: Bools) -> Bools:
    """Nodes on a way from the first to the last node that has no zero in it; the two themselves always.

    Args:
        adjacency: ``(G, V, V)``, upper triangular.
        zero: ``(G, V)``, nodes that give nothing.

    Returns:
        ``(G, V)``.
    """
    size = adjacency.shape[1]
    fed, used = np.zeros_like(zero), np.zeros_like(zero)
    fed[:, 0] = used[:, -1] = True
    for node in range(1, size):
        fed[:, node] = (adjacency[:, :node, node] & fed[:, :node]).any(axis=1) & ~zero[:, node]
    for node in reversed(range(size - 1)):
        used[:, node] = (adjacency[:, node, node + 1 :] & used[:, node + 1 :]).any(axis=1) & ~zero[:, node]
    kept = fed & used
    kept[:, [0, -1]] = True
    return kept


def without_skips(adjacency: Bools, skip: Bools) -> Bools:
    """Leads what feeds a skip to what the skip feeds, and cuts the skip off.

    Args:
        adjacency: ``(G, V, V)``, upper triangular.
        skip: ``(G, V)``.
    """
    led = adjacency.copy()
    for node in range(1, adjacency.shape[1] - 1):
        through = led[:, :, node, None] & led[:, node, None, :] & skip[:, node, None, None]
        led |= through
        led[skip[:, node], :, node] = False
        led[skip[:, node], node, :] = False
    return led


def along(adjacency: Bools, steps: Floats) -> Floats:
    """For every node the largest sum of steps on a way that ends with it.

    Args:
        adjacency: ``(G, V, V)``, upper triangular.
        steps: ``(G, V)`` or ``(G, V, A)``, not negative.
    """
    total = steps.copy()
    for node in range(1, adjacency.shape[1]):
        into = adjacency[:, :node, node].reshape(*adjacency.shape[:1], node, *(1,) * (steps.ndim - 2))
        total[:, node] += (total[:, :node] * into).max(axis=1)
    return total
