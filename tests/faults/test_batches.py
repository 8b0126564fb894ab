"""Batches of the wrong form, labels that do not fit, single samples, and values that are no numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.faults.helpers import CLASSES, batch, explained, images, labels, network, refused, score, two_batches
from zcnas import Batch
from zcnas.errors import InputError, InputTypeError
from zcnas.proxies import PROXIES


@pytest.mark.parametrize(
    ("data", "came"),
    [
        (None, "NoneType"),
        (5, "int"),
        ([], "list"),
        (np.zeros((2, 3, 4, 4), np.float32), "ndarray"),
        ((images(), None), "tuple"),
        ((images(), labels(), labels()), "tuple"),
        ({"inputs": images()}, "dict"),
        (iter([batch()]), "list_iterator"),
    ],
)
def test_what_is_no_batch_is_named(data: Any, came: str) -> None:
    refused(InputTypeError, "expected a Batch, inputs, a pair", f"got {came}", "zcnas.data", batch=data)


def test_arrays_must_be_wrapped() -> None:
    with pytest.raises(InputTypeError, match=r"batch inputs: .*got ndarray; wrap arrays with torch\.as_tensor"):
        Batch(np.zeros((2, 3)))  # type: ignore[arg-type]
    with pytest.raises(InputTypeError, match=r"batch targets: .*got list; wrap"):
        Batch(images(), [0, 1])  # type: ignore[arg-type]


@pytest.mark.parametrize("inputs", [torch.zeros(0, 3, 4, 4), torch.tensor(1.0)])
def test_an_empty_batch_is_refused(inputs: Tensor) -> None:
    refused(InputError, "expected shape (N, ...) with N >= 1", f"got {tuple(inputs.shape)}", batch=inputs)


@pytest.mark.parametrize("targets", [labels(5), labels(7), labels()[:, None], torch.tensor(1)])
def test_labels_must_be_as_many_as_inputs(targets: Tensor) -> None:
    parts = ("batch targets: expected shape (6,)", f"got {tuple(targets.shape)}")
    refused(InputError, *parts, batch=(images(), targets))


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16, torch.bool, torch.complex64])
def test_labels_must_be_integers(kind: torch.dtype) -> None:
    parts = ("expected integer class labels", f"got {kind}", "targets.long()")
    refused(InputError, *parts, batch=(images(), labels().to(kind)))


@pytest.mark.parametrize("kind", [torch.uint8, torch.int8, torch.int16, torch.int32])
def test_labels_of_any_integer_type_give_equal_scores(kind: torch.dtype) -> None:
    names = ["snip", "gradsign", "epe_nas", "grasp"]
    assert dict(score(network(), names, batch=(images(), labels().to(kind)))) == dict(score(network(), names))


@pytest.mark.parametrize("proxy", ["snip", "grasp", "fisher", "grad_norm_global", "gradsign"])
@pytest.mark.parametrize("wrong", [CLASSES, -1, -100, 255])
def test_labels_out_of_range_are_shown(wrong: int, proxy: str) -> None:
    targets = labels()
    targets[3] = wrong
    low, high = (wrong, wrong) if proxy == "gradsign" else (min(wrong, 0), max(wrong, CLASSES - 1))
    parts = (f"labels must lie in 0..{CLASSES - 1} for {CLASSES} logits", f"got {low}..{high}", "number of classes")
    refused(InputError, *parts, proxies=[proxy], batch=(images(), targets))


def test_labels_out_of_range_in_a_second_batch_are_found_too() -> None:
    second = Batch(images(), labels() + 1)
    refused(InputError, "labels must lie in 0..2", "got 1..3", proxies="zico", batch=[batch(), second])


def test_without_labels_what_needs_them_is_undefined_and_the_rest_is_not() -> None:
    found = score(network(), ["snip", "nwot", "epe_nas", "gradsign", "jacob_cov"], batch=images())
    for name in ("snip", "epe_nas", "gradsign"):
        explained(found, name, "undefined", "needs labels: pass a batch with targets")
    assert found.status("nwot") == found.status("jacob_cov") == "ok"


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_inputs_that_are_no_numbers_are_refused(bad: float) -> None:
    inputs = images()
    inputs[2, 1, 0, 3] = bad
    refused(InputError, "batch inputs hold NaN or infinite values", "clean the data", batch=inputs)


def test_a_batch_of_one_has_scores_or_reasons() -> None:
    found = score(network(), list(PROXIES), batch=two_batches(1))
    assert [name for name in found if found.status(name) == "failed"] == []
    explained(found, "jacob_cov", "undefined", "at least two samples", "got one")
    explained(found, "swap", "undefined", "at least 16 samples", "got 1")
    assert found.status("snip") == found.status("synflow") == "ok"


def test_a_batch_of_one_under_a_norm_over_the_batch_is_explained() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(48, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, CLASSES))
    found = score(model, ["snip", "gradsign", "synflow"], batch=batch(1))
    explained(found, "snip", "undefined", "a batch norm cannot normalise 1 sample(s)")
    explained(found, "gradsign", "undefined", "a batch norm", "single sample")
    assert found.status("synflow") == "ok"


def test_too_few_batches_are_counted() -> None:
    explained(score(network(), "zico"), "zico", "undefined", "needs 2 batches, got 1", "batch=[first, second, ...]")


def test_equal_images_are_explained() -> None:
    twins = images()
    twins[4] = twins[1]
    explained(score(network(), "nwot", batch=twins), "nwot", "undefined", "two samples", "identical")


@pytest.mark.parametrize("kind", [torch.float64, torch.float16, torch.bfloat16])
def test_inputs_of_any_real_type_are_scored(kind: torch.dtype) -> None:
    inputs = images(16).to(kind)
    found = score(network(), list(PROXIES), batch=[Batch(inputs, labels(16)), Batch(inputs.flip(0), labels(16))])
    assert [name for name in found if found.status(name) == "failed"] == []
    same = score(network(), ["snip", "nwot", "gradsign"], batch=(inputs.float(), labels(16)))
    assert dict(same).items() <= dict(found).items()


def test_images_of_bytes_are_explained_where_real_numbers_are_needed() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Embedding(256, 2), nn.Flatten(), nn.Linear(96, CLASSES))
    found = score(model, ["snip", "jacob_cov", "zen", "synflow"], batch=(images().mul(99).long() % 256, labels()))
    assert found.status("snip") == "ok"
    explained(found, "jacob_cov", "undefined", "real-valued inputs")
    explained(found, "zen", "undefined", "needs real-valued inputs, but the batch holds torch.int64")
    explained(found, "synflow", "undefined", "needs real-valued inputs, but the batch holds torch.int64")


def test_inputs_that_are_part_of_a_graph_are_left_alone() -> None:
    inputs = images().requires_grad_()
    grown = inputs * 2
    found = score(network(), ["snip", "gradsign", "jacob_cov", "nwot"], batch=(grown, labels()))
    expected = score(network(), ["snip", "gradsign", "jacob_cov", "nwot"], batch=(grown.detach(), labels()))
    assert dict(found) == dict(expected)
    grown.sum().backward()
    assert inputs.grad is not None
    assert bool((inputs.grad == 2).all())
