"""Exported weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from tests.training.helpers import Tiny, cell, state
from zcnas.errors import InputError
from zcnas.searchspaces import NASBench201
from zcnas.training import export_weights


def test_weights_come_back_and_are_described(tmp_path: Path) -> None:
    network, arch = cell(), NASBench201().architecture((3, 0, 1, 2, 4, 3))
    build = {"C": 4, "N": 1, "in_channels": 1}
    told = export_weights(network, tmp_path / "new" / "cell.pt", arch=arch, build=build, meta={"accuracy": 12.5})
    other = NASBench201().build(arch, seed=9, **build)
    other.load_state_dict(torch.load(tmp_path / "new" / "cell.pt", weights_only=True))
    assert state(other) == state(network)
    assert told == tmp_path / "new" / "cell.json"
    held = json.loads(told.read_text())
    assert (held["arch"], held["build"], held["meta"]) == ("nasbench201:3-0-1-2-4-3", build, {"accuracy": 12.5})
    assert held["versions"]["torch"] == str(torch.__version__)
    assert {path.name for path in told.parent.iterdir()} == {"cell.pt", "cell.json"}


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"use \.pt"):
        export_weights(Tiny(), tmp_path / "weights.json")
    with pytest.raises(InputError, match="numbers, texts"):
        export_weights(Tiny(), tmp_path / "weights.pt", meta={"network": Tiny()})
    with pytest.raises(InputError, match="choose another folder"):
        export_weights(Tiny(), "/proc/none/weights.pt")
    assert list(tmp_path.iterdir()) == []
