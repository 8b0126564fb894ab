"""HELP: latencies of NAS-Bench-201, FBNet and once-for-all on many devices (Lee et al. 2021, arXiv:2106.08630)."""

from __future__ import annotations

from zcnas.searchspaces.help.official import convert, read

__all__ = ["convert", "read"]
