"""What a new device has in common with those that were measured before, as a Gaussian process."""

from __future__ import annotations

from zcnas.predictors.transfer.kernel import Kernel, Places
from zcnas.predictors.transfer.process import Process
from zcnas.predictors.transfer.references import References

__all__ = ["Kernel", "Places", "Process", "References"]
