"""Importers: what they read, that it survives saving, and what they refuse."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.latency.published import (
    FBNET,
    MOBILE,
    OFA,
    PROXYLESS_SPACE,
    ofa_arch,
    write_fbnet,
    write_once_for_all,
    write_proxylessnas,
    write_results,
    write_tf_nas,
)
from tests.searchspaces.latency_files import ARCHS, latencies, write_csv, write_help, write_pickle
from zcnas.errors import DataError
from zcnas.latency import (
    IMPORTERS,
    ArchitectureTable,
    Entry,
    LayerLatency,
    LayerTable,
    MissingEntryError,
    find_tables,
    latency_model,
    load_tables,
    save_tables,
)
from zcnas.searchspaces import get


def layer_tables(name: str, path: Path) -> list[LayerTable]:
    return [one for one in IMPORTERS[name].read(path) if isinstance(one, LayerTable)]


def whole_tables(name: str, path: Path) -> list[ArchitectureTable]:
    return [one for one in IMPORTERS[name].read(path) if isinstance(one, ArchitectureTable)]


def test_once_for_all(tmp_path: Path) -> None:
    (table,) = layer_tables("once_for_all", write_once_for_all(tmp_path / "note10"))
    assert (table.conditions.device, table.conditions.batch, table.space) == ("note10", 1, OFA.name)
    assert table.entries["176/Conv-input:176x176x3-output:88x88x24"] == Entry(1.1, 0.25, 10)
    latency = LayerLatency(table, OFA)
    keys = OFA.layers(ofa_arch(160))
    distinct = list(dict.fromkeys(keys))
    assert latency(ofa_arch(160)) == sum(distinct.index(key) + 1 for key in keys)
    assert latency(ofa_arch(176)) == pytest.approx(1.1 * latency(ofa_arch(160)))
    with pytest.raises(MissingEntryError, match=r"168/Conv.*nearest: 1"):
        latency(ofa_arch(168))
    along = LayerLatency(table.along("resolution"), OFA)
    assert along(ofa_arch(168)) == pytest.approx(1.05 * latency(ofa_arch(160)))
    assert along.keys(ofa_arch(168))[0].startswith("168/")
    with pytest.raises(MissingEntryError, match="180/"):
        along(ofa_arch(180))


def test_proxylessnas(tmp_path: Path) -> None:
    (table,) = layer_tables("proxylessnas", write_proxylessnas(tmp_path / "pixel_trim.yaml"))
    assert table.entries["Conv-input:224x224x3-output:112x112x32"] == Entry(1.0, 0.5, 10)
    assert table.conditions.spread == "standard deviation"
    assert LayerLatency(table, PROXYLESS_SPACE)(MOBILE) > 0


def test_tf_nas_leaves_out_what_is_no_latency(tmp_path: Path) -> None:
    (table,) = layer_tables("tf_nas", write_tf_nas(tmp_path / "latency_gpu.pkl"))
    block = "MBInvertedResBlock_112_16_0_24_k3_s2_relu"
    assert {key: entry.value for key, entry in table.entries.items()} == {
        "base": 9.5,
        f"{block}/mid=3": 0.5,
        f"{block}/mid=4": 0.75,
    }
    assert (table.conditions.batch, table.conditions.runtime) == (32, "PyTorch 1.1, cuDNN 7.6.0")
    assert table.notes == ("2 entries that were not above 0 are left out",)
    with pytest.raises(MissingEntryError, match=r"mid=2'; nearest: .*mid=3"):
        table.total(["base", f"{block}/mid=2"])


def test_fbnet_text(tmp_path: Path) -> None:
    (table,) = layer_tables("fbnet", write_fbnet(tmp_path / "lookup_table.txt"))
    arch = FBNET.from_ops([1, 8, *[0] * 20])
    latency = LayerLatency(table, FBNET)
    assert latency.keys(arch)[:3] == ("0/ir_k3_s2", "1/skip", "2/ir_k3_e1")
    # Microseconds: .5 each, 100 for every place before, 1 and 8 for the first two operations.
    assert latency(arch) == pytest.approx((22 * 0.5 + 100 * 231 + 1 + 8) / 1000)


def test_hw_nas_bench(tmp_path: Path) -> None:
    tables = whole_tables("hw_nas_bench", write_csv(tmp_path / "hw_cifar10.csv"))
    by_device = {one.conditions.device: one for one in tables}
    assert by_device["raspi4"](ARCHS[3]) == np.float32(latencies(15_625)[3])
    assert len(by_device["edgetpu"]) == 15_624
    with pytest.raises(MissingEntryError, match=r"on edgetpu, cifar10.*nearest: nasbench201:"):
        by_device["edgetpu"](ARCHS[7])


def test_hw_nas_bench_pickle_has_energies_and_layers(tmp_path: Path) -> None:
    arch = FBNET.from_ops([8] * 22)
    layers = {key: float(place) for place, key in enumerate(FBNET.layers(arch), start=1)}
    fbnet = {"raspi4_latency": layers, "fpga_energy": dict.fromkeys(layers, 2.0)}
    file = write_pickle(tmp_path / "HW-NAS-Bench-v1_0.pickle", lambda one: one.update(fbnet=fbnet))
    latency, energy = whole_tables("hw_nas_bench", file)
    assert (energy.conditions.metric, energy.conditions.unit) == ("energy", "mJ")
    assert energy(ARCHS[3]) == np.float32(latencies(15_625, 1)[3])
    raspi, fpga = layer_tables("hw_nas_bench_fbnet", file)
    assert (raspi.conditions.device, fpga.conditions.unit) == ("raspi4", "mJ")
    assert LayerLatency(raspi, FBNET)(arch) == sum(layers[key] for key in FBNET.layers(arch))
    assert latency.conditions.metric == "latency"


@pytest.mark.parametrize("space", ["fbnet", "ofa"])
def test_help(space: str, tmp_path: Path) -> None:
    tables = whole_tables("help", write_help(tmp_path / space, space))
    assert {one.conditions.device: one.conditions.batch for one in tables} == {"pixel2": None, "titan_rtx_1": 1}
    arch = tables[0].table.archs[5]
    assert tables[1](arch) == np.float32(latencies(40)[5])
    assert find_tables(tmp_path, tables[0].space)[0].table == tables[0]
    assert not find_tables(tmp_path, "nasbench201")


def made(name: str, folder: Path) -> Path:
    """A file or folder that the importer of this name reads."""
    makers: dict[str, Any] = {
        "once_for_all": lambda: write_once_for_all(folder / "ofa"),
        "proxylessnas": lambda: write_proxylessnas(folder / "pixel_trim.yaml"),
        "tf_nas": lambda: write_tf_nas(folder / "latency_cpu.pkl"),
        "fbnet": lambda: write_fbnet(folder / "lookup_table.txt"),
        "hw_nas_bench": lambda: write_csv(folder / "hw_cifar10.csv"),
        "hw_nas_bench_fbnet": lambda: write_pickle(folder / "HW-NAS-Bench-v1_0.pickle"),
        "help": lambda: write_help(folder / "fbnet", "fbnet"),
        "measured": lambda: write_results(folder / "results.json"),
    }
    path: Path = makers[name]()
    return path


@pytest.mark.parametrize("name", IMPORTERS)
def test_what_is_imported_survives_saving(name: str, tmp_path: Path) -> None:
    tables = IMPORTERS[name].read(made(name, tmp_path))
    out = tmp_path / ("out.json" if isinstance(tables[0], LayerTable) else "out.npz")
    save_tables(tables, out)
    assert load_tables(out) == list(tables)
    assert [one.table for one in find_tables(out)] == list(tables)
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize("name", [name for name in IMPORTERS if name != "hw_nas_bench_fbnet"])
def test_published_files_are_found_by_their_names(name: str, tmp_path: Path) -> None:
    path = made(name, tmp_path)
    root = tmp_path if path.suffix != ".csv" else path.parent
    found = find_tables(root)
    assert [one.table for one in found] == list(IMPORTERS[name].read(path))


def test_real_tables_survive_saving(data_dir: Path, tmp_path: Path) -> None:
    found = find_tables(data_dir / "latency_luts")
    assert [(one.table.conditions.device, len(one.table)) for one in found] == [
        ("note10", 17 * 96),
        ("pixel1", 72),
        # 66 blocks of every width up to 8 times their input, less those below 0.
        ("xeon_gold_6130", 36_397),
        ("titan_rtx_32", 36_393),
    ]
    for number, (_, table) in enumerate(found):
        save_tables([table], tmp_path / f"{number}.json")
        assert load_tables(tmp_path / f"{number}.json") == [table]


def test_real_benchmarks_survive_saving(data_dir: Path, tmp_path: Path) -> None:
    for source in ("hw_nas_bench", "help/ofa"):
        tables = [one.table for one in find_tables(data_dir / source)]
        out = tmp_path / f"{Path(source).name}.npz"
        save_tables(tables, out)
        assert load_tables(out) == tables


def test_real_sums_are_plausible(data_dir: Path) -> None:
    tables = [one.table for one in find_tables(data_dir / "latency_luts")]
    pixel = latency_model(tables, PROXYLESS_SPACE, "pixel1")
    # Published at 78 ms, and at 80.67 in the authors' log; the table was made in other runs, with 24 channels where the
    # network has 32.
    assert pixel(MOBILE) == pytest.approx(86.377, abs=0.001)
    assert pixel(MOBILE) == pytest.approx(78, rel=0.12)
    note = latency_model(tables, get("ofa_mobilenetv3"), "note10")
    largest = OFA.from_settings({"ks": [7] * 20, "e": [6] * 20, "d": [4] * 5, "r": 224})
    # Once-for-all's largest published network for this phone takes 64 ms, and its smallest 8, by their names.
    assert note(ofa_arch(160)) < 16 < 50 < note(largest) < 100


TEXTS = {
    "empty": "",
    "no mean": "a:\n  count: 3\n",
    "nan": "a:\n  mean: nan\n",
    "negative": "a:\n  mean: -1.0\n",
    "zero": "a:\n  mean: 0.0\n",
    "no samples": "a:\n  count: 0\n  mean: 1.0\n",
    "twice": "a:\n  mean: 1.0\na:\n  mean: 1.0\n",
    "mean twice": "a:\n  mean: 1.0\n  mean: 2.0\n",
    "another field": "a:\n  median: 1.0\n",
    "a list": "- a\n- b\n",
    "code": "!!python/object/apply:os.system ['true']\n",
    "another kind": "a:\n  mean: 1.0\n",
    "a spread below 0": "Conv-input:160x160x3-a:\n  mean: 1.0\n  std: -1.0\nLogits-input:a:\n  mean: 1.0\n",
    "bytes": "\x00\xff",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("name", ["pixel_trim.yaml", "160_lookup_table.yaml"])
def test_yaml_that_cannot_be_right(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(text.encode("latin1"))
    with pytest.raises(DataError, match=name):
        find_tables(tmp_path)


@pytest.mark.parametrize("name", ["once_for_all", "proxylessnas", "tf_nas", "fbnet"])
def test_flipped_bits_are_errors_or_other_numbers(name: str, tmp_path: Path) -> None:
    path = made(name, tmp_path)
    file = path if path.is_file() else next(path.iterdir())
    content, rng = file.read_bytes(), np.random.default_rng(0)
    refused = 0
    for place in rng.integers(len(content), size=200):
        changed = bytearray(content)
        changed[place] ^= 1 << int(rng.integers(8))
        file.write_bytes(changed)
        try:
            IMPORTERS[name].read(path)
        except DataError as error:
            refused += file.name in str(error)
    # Most changes of a digit or of a letter in a key leave a table of the same form.
    assert refused > 20


def test_truncated_yaml(tmp_path: Path) -> None:
    file = write_proxylessnas(tmp_path / "pixel_trim.yaml")
    file.write_text(file.read_text()[: -len("mean: 22.0\n  var: 0.25\n")])
    with pytest.raises(DataError, match=r"pixel_trim\.yaml"):
        find_tables(file)


@pytest.mark.parametrize(
    "content",
    [
        {"base": 1.0, "a": {3: float("nan")}},
        {"base": 1.0, "a": {"3": 1.0}},
        {"base": 1.0, "a": {}},
        {"base": 1.0, "a": [1.0]},
        {"a": {3: 1.0}},
        {"base": -1.0},
        [1.0],
    ],
)
def test_pickles_that_cannot_be_right(content: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"latency_cpu\.pkl: expected"):
        find_tables(write_tf_nas(tmp_path / "latency_cpu.pkl", content))


def test_a_pickle_runs_nothing(tmp_path: Path) -> None:
    file = tmp_path / "latency_cpu.pkl"
    file.write_bytes(pickle.dumps(OrderedDict(base=print)))
    with pytest.raises(DataError, match=r"builtins.print, which is not allowed"):
        find_tables(file)


@pytest.mark.parametrize(
    "text", ["", "a b\n", "1 2\n3 4\n", "a b\n1.0\n", "a b\n1.0 nan\n", "a b\n1.0 -2\n", "a a\n1.0 2.0\n", "a b\nx 1\n"]
)
def test_text_that_cannot_be_right(text: str, tmp_path: Path) -> None:
    (tmp_path / "lookup_table.txt").write_text(text)
    with pytest.raises(DataError, match=r"lookup_table.txt: expected"):
        find_tables(tmp_path)
