"""Every registered proxy keeps the contract that third parties test theirs with."""

from __future__ import annotations

from zcnas.proxies import PROXIES
from zcnas.testing import ProxyContract


def _contract(name: str) -> type[ProxyContract]:
    return type(f"Test_{name}", (ProxyContract,), {"proxy": PROXIES.create(name), "__module__": __name__})


globals().update({f"Test_{name}": _contract(name) for name in PROXIES})
