"""Memory that runs out, and Ctrl-C."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.faults.helpers import batch, network, refused, score, two_batches
from zcnas.errors import OutOfMemory
from zcnas.testing.fuse import Where, arm

# More than any address space holds: fails at once, and as torch fails on this platform.
_IMPOSSIBLE = 1 << 55

EVERY_KIND = [
    "snip",
    "nwot",
    "jacob_cov",
    "synflow",
    "grasp",
    "gradsign",
    "ntk_condition",
    "zen",
    "swap",
    "az_trainability",
]


# The fuse sits before the first block's features, which is as far back as az_trainability differentiates.
FORWARD_ONLY = ["nwot", "zen", "swap", "az_trainability"]


def no_memory(*_: object) -> RuntimeError:
    """What torch says on a CPU of another platform."""
    return RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 123 bytes.")


class Greedy(nn.Module):
    """Needs more memory than there is, forwards or backwards."""

    def __init__(self, need: Any, *, backwards: bool = False) -> None:
        super().__init__()
        self.body, self.need, self.backwards = network(), need, backwards

    def forward(self, x: Tensor) -> Tensor:
        if not self.backwards:
            self.need()
        features = self.body[:3](x)
        if self.backwards:
            features = _Greedily.apply(features, self.need)
        logits: Tensor = self.body[3:](features)
        return logits


class _Greedily(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, value: Tensor, need: Any) -> Tensor:
        ctx.need = need
        return value.view_as(value)

    @staticmethod
    def backward(ctx: Any, *_: Any) -> Any:
        ctx.need()


def _raising(make: Any) -> Any:
    def need() -> None:
        raise make("tried to allocate 20.00 GiB")

    return need


NEEDS = {
    "accelerator": _raising(torch.OutOfMemoryError),
    "python": _raising(MemoryError),
    "another platform": _raising(no_memory),
    "this platform": lambda: torch.empty(_IMPOSSIBLE, dtype=torch.uint8),
}


@pytest.mark.parametrize("need", NEEDS)
@pytest.mark.parametrize("proxy", EVERY_KIND)
def test_running_out_of_memory_names_the_batch_size(proxy: str, need: str) -> None:
    size = {"synflow": 1}.get(proxy, 16)
    parts = (f"memory ran out with batch size {size}", "use a smaller batch", "never split")
    if proxy in ("gradsign", "ntk_condition"):
        parts = ("memory ran out",)
    refused(OutOfMemory, *parts, model=Greedy(NEEDS[need]), proxies=["params", proxy], batch=two_batches(16))


@pytest.mark.parametrize("need", NEEDS)
@pytest.mark.parametrize(
    "proxy", ["snip", "jacob_cov", "synflow", "grasp", "gradsign", "ntk_condition_released", "az_trainability"]
)
def test_running_out_of_memory_backwards_is_no_different(proxy: str, need: str) -> None:
    model = Greedy(NEEDS[need], backwards=True)
    refused(OutOfMemory, "memory ran out", model=model, proxies=["nwot", proxy], batch=two_batches(16))


def test_running_out_of_memory_in_what_only_counts_is_no_different() -> None:
    refused(OutOfMemory, "memory ran out", model=Greedy(NEEDS["this platform"]), proxies=["params", "flops"])


def test_running_out_of_memory_in_the_loss_is_no_different() -> None:
    def loss(*_: object) -> Tensor:
        return torch.empty(_IMPOSSIBLE)

    refused(OutOfMemory, "memory ran out with batch size 6", proxies=["snip"], loss=loss)


@pytest.mark.parametrize("where", ["first", "third", "last", "backward"])
@pytest.mark.parametrize("proxy", EVERY_KIND)
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_ctrl_c_goes_through(proxy: str, where: Where, error: type[BaseException]) -> None:
    model = network()
    arm(model, where, error)
    if where == "backward" and proxy in FORWARD_ONLY:
        assert score(model, proxy, batch=two_batches(16)).status(proxy) == "ok"
    else:
        refused(error, model=model, proxies=["params", proxy], batch=two_batches(16))


def test_ctrl_c_goes_through_with_several_seeds() -> None:
    model = network()
    arm(model, "third", KeyboardInterrupt)
    refused(KeyboardInterrupt, model=model, proxies=["snip"], seeds=3)


@pytest.mark.parametrize("what", ["loss", "output"])
def test_ctrl_c_goes_through_in_the_callers_functions(what: str) -> None:
    def interrupted(*_: object) -> Tensor:
        raise KeyboardInterrupt

    refused(KeyboardInterrupt, proxies=["snip", "gradsign"], batch=batch(), **{what: interrupted})
