"""Dropout whose mask does not depend on how its input is stored."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Stands in for :func:`torch.nn.functional.dropout`, which draws its mask in the order of memory."""
    if not training or inplace or not 0 < p < 1:
        return F.dropout(input, p, training, inplace)
    ones = torch.ones(input.shape, dtype=input.dtype, device=input.device)
    return input * F.dropout(ones, p)
