"""The two meanings of a mask: nothing is computed, or zeros are, which still count; see fact by fact what differs."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.opscore.worth import Fake, chaos, run_of
from zcnas.batch import Batch
from zcnas.errors import UnknownNameError
from zcnas.opscore import ORDERS, Perturbation, operation_scorer
from zcnas.opscore.run import Run
from zcnas.proxies.nwot import NWOT
from zcnas.proxies.synflow import SynFlow
from zcnas.scoring import score
from zcnas.searchspaces import NASBench201
from zcnas.supernet import Masking, Mixing, Supernet
from zcnas.testing.choices import some_masks

IMAGES = torch.randn(6, 3, 8, 8, generator=torch.Generator().manual_seed(0))
SEEDS = range(3)


@pytest.fixture
def cells() -> Supernet:
    return NASBench201().supernet(seed=0, C=4, N=1)


def mixing_of(cells: Supernet, seed: int) -> Mixing:
    return some_masks(cells, np.random.default_rng(seed))


def seen(view: nn.Module, wrappers: bool) -> Iterator[Tensor]:
    """What comes into every ReLU, and into what is called after one, in eval mode."""
    inputs: list[Tensor] = []
    view = copy.deepcopy(view).eval()
    for module in view.modules():
        if isinstance(module, nn.ReLU) or (wrappers and "ReLU" in type(module).__name__):
            module.register_forward_pre_hook(lambda _, given: inputs.append(given[0].detach().flatten(1)))
    with torch.no_grad():
        view(IMAGES)
    return iter(inputs)


def kernel(inputs: Iterator[Tensor]) -> Tensor:
    """On how many units two images agree, added up one unit's matrix after the other."""
    found = torch.zeros(len(IMAGES), len(IMAGES), dtype=torch.float64)
    for values in inputs:
        codes = values > 0
        found += torch.stack([(codes == row).sum(1) for row in codes]).double()
    return found


def masked_units(cells: Supernet, mixing: Mixing) -> int:
    """Units of all masked ReLUs: channels times height times width of each cell's maps."""
    maps = [4 * 64, 8 * 16, 16 * 4]
    convs = [
        (edge, op)
        for edge, row in enumerate(mixing)
        for op, weight in enumerate(row)
        if not weight and "conv" in cells.edges[edge].operations[op]
    ]
    return len(convs) * sum(maps)


@pytest.mark.parametrize("seed", SEEDS)
def test_zeroed_units_agree_on_all_images(cells: Supernet, seed: int) -> None:
    mixing = mixing_of(cells, seed)
    skip, zeros = (kernel(seen(cells.view(mixing, masking), False)) for masking in ("skip", "zeros"))
    constant = masked_units(cells, mixing)
    assert constant > 0
    assert torch.equal(zeros, skip + constant)
    value = score(cells.view(mixing, "zeros"), NWOT(train=False), batch=IMAGES)["nwot_eval"]
    # Logarithms of determinants of up to 1e4^6, by two ways of computing them.
    assert value == pytest.approx(torch.linalg.slogdet(skip + constant).logabsdet.item(), rel=1e-9)
    value = score(cells.view(mixing), NWOT(train=False), batch=IMAGES)["nwot_eval"]
    assert value == pytest.approx(torch.linalg.slogdet(skip).logabsdet.item(), rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_hooks_by_class_name_see_what_comes_into_a_masked_wrapper(cells: Supernet, seed: int) -> None:
    mixing = mixing_of(cells, seed)
    released = NWOT(train=False, variant="released")
    zeros = kernel(seen(cells.view(mixing, "zeros"), True))
    value = score(cells.view(mixing, "zeros"), released, batch=IMAGES)["nwot"]
    assert value == pytest.approx(torch.linalg.slogdet(zeros).logabsdet.item(), rel=1e-9)
    skip = kernel(seen(cells.view(mixing), True))
    wrapped = kernel(into_masked(cells, mixing))
    assert torch.equal(zeros, skip + masked_units(cells, mixing) + wrapped)


def into_masked(cells: Supernet, mixing: Mixing) -> Iterator[Tensor]:
    """What lies at the beginning of every edge that has a masked convolution, once for each."""
    inputs: list[Tensor] = []
    view = copy.deepcopy(cells.view(mixing)).eval()
    for mixture in view.modules():
        if hasattr(mixture, "operations"):
            row = mixing[mixture.edge]
            count = sum(not row[op] and "conv" in name for op, name in enumerate(cells.edges[0].operations))
            mixture.register_forward_pre_hook(lambda _, given, n=count: inputs.extend([given[0].flatten(1)] * n))
    with torch.no_grad():
        view(IMAGES)
    return iter(inputs)


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_outputs_are_equal(cells: Supernet, seed: int, train: bool) -> None:
    mixing = mixing_of(cells, seed)
    cells.network.train(train)
    with torch.no_grad():
        outputs = [cells.view(mixing, masking)(IMAGES) for masking in ("skip", "zeros")]
    assert torch.equal(*outputs)


@pytest.mark.parametrize("masking", ["skip", "zeros"])
def test_a_run_masks_as_it_is_told(cells: Supernet, masking: Masking) -> None:
    run = Run(cells, operation_scorer("zc_pt", NWOT(train=False)), lambda *_: Batch(IMAGES), masking=masking)
    run.advance()
    (found,) = run.strengths([2]).values()
    for op, strength in enumerate(found):
        view = cells.view(run.state.without(2, op), masking)
        assert strength == -score(view, NWOT(train=False), batch=IMAGES)["nwot_eval"]


def test_another_masking_is_refused(cells: Supernet) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown masking 'zero': did you mean 'zeros'\?"):
        cells.view(cells.uniform(), "zero")  # type: ignore[arg-type]
    run = run_of(cells, Perturbation(Fake(chaos)), masking="zero")
    with pytest.raises(UnknownNameError, match="unknown masking"):
        ORDERS["fixed"](run)


def test_synflow_in_a_supernet_has_no_norms(cells: Supernet) -> None:
    for seed in SEEDS:
        mixing = mixing_of(cells, seed)
        plain = copy.deepcopy(cells.view(mixing)).double()
        for module in plain.modules():
            for name, child in module.named_children():
                if isinstance(child, nn.BatchNorm2d):
                    setattr(module, name, nn.Identity())
        with torch.no_grad():
            for parameter in plain.parameters():
                parameter.abs_()
        plain(torch.ones(1, 3, 8, 8, dtype=torch.float64)).sum().backward()
        # Norms are none, and biases and scales are no weights.
        expected = sum(
            (layer.weight * layer.weight.grad).sum().item()
            for layer in plain.modules()
            if isinstance(layer, nn.Conv2d | nn.Linear) and layer.weight.grad is not None
        )
        assert score(cells.view(mixing), SynFlow(), batch=IMAGES)["synflow"] == pytest.approx(expected, rel=1e-6)
