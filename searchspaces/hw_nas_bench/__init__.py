"""HW-NAS-Bench: latency and energy of NAS-Bench-201's networks on six devices (Li et al. 2021, arXiv:2103.10584)."""

from __future__ import annotations

from zcnas.searchspaces.hw_nas_bench.official import convert, read

__all__ = ["convert", "read"]
