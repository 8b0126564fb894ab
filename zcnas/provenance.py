"""What a result depends on besides its settings."""

from __future__ import annotations

import platform

import numpy as np
import torch


def versions() -> dict[str, str]:
    """Versions of what computes."""
    return {"torch": str(torch.__version__), "numpy": np.__version__, "python": platform.python_version()}
