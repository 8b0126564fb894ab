"""Zero-cost proxies: one file each. A new proxy is one file here, one line below, one oracle in the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from zcnas.errors import InputError, InputTypeError
from zcnas.proxies.az_expressivity import AZExpressivity
from zcnas.proxies.az_progressivity import AZProgressivity
from zcnas.proxies.az_trainability import AZTrainability
from zcnas.proxies.base import LayerwiseProxy, Proxy, Saliency
from zcnas.proxies.epe_nas import EPENAS
from zcnas.proxies.fisher import Fisher
from zcnas.proxies.flops import Flops
from zcnas.proxies.grad_norm import GradNorm
from zcnas.proxies.grad_norm_global import GradNormGlobal
from zcnas.proxies.gradsign import GradSign
from zcnas.proxies.grasp import GraSP
from zcnas.proxies.jacob_cov import JacobCov
from zcnas.proxies.l2_norm import L2Norm
from zcnas.proxies.linear_regions import LinearRegions
from zcnas.proxies.log_synflow import LogSynFlow
from zcnas.proxies.meco import MeCo
from zcnas.proxies.ntk_condition import NTKCondition
from zcnas.proxies.nwot import NWOT
from zcnas.proxies.params import Params
from zcnas.proxies.plain import Plain
from zcnas.proxies.snip import SNIP
from zcnas.proxies.swap import SWAP
from zcnas.proxies.synflow import SynFlow
from zcnas.proxies.zen import Zen
from zcnas.proxies.zico import ZiCo
from zcnas.registry import Registry

PROXIES: Registry[Proxy] = Registry("proxy", group="proxies")
PROXIES.register("params", Params)
PROXIES.register("flops", Flops)
PROXIES.register("l2_norm", L2Norm)
PROXIES.register("grad_norm", GradNorm)
PROXIES.register("snip", SNIP)
PROXIES.register("plain", Plain)
PROXIES.register("grasp", GraSP)
PROXIES.register("fisher", Fisher)
PROXIES.register("jacob_cov", JacobCov)
PROXIES.register("synflow", SynFlow)
PROXIES.register("log_synflow", LogSynFlow)
PROXIES.register("synflow_bn", partial(SynFlow, norms="kept"))
PROXIES.register("epe_nas", EPENAS)
PROXIES.register("nwot", NWOT)
PROXIES.register("zen", Zen)
PROXIES.register("zico", ZiCo)
PROXIES.register("az_expressivity", AZExpressivity)
PROXIES.register("az_progressivity", AZProgressivity)
PROXIES.register("az_trainability", AZTrainability)
PROXIES.register("ntk_condition", NTKCondition)
PROXIES.register("linear_regions", LinearRegions)
PROXIES.register("gradsign", GradSign)
PROXIES.register("meco", MeCo)
PROXIES.register("swap", SWAP)
PROXIES.register("swap_regularised", partial(SWAP, mu=1.0))
# The forms that released code computes where it differs from the papers, for reproducing published figures.
_RELEASED: dict[str, Callable[..., Proxy]] = {
    "fisher_released": partial(Fisher, variant="released"),
    "flops_released": partial(Flops, variant="released"),
    "grad_norm_global": GradNormGlobal,
    "gradsign_released": partial(GradSign, variant="released"),
    "linear_regions_released": partial(LinearRegions, variant="released", samples=1000),
    "meco_released": partial(MeCo, variant="released"),
    # As Zero-Cost-PT takes it: norms of an untrained network then pass their input through.
    "nwot_eval": partial(NWOT, train=False),
    "nwot_released": partial(NWOT, variant="released"),
    "ntk_condition_released": partial(NTKCondition, variant="released"),
    "synflow_released": partial(SynFlow, norms="reductions"),
    "zen_released": partial(Zen, variant="released"),
    "zico_released": partial(ZiCo, variant="released"),
}
for _name, _factory in _RELEASED.items():
    PROXIES.register(_name, _factory)


def default_names() -> list[str]:
    """The names that ``"all"`` stands for: every registered proxy but the variants of released code."""
    return [name for name in PROXIES if name not in _RELEASED]


def resolve(proxies: str | Proxy | Iterable[str | Proxy]) -> dict[str, Proxy]:
    """Turns ``"all"``, names, patterns such as ``"az_*"`` or objects into proxies by name.

    Raises:
        UnknownNameError: No such proxy (the message suggests one).
        InputError: An empty list, or one name twice.
        InputTypeError: Something that is neither a name nor a proxy.
    """
    chosen: dict[str, Proxy] = {}
    if isinstance(proxies, type) or not isinstance(proxies, str | Proxy | Iterable):
        raise _no_proxy(proxies)
    for item in [proxies] if isinstance(proxies, str | Proxy) else proxies:
        for name, proxy in _expand(item):
            if name in chosen and chosen[name] != proxy:
                raise InputError(f"two different proxies are called {name!r}: score them in two calls")
            chosen[name] = proxy
    if not chosen:
        raise InputError("no proxies: expected 'all', names such as 'synflow', or Proxy objects; got an empty list")
    return chosen


def _expand(item: object) -> list[tuple[str, Proxy]]:
    if isinstance(item, Proxy):
        return [(_registered_name(item), item)]
    if not isinstance(item, str):
        raise _no_proxy(item)
    if item == "all":
        return [(name, PROXIES.create(name)) for name in default_names()]
    names = PROXIES.names(item) if any(mark in item for mark in "*?[") else [item]
    return [(name, PROXIES.create(name)) for name in names or [item]]


def _no_proxy(came: object) -> InputTypeError:
    what = f"the class {came.__name__}, which must be called" if isinstance(came, type) else type(came).__name__
    return InputTypeError(f"expected a proxy or its name, got {what}: names are in zcnas.proxies.PROXIES")


def _registered_name(proxy: Proxy) -> str:
    """The name under which exactly this proxy is registered, or its class's name."""
    matches = (name for name, factory in PROXIES.items() if factory() == proxy)
    return next(matches, proxy.name)


__all__ = ["PROXIES", "LayerwiseProxy", "Proxy", "Saliency", "default_names", "resolve"]
