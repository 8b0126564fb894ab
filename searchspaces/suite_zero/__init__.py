"""NAS-Bench-Suite-Zero: published scores of 13 proxies on five benchmarks (Krishnakumar et al. 2022, 2210.03230)."""

from __future__ import annotations

from zcnas.searchspaces.suite_zero.official import convert, read

__all__ = ["convert", "read"]
