"""``zcnas latency``, as a user calls it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_commands import Output, answer, data, refused
from tests.latency.published import MOBILE, OFA, PROXYLESS_SPACE, ofa_arch, write_once_for_all, write_proxylessnas
from tests.searchspaces.latency_files import write_help
from zcnas.cli.latency import _FORMS
from zcnas.latency import IMPORTERS, LayerTable, load_tables

ARCH = f"proxylessnas:{PROXYLESS_SPACE.format(MOBILE)}"


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    write_once_for_all(tmp_path / "note10")
    write_proxylessnas(tmp_path / "pixel_trim.yaml")
    write_help(tmp_path / "help", "fbnet")
    return tmp_path


def test_tables_are_listed(tables: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = data(capsys, "latency", "list", "--tables", tables)
    assert [(one["device"], one["unit"], one["kind"]) for one in listed] == [
        ("pixel2", "ms", "architectures"),
        ("titan_rtx_1", "ms", "architectures"),
        ("note10", "ms", "layers"),
        ("pixel1", "ms", "layers"),
    ]
    assert (listed[1]["batch"], listed[1]["runtime"], listed[1]["entries"]) == (1, "not stated", 40)
    monkeypatch.setenv("ZCNAS_DATA", str(tables))
    text = answer(capsys, "latency", "list")
    assert [line.split()[0] for line in text.splitlines()] == ["DEVICE", "pixel2", "titan_rtx_1", "note10", "pixel1"]
    monkeypatch.delenv("ZCNAS_DATA")
    (tables / "empty").mkdir()
    monkeypatch.chdir(tables / "empty")
    assert answer(capsys, "latency", "list") == "no tables\n"
    assert data(capsys, "latency", "list") == []


def test_an_estimate(tables: Path, capsys: Output) -> None:
    (found,) = data(capsys, "latency", "estimate", ARCH, "--device", "pixel1", "--tables", tables)
    assert (found["unit"], found["of"], found["conditions"]["device"]) == ("ms", "sum of 23 layers", "pixel1")
    assert answer(capsys, "latency", "estimate", ARCH, "--device", "pixel1", "--tables", tables).startswith(
        f"{found['value']:.4g} ms  sum of 23 layers, {tables}"
    )
    fbnet = f"fbnet:{[*load_arch(tables)]}"
    (whole,) = data(capsys, "latency", "estimate", fbnet, "--device", "pixel2", "--tables", tables)
    assert whole["of"] == "measured as a whole, on cifar100"


def load_arch(tables: Path) -> tuple[int, ...]:
    from zcnas.latency import find_tables

    return find_tables(tables / "help")[0].table.table.archs[3].genome  # type: ignore[union-attr]


def test_what_cannot_be_estimated(tables: Path, capsys: Output) -> None:
    given = ["--tables", tables]
    message = refused(capsys, "latency", "estimate", ARCH, "--device", "pixel", *given)
    assert "unknown device with a table of latency of proxylessnas, 'pixel': did you mean 'pixel1'?" in message
    assert "energy of proxylessnas" in refused(
        capsys, "latency", "estimate", ARCH, "--device", "pixel1", "--metric", "energy", *given
    )
    note = f"{OFA.name}:{OFA.format(ofa_arch(168))}"
    assert "nearest: 176/Conv-input" in refused(capsys, "latency", "estimate", note, "--device", "note10", *given)
    assert "did you mean 'proxylessnas'" in refused(
        capsys, "latency", "estimate", "proxyles:a", "--device", "b", *given
    )
    assert "expected SPACE:SPELLING" in refused(capsys, "latency", "estimate", "a", "--device", "b", *given)
    assert "got nothing there" in refused(capsys, "latency", "list", "--tables", tables / "none")


def test_a_table_is_imported(tables: Path, capsys: Output) -> None:
    out = tables / "ours" / "note10.json"
    out.parent.mkdir()
    stated = ["--runtime", "TensorFlow Lite", "--date", "2020", "--device", "sm-n970"]
    told = answer(
        capsys, "latency", "import", "once_for_all", tables / "note10", out, "--interpolate", "resolution", *stated
    )
    assert told == f"wrote {out}\nlatency of layers on sm-n970: {len(load_tables(out)[0])} entries\n"
    (table,) = load_tables(out)
    assert isinstance(table, LayerTable)
    assert (table.conditions.runtime, table.conditions.date, table.axes[0].name) == (
        "TensorFlow Lite",
        "2020",
        "resolution",
    )
    note = f"{OFA.name}:{OFA.format(ofa_arch(168))}"
    assert answer(capsys, "latency", "estimate", note, "--device", "sm-n970", "--tables", out).startswith("1")

    whole = tables / "ours" / "fbnet.npz"
    found = data(capsys, "latency", "import", "help", tables / "help", whole, "--runtime", "PyTorch 1.6")
    assert [one["entries"] for one in found["tables"]] == [40, 40]
    assert [one.conditions.runtime for one in load_tables(whole)] == ["PyTorch 1.6"] * 2
    assert "for tables of layers only" in refused(
        capsys, "latency", "import", "help", tables / "help", whole, "--interpolate", "width"
    )
    assert "device" in refused(capsys, "latency", "import", "help", tables / "help", whole, "--device", "other")
    assert "a name in .npz" in refused(capsys, "latency", "import", "help", tables / "help", out)


def test_the_help_names_every_form() -> None:
    assert list(_FORMS) == list(IMPORTERS)


def test_the_script_holds_sums_against_published_figures(
    data_dir: Path, tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "experiments")
    import latency_tables

    latency_tables.main(["--data", str(data_dir / "latency_luts"), "--out", str(tmp_path), "--samples", "8"])
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out == text
    assert "| ProxylessNAS-Mobile | 86.38 | 78 | +8.38 (+10.7 %) |" in text
    assert "NO" not in text.split()
