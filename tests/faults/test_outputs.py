"""Outputs that are not logits ``(N, K)``, and the adapters that pick them."""

from __future__ import annotations

from operator import itemgetter
from types import SimpleNamespace
from typing import Any

import pytest

from tests.faults.helpers import CLASSES, Wrapped, network, refused, score, two_batches
from zcnas.errors import InputError, InputTypeError

TRAVERSING = ["snip", "nwot", "jacob_cov", "synflow", "grasp", "gradsign", "zen", "swap"]


@pytest.mark.parametrize("proxy", TRAVERSING)
@pytest.mark.parametrize(
    ("change", "came"),
    [
        (lambda logits: (logits, logits), "got tuple"),
        (lambda logits: [logits], "got list"),
        (lambda logits: {"logits": logits}, "got dict"),
        (lambda logits: None, "got NoneType"),
        (lambda logits: SimpleNamespace(logits=logits), "got SimpleNamespace"),
    ],
)
def test_what_is_no_tensor_is_named_with_the_remedy(change: Any, came: str, proxy: str) -> None:
    parts = ("expected the model to return logits (N, K)", came, "pass output=")
    refused(InputError, *parts, model=Wrapped(change), proxies=[proxy], batch=two_batches(16))


@pytest.mark.parametrize("proxy", TRAVERSING)
@pytest.mark.parametrize(
    ("change", "shape"),
    [
        (lambda logits: logits[:, 0], "({n},)"),
        (lambda logits: logits[:, :, None, None], f"({{n}}, {CLASSES}, 1, 1)"),
        (lambda logits: logits.repeat(2, 1), f"({{n2}}, {CLASSES})"),
        (lambda logits: logits.sum(), "()"),
    ],
)
def test_another_shape_is_shown_with_the_remedy(change: Any, shape: str, proxy: str) -> None:
    n = 1 if proxy in ("synflow", "gradsign") else 16
    parts = (f"expected logits of shape ({n}, K)", f"got {shape.format(n=n, n2=2 * n)}", "pass output=")
    refused(InputError, *parts, model=Wrapped(change), proxies=[proxy], batch=two_batches(16))


@pytest.mark.parametrize(
    ("change", "pick"),
    [
        (lambda logits: (logits, logits), itemgetter(0)),
        (lambda logits: {"logits": logits}, itemgetter("logits")),
        (lambda logits: SimpleNamespace(logits=logits), lambda out: out.logits),
        (lambda logits: logits[:, :, None, None], lambda out: out.flatten(1)),
    ],
)
def test_an_adapter_picks_the_logits(change: Any, pick: Any) -> None:
    found = score(Wrapped(change), TRAVERSING, output=pick, batch=two_batches(16))
    expected = score(Wrapped(lambda logits: logits), TRAVERSING, batch=two_batches(16))
    assert dict(found) == dict(expected)
    assert {found.status(name) for name in found} == {"ok"}


@pytest.mark.parametrize("proxy", TRAVERSING)
def test_an_adapter_that_raises_is_blamed(proxy: str) -> None:
    parts = ("output=", "KeyError", "logits", "dict")
    model = Wrapped(lambda logits: {"scores": logits})
    refused(InputError, *parts, model=model, proxies=[proxy], output=itemgetter("logits"), batch=two_batches(16))


@pytest.mark.parametrize("output", [0, "logits"])
def test_an_adapter_must_be_callable(output: Any) -> None:
    refused(InputTypeError, "output", f"got {type(output).__name__}", model=network(), output=output)
