"""Spelling, sizes and equal networks of the mobile spaces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.searchspaces.mobilenet_published import OFA, PROXYLESS
from zcnas.errors import InputError, UnknownNameError
from zcnas.searchspaces.mobilenet import FBNet, OFAMobileNetV3, ProxylessNAS
from zcnas.space import Deduplicated, Isomorphic
from zcnas.unpickle import load

FBNET, OFA_SPACE, PROXYLESS_SPACE = FBNet(), OFAMobileNetV3(), ProxylessNAS()
SETTINGS = {"ks": [3] * 20, "e": [6] * 20, "d": [4] * 5, "r": 204}


def test_spaces_have_the_published_sizes() -> None:
    assert FBNET.size == 9**22
    assert PROXYLESS_SPACE.size == 6**6 * 7**15
    # Once-for-all's "more than 10^19" counts networks, of which each is spelt in several ways; for one resolution.
    networks = sum((3 * 3) ** depth for depth in (2, 3, 4)) ** 5
    assert networks > 1e19
    assert OFA_SPACE.size == 9**20 * 3**5 * 25


def test_the_codes_of_help_are_read(data_dir: Path) -> None:
    codes = torch.load(data_dir / "help/fbnet/arch.pt", weights_only=True)
    archs = [FBNET.parse(str(code)) for code in codes]
    assert [list(arch.genome) for arch in archs] == codes
    assert len(set(archs)) == 5000
    infos = torch.load(data_dir / "help/fbnet/metainfo.pt", weights_only=True)["arch"]
    assert [FBNET.from_ops(info["arch_str"]) for info in infos] == archs
    assert FBNET.parse(str(infos[0]["arch_str"])) == archs[0]
    assert list(FBNET.ops(archs[0])) == infos[0]["arch_str"]


def test_once_for_all_takes_a_resolution_in_a_list() -> None:
    arch = OFA_SPACE.from_settings(SETTINGS)
    assert OFA_SPACE.from_settings({**SETTINGS, "r": [204], "wid": None}) == arch
    assert OFA_SPACE.from_settings({**SETTINGS, "r": np.int64(204)}) == arch
    assert OFA_SPACE.parse(f" {SETTINGS}\n") == arch
    assert OFA_SPACE.settings(arch) == SETTINGS
    assert type(OFA_SPACE.settings(arch)["r"]) is int
    assert OFA_SPACE.format(arch) == str(SETTINGS)


def test_published_architectures_are_written_as_they_were_read() -> None:
    for text in PROXYLESS.values():
        assert PROXYLESS_SPACE.format(PROXYLESS_SPACE.parse(text)) == text
    for settings, _, _ in OFA.values():
        assert OFA_SPACE.settings(OFA_SPACE.parse(str(settings))) == settings


@pytest.mark.parametrize(
    ("change", "came"),
    [
        ({"ks": [3] * 19}, r"'ks': \[3, 3"),
        ({"ks": [4] * 20}, r"'ks': \[4, 4"),
        ({"e": [5] * 20}, "'e'"),
        ({"d": [1] * 5}, "'d'"),
        ({"r": 130}, "'r': 130"),
        ({"r": [204, 204]}, "'r'"),
        ({"d": 3}, "'d': 3"),
        ({"wid": [1]}, "'wid'"),
        ({"more": 1}, "'more'"),
    ],
)
def test_other_settings_are_refused(change: dict[str, Any], came: str) -> None:
    with pytest.raises(InputError, match=rf"ofa_mobilenetv3: expected .*'r': one of 128.*got .*{came}"):
        OFA_SPACE.from_settings({**SETTINGS, **change})


@pytest.mark.parametrize("text", ["[1]", "{}", "{'ks'", "(" * 900, "[" * 3000, "__import__('os')", 5, None])
@pytest.mark.parametrize("space", [FBNET, OFA_SPACE, PROXYLESS_SPACE], ids=lambda space: space.name)
def test_another_form_is_an_input_error(space: Any, text: Any) -> None:
    with pytest.raises(InputError, match=rf"{space.name}: expected .*got "):
        space.parse(text)


def test_unknown_operations_bring_a_suggestion() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'k5_e1_g2'"):
        FBNET.from_ops(["k5_e1g2"] * 22)
    with pytest.raises(InputError, match="True where a code from 0 to 8 should be"):
        FBNET.from_ops([True] * 22)
    with pytest.raises(UnknownNameError, match="did you mean '3x3_MBConv3'"):
        PROXYLESS_SPACE.parse(",".join(["3x3MBConv3"] * 21))
    with pytest.raises(InputError, match="expected a convolution where a stage begins, got Zero"):
        PROXYLESS_SPACE.parse(",".join(["Zero"] * 21))


def test_blocks_beyond_the_depth_mean_nothing() -> None:
    arch = OFA_SPACE.from_settings({**SETTINGS, "d": [2, 3, 4, 2, 3]})
    kernels = [3] * 20
    for unused in (2, 3, 7, 14, 15, 19):
        kernels[unused] = 7
    other = OFA_SPACE.from_settings({**SETTINGS, "ks": kernels, "d": [2, 3, 4, 2, 3]})
    assert OFA_SPACE.canonical(arch) == OFA_SPACE.canonical(other)
    assert OFA_SPACE.representative(other) == min(arch, other, OFA_SPACE.representative(arch))
    kernels[0] = 7
    assert OFA_SPACE.canonical(arch) != OFA_SPACE.canonical(
        OFA_SPACE.from_settings({**SETTINGS, "ks": kernels, "d": [2, 3, 4, 2, 3]})
    )


def test_what_does_nothing_may_stand_anywhere_in_its_stage() -> None:
    first, other = ([0, *stage, *[3] * 17] for stage in ([8, 2, 8, 5], [8, 8, 2, 5]))
    assert (
        FBNET.canonical(FBNET.from_ops(first))
        == FBNET.canonical(FBNET.from_ops(other))
        == str([0, 8, 2, 5, 8, *[3] * 17])
    )
    # The first layer of a stage changes the shape: there a skip is a convolution.
    moved = FBNET.from_ops([0, 2, 8, 8, 5, *[3] * 17])
    assert FBNET.canonical(moved) != FBNET.canonical(FBNET.from_ops(first))
    convs = ["3x3_MBConv3"] * 17
    texts = [",".join([*stage, *convs]) for stage in (["5x5_MBConv6", "Zero", "Zero", "7x7_MBConv3"],)]
    assert PROXYLESS_SPACE.canonical(PROXYLESS_SPACE.parse(texts[0])).startswith("5x5_MBConv6,7x7_MBConv3,Zero,Zero,")


def test_graphs_hold_what_is_run() -> None:
    for space in (FBNET, OFA_SPACE, PROXYLESS_SPACE):
        assert isinstance(space, Isomorphic)
        assert isinstance(space, Deduplicated)
        rng = np.random.default_rng(0)
        for arch in (space.sample(rng) for _ in range(5)):
            fixed = 0 if space is FBNET else 1  # the others begin with a block that is always the same
            assert len(space.graph(arch).ops) - 2 + fixed == len(space.build(arch).blocks)
            assert space.graph(arch).ops == space.graph(space.representative(arch)).ops


def test_the_settings_of_help_are_read(data_dir: Path) -> None:
    import zipfile

    with zipfile.ZipFile(data_dir / "help/ofa/ofa_archs.pt") as archive:
        listed = load(archive.read("archive/data.pkl"))["arch"]
    archs = [OFA_SPACE.from_settings(settings) for settings in listed]
    assert [OFA_SPACE.settings(arch) for arch in archs] == listed
    assert [OFA_SPACE.parse(OFA_SPACE.format(arch)) for arch in archs[::100]] == archs[::100]
