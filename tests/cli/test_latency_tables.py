"""Measurements on devices: from the published files to values of an architecture."""

from __future__ import annotations

from pathlib import Path

from tests.cli.test_commands import Output, data, refused
from tests.searchspaces.latency_files import ARCHS, FBNET, NB201, write_csv, write_help
from zcnas.searchspaces import load_table


def test_hw_nas_bench_is_converted(capsys: Output, tmp_path: Path) -> None:
    file, out = write_csv(tmp_path / "hw_cifar100.csv"), tmp_path / "table.npz"
    assert "--partial: has no meaning" in refused(capsys, "convert", "hw_nas_bench", file, out, "--partial")
    assert "No such file" in refused(capsys, "convert", "hw_nas_bench", tmp_path / "none.csv", file)
    told = data(capsys, "convert", "hw_nas_bench", file, out)
    assert told["architectures"] == 15_625
    assert "device='edgetpu'" in told["columns"][1]
    assert load_table(out, NB201).query(ARCHS[0], "cifar100", metric="latency", device="raspi4") > 0


def test_help_is_converted(capsys: Output, tmp_path: Path) -> None:
    folder, out = write_help(tmp_path / "fbnet", "fbnet"), tmp_path / "table.npz"
    assert "--trust: has no meaning" in refused(capsys, "convert", "help", folder, out, "--trust")
    assert data(capsys, "convert", "help", folder, out, "--quiet")["architectures"] == 40
    table = load_table(out, FBNET)
    assert table.query(table.archs[0], "cifar100", metric="latency", device="pixel2") > 0
