"""Layers for tables of latencies: every key is in the table, every entry is used, and sums are latencies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from tests.searchspaces.mobilenet_published import PROXYLESS, PROXYLESS_MOBILE_MS
from zcnas.searchspaces.mobilenet import FBNet, OFAMobileNetV3, ProxylessNAS
from zcnas.space import Layered

FBNET, OFA_SPACE, PROXYLESS_SPACE = FBNet(), OFAMobileNetV3(), ProxylessNAS()


def means(path: Path) -> dict[str, float]:
    """Milliseconds of a table in the flat YAML that the authors wrote."""
    found: dict[str, float] = {}
    key = ""
    for text in path.read_text().splitlines():
        name, _, value = text.rpartition(":")
        if not text.startswith(" "):
            key = name
        elif name.strip() == "mean":
            found[key] = float(value)
    return found


def test_spaces_say_that_they_have_layers() -> None:
    assert all(isinstance(space, Layered) for space in (FBNET, OFA_SPACE, PROXYLESS_SPACE))


def test_layers_of_proxylessnas_are_in_its_table(data_dir: Path) -> None:
    table = means(data_dir / "latency_luts/proxylessnas_pixel1/pixel_trim.yaml")
    rng = np.random.default_rng(0)
    keys = {key for _ in range(200) for key in PROXYLESS_SPACE.layers(PROXYLESS_SPACE.sample(rng))}
    first = "expanded_conv-input:112x112x32-output:112x112x16-expand:1-kernel:{}-stride:1-idskip:0"
    # The first block always has a kernel of 3; the table has two others.
    assert keys == table.keys() - {first.format(5), first.format(7)}


def test_summed_layers_are_near_the_measured_latency(data_dir: Path) -> None:
    table = means(data_dir / "latency_luts/proxylessnas_pixel1/pixel_trim.yaml")
    layers = PROXYLESS_SPACE.layers(PROXYLESS_SPACE.parse(PROXYLESS["mobile"]))
    # The table was made in other runs than the log, whose network has 32 channels in a stage where the table has 24.
    assert sum(table[key] for key in layers) == pytest.approx(PROXYLESS_MOBILE_MS, rel=0.1)


def test_layers_of_once_for_all_are_in_its_tables(data_dir: Path) -> None:
    rng = np.random.default_rng(0)
    paths = sorted((data_dir / "latency_luts/ofa_note10").glob("*.yaml"))
    assert len(paths) == 17
    archs = [OFA_SPACE.sample(rng) for _ in range(100)]
    for path in paths:
        resolution = int(path.name.split("_")[0])
        keys = {key for arch in archs for key in OFA_SPACE.layers(arch, resolution=resolution)}
        assert keys == means(path).keys()


def test_the_resolution_of_once_for_all_is_the_architectures_own() -> None:
    settings = {"ks": [3] * 20, "e": [3] * 20, "d": [2] * 5, "r": 164}
    arch = OFA_SPACE.from_settings(settings)
    layers = OFA_SPACE.layers(arch)
    assert layers == OFA_SPACE.layers(arch, resolution=164)
    assert layers[0] == "Conv-input:164x164x3-output:82x82x24"
    assert len(layers) == 1 + 1 + 10 + 4
    assert OFA_SPACE.layers(arch, width=1.0, num_classes=10)[-1] == "Logits-input:1x1x1280-output:10"


@pytest.mark.parametrize("device", ["raspi4", "pixel3", "eyeriss", "fpga"])
def test_latencies_of_fbnet_are_sums_over_layers(device: str, data_dir: Path) -> None:
    """HELP's latencies of these devices are sums over HW-NAS-Bench's table, which is not at hand."""
    counts = layer_counts(torch.load(data_dir / "help/fbnet/arch.pt", weights_only=True)[:1000])
    latencies = np.array(torch.load(data_dir / f"help/fbnet/latency/{device}.pt", weights_only=True)[:1000])
    entries = np.linalg.lstsq(counts, latencies)[0]
    # Sums of some 25 numbers in float64.
    np.testing.assert_allclose(counts @ entries, latencies, rtol=1e-10)


def layer_counts(codes: list[list[int]]) -> npt.NDArray[np.float64]:
    layers = [FBNET.layers(FBNET.from_ops(code)) for code in codes]
    keys = {key: place for place, key in enumerate(sorted({key for one in layers for key in one}))}
    counts = np.zeros((len(codes), len(keys)))
    for row, one in zip(counts, layers, strict=True):
        np.add.at(row, [keys[key] for key in one], 1)
    return counts


def test_keys_of_fbnet_are_spelt_as_in_hw_nas_bench() -> None:
    layers = FBNET.layers(FBNET.parse("[7, 8, 1, 8, 4, 8, 8, 8, 7, 4, 1, 4, 7, 3, 2, 7, 3, 2, 4, 2, 4, 5]"))
    assert layers[:5] == (
        "ConvNorm_H32_W32_Cin3_Cout16_kernel3_stride1_group1",
        "ConvBlock_H32_W32_Cin16_Cout16_exp6_kernel5_stride1_group1",
        "Skip_H32_W32_Cin16_Cout24_stride1",
        "ConvBlock_H32_W32_Cin24_Cout24_exp1_kernel3_stride1_group2",
        "Skip_H32_W32_Cin24_Cout24_stride1",
    )
    assert layers[-3:] == (
        "ConvNorm_H4_W4_Cin352_Cout1504_kernel1_stride1_group1",
        "AvgP_H4_W4_Cin1504_Cout1504_kernel4_stride1",
        "FC_Cin1504_Cout100",
    )
    imagenet = FBNET.layers(FBNET.from_ops([8] * 22), skeleton="imagenet")
    assert imagenet[0] == "ConvNorm_H224_W224_Cin3_Cout16_kernel3_stride2_group1"
    assert imagenet[-1] == "FC_Cin1984_Cout1000"
    assert imagenet[-2] == "AvgP_H7_W7_Cin1984_Cout1984_kernel7_stride1"
