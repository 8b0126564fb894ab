"""The table of published figures."""

from __future__ import annotations

import pytest

from zcnas.benchmarks.published import PUBLISHED_PATH, published
from zcnas.errors import UnknownNameError
from zcnas.proxies import PROXIES
from zcnas.rank import AGGREGATES

METRICS = {"spearman", "kendall", "abs_spearman", "pairwise_concordance"}


def test_every_row_is_complete_and_possible() -> None:
    rows = published(verified=False)
    assert len(rows) == len(PUBLISHED_PATH.read_text("utf-8").splitlines()) - 1
    assert {row.metric for row in rows} == METRICS
    assert all(-1 <= row.value <= 1 for row in rows)
    assert all(row.value >= 0 for row in rows if row.metric in ("abs_spearman", "pairwise_concordance"))
    assert all(row.n is None or row.n >= 100 for row in rows)
    assert all(row.source and row.benchmark and row.dataset for row in rows)
    keys = [(row.source, row.benchmark, row.dataset, row.proxy, row.metric) for row in rows]
    assert len(set(keys)) == len(keys)


def test_the_table_ships_and_is_small() -> None:
    assert PUBLISHED_PATH.stat().st_size < 100_000


def test_proxies_are_those_that_are_registered() -> None:
    named = {row.proxy for row in published(verified=False)}
    assert named - set(PROXIES) - set(AGGREGATES) == {"val_hp12_cifar10"}


def test_targets_are_verified() -> None:
    assert all(row.verified for row in published())
    assert len(published(verified=False)) > len(published())
    assert published(proxy="meco") == []
    assert {row.value for row in published(proxy="meco", benchmark="NATS-SSS", verified=False)} == {-0.79, -0.87, -0.86}


@pytest.mark.parametrize(
    ("dataset", "proxy", "metric", "value"),
    [
        ("cifar10", "params", "spearman", 0.7513),
        ("ImageNet16-120", "params", "kendall", 0.5191),
        ("cifar10", "val_hp12_cifar10", "kendall", 0.5939),
        ("cifar10", "az_nas", "spearman", 0.9127),
        ("cifar100", "synflow", "abs_spearman", 0.763),
        ("cifar10", "jacob_cov", "spearman", 0.75),
        ("cifar10", "plain", "spearman", -0.26),
        ("cifar10", "vote", "pairwise_concordance", 0.8171),
    ],
)
def test_known_figures(dataset: str, proxy: str, metric: str, value: float) -> None:
    found = published(benchmark="NAS-Bench-201", dataset=dataset, proxy=proxy, metric=metric)
    assert value in [row.value for row in found]


def test_known_names_that_never_meet_give_nothing() -> None:
    assert published(benchmark="NAS-Bench-101", dataset="jigsaw") == []


@pytest.mark.parametrize(
    ("field", "name", "hint"),
    [
        ("benchmark", "NAS-Bench-210", "NAS-Bench-201"),
        ("dataset", "cifar-10", "cifar10"),
        ("proxy", "synflo", "synflow"),
        ("metric", "pearson", "spearman"),
    ],
)
def test_unknown_names_list_what_there_is(field: str, name: str, hint: str) -> None:
    message = f"unknown {field} of published figures '{name}': did you mean '{hint}'"
    with pytest.raises(UnknownNameError, match=message):
        published(**{field: name})  # type: ignore[arg-type]
