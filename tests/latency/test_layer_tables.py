"""Layer tables: sums, entries that are missing, interpolation where it is declared, calibration."""

from __future__ import annotations

import numpy as np
import pytest

from zcnas.errors import DataError, InputError, UnknownNameError
from zcnas.latency import Axis, Conditions, Entry, LayerLatency, LayerTable, MissingEntryError, calibrate
from zcnas.searchspaces import get

CONDITIONS = Conditions("toaster")
NB201 = get("nasbench201")


def table(entries: dict[str, float], **further: object) -> LayerTable:
    return LayerTable({key: Entry(value) for key, value in entries.items()}, CONDITIONS, **further)  # type: ignore[arg-type]


def test_a_total_is_the_sum_of_entries_as_often_as_layers_run() -> None:
    assert table({"a:1": 0.5, "b:1": 2.0}).total(["a:1", "b:1", "a:1"]) == 3.0


def test_a_missing_entry_is_an_error_that_names_the_nearest() -> None:
    known = table({"conv:16-k:3": 1.0, "conv:32-k:3": 2.0, "conv:512-k:3": 9.0, "conv:16-k:5": 2.0, "pool:16": 0.0})
    with pytest.raises(MissingEntryError, match=r"'conv:24-k:3'; nearest: conv:32-k:3, conv:16-k:3, conv:512-k:3"):
        known.total(["pool:16", "conv:24-k:3"])
    with pytest.raises(MissingEntryError, match=r"latency of layers on toaster.*'pol:16'; nearest: pool:16"):
        known.value("pol:16")
    assert known.value("pool:16") == 0.0  # measured as such


def test_between_entries_only_where_an_axis_says_so() -> None:
    entries = {"conv:16-k:3": 1.0, "conv:32-k:3": 2.0, "conv:16-k:7": 5.0}
    widths = table(entries, axes=(Axis("width", {"conv:#-k:#": (0,)}),))
    assert widths.value("conv:24-k:3") == 1.5
    assert widths.value("conv:16-k:3") == 1.0
    for key in ("conv:16-k:5", "conv:40-k:3", "conv:8-k:3", "conv:24-k:7", "pool:24"):
        with pytest.raises(MissingEntryError, match="nearest"):
            widths.value(key)
    with pytest.raises(MissingEntryError, match="declare an axis"):
        table(entries).value("conv:24-k:3")


@pytest.mark.parametrize("places", [(), (0, 0), (2,), (-1,)])
def test_an_axis_names_numbers_that_there_are(places: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="from 0 to 1"):
        Axis("width", {"conv:#-k:#": places})


def test_axes_of_importers_are_found_by_name() -> None:
    found = table(
        {"160/conv-input:80x80x3-output:40x40x8-expand:9": 1.0, "192/conv-input:96x96x3-output:48x48x8-expand:9": 3.0}
    )
    assert found.along("resolution").value("176/conv-input:88x88x3-output:44x44x8-expand:9") == 2.0
    with pytest.raises(MissingEntryError):
        found.along("width").value("176/conv-input:88x88x3-output:44x44x8-expand:9")
    with pytest.raises(UnknownNameError, match="did you mean 'width'"):
        found.along("widht")
    with pytest.raises(InputError, match="has not; leave it out"):
        table({"a": 1.0}).along("resolution")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, "1", True])
def test_entries_are_finite_numbers_from_0_on(value: float) -> None:
    with pytest.raises(InputError, match="'a': expected a value"):
        table({"a": value})
    with pytest.raises(InputError, match="'a': expected a value"):
        LayerTable({"a": Entry(1.0, value)}, CONDITIONS)


def test_other_entries_that_make_no_sense() -> None:
    for entries in ({}, {"": Entry(1.0)}, {"a#": Entry(1.0)}, {"a": Entry(1.0, None, 0)}):
        with pytest.raises(InputError, match="expected"):
            LayerTable(entries, CONDITIONS)


def test_conditions_have_known_metrics_and_units() -> None:
    assert Conditions("a", "energy", "uJ").factor == 1e-3
    with pytest.raises(UnknownNameError, match=r"unit of latency 'mJ'.*known: ms, us, s"):
        Conditions("a", unit="mJ")
    with pytest.raises(UnknownNameError, match="metric 'power'"):
        Conditions("a", "power")
    for wrong in ({"device": ""}, {"batch": 0}, {"batch": True}, {"date": "May 2019"}, {"runtime": None}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            Conditions(**{"device": "a", **wrong})


def test_calibration_finds_the_line() -> None:
    sums = np.linspace(1, 10, 10)
    line = calibrate(sums, 3 + 2 * sums)
    assert (line.scale, line.offset, line.count) == (pytest.approx(2), pytest.approx(3), 10)
    measured = 3 + 2 * sums + np.random.default_rng(0).normal(0, 0.05, 10)
    measured[8] = 200  # another process woke up
    plain, robust = calibrate(sums, measured), calibrate(sums, measured, robust=True)
    assert abs(plain.scale - 2) > 1
    # The sampling error of the slope is .05 / sqrt(sum of squares 82) = .006, and that of the offset .04.
    assert robust.scale == pytest.approx(2, abs=0.03)
    assert robust.offset == pytest.approx(3, abs=0.15)
    exact = 3 + 2 * sums
    exact[2] = 50
    assert calibrate(sums, exact, robust=True)(4.0) == pytest.approx(11)


def test_calibration_wants_measurements_that_say_something() -> None:
    for sums, measured in (([1], [2]), ([1, 1], [2, 3]), ([1, 2], [2]), ([1, 2], [0, 1]), ([1, float("nan")], [1, 2])):
        with pytest.raises(InputError, match="expected"):
            calibrate(sums, measured)
    with pytest.raises(InputError, match="grow with the sums"):
        calibrate([1, 2, 3], [3, 2, 1])


def test_a_network_is_the_sum_of_its_layers() -> None:
    archs = [NB201.architecture(genome) for genome in ((3, 3, 3, 3, 3, 3), (0, 0, 0, 1, 0, 0), (2, 4, 0, 1, 3, 2))]
    keys = sorted({key for arch in archs for key in NB201.layers(arch)})
    entries = {key: Entry(float(place)) for place, key in enumerate(keys, start=1)}
    microseconds = LayerTable(entries, Conditions("toaster", unit="us"), "nasbench201")
    latency = LayerLatency(microseconds, NB201)
    expected = [sum(entries[key].value for key in NB201.layers(arch)) / 1000 for arch in archs]
    assert [latency(arch) for arch in archs] == pytest.approx(expected, rel=1e-12)

    corrected = latency.calibrated({arch: 1 + 3 * value for arch, value in zip(archs, expected, strict=True)})
    assert corrected(archs[2]) == pytest.approx(1 + 3 * expected[2])
    assert repr(corrected) != repr(latency)
    assert repr(LayerLatency(microseconds, NB201)) == repr(latency)


def test_layers_of_nasbench201_are_what_its_networks_compute() -> None:
    full = NB201.layers(NB201.architecture((3, 3, 3, 3, 3, 3)))
    # 15 cells of 6 convolutions, whose nodes add 0 + 1 + 2 times; stem, two reductions, head.
    assert len(full) == 15 * (6 + 3) + 4
    assert full[0] == "stem-input:32x32x3-output:32x32x16"
    assert full[-1] == "head-input:8x8x64-output:10"
    empty = NB201.layers(NB201.architecture((3, 3, 0, 0, 0, 0)), C=8, N=1, num_classes=100, resolution=16)
    assert empty == (
        "stem-input:16x16x3-output:16x16x8",
        "zeros-input:16x16x8-output:16x16x8",
        "reduction-input:16x16x8-output:8x8x16",
        "zeros-input:8x8x16-output:8x8x16",
        "reduction-input:8x8x16-output:4x4x32",
        "zeros-input:4x4x32-output:4x4x32",
        "head-input:4x4x32-output:100",
    )


def test_spaces_and_tables_must_fit() -> None:
    with pytest.raises(InputError, match="expected the space of the table, fbnet, got nasbench201"):
        LayerLatency(table({"a": 1.0}, space="fbnet"), NB201)
    with pytest.raises(InputError, match="tells its layers"):
        LayerLatency(table({"a": 1.0}), get("nasbench101"))


def test_a_calibration_may_not_lead_below_0() -> None:
    small, large = NB201.architecture((0, 0, 0, 1, 0, 0)), NB201.architecture((3, 3, 3, 3, 3, 3))
    larger = NB201.architecture((3, 3, 3, 3, 3, 2))
    entries = {key: 1.0 for arch in (small, large, larger) for key in NB201.layers(arch)}
    latency = LayerLatency(table(entries), NB201)
    low = LayerLatency(table({**entries, "head-input:8x8x64-output:10": 2.0}), NB201)
    assert low(small) == latency(small) + 1
    entries["nor_conv_1x1-input:32x32x16-output:32x32x16"] = 1.1
    steep = LayerLatency(table(entries), NB201).calibrated({large: 1.0, larger: 2.0})
    with pytest.raises(DataError, match="calibrate with networks of its size"):
        steep(small)
