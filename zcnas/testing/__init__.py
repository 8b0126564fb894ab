"""Contract tests to subclass, one for each proxy and each search space; and what they are made of. They need pytest."""

from __future__ import annotations

from zcnas.testing.proxies import ProxyContract
from zcnas.testing.spaces import SpaceContract
from zcnas.testing.toy import ToySpace

__all__ = ["ProxyContract", "SpaceContract", "ToySpace"]
