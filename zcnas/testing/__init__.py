"""Contract tests to subclass: one for each proxy, one for each search space. They need pytest."""

from __future__ import annotations

from zcnas.testing.proxies import ProxyContract

__all__ = ["ProxyContract"]
