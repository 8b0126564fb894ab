"""Scripts that compare settings and choose combinations: what they compute is checked by other means."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from zcnas.errors import InputError
from zcnas.searchspaces import NASBench201
from zcnas.searchspaces.nasbench201 import NASBench201Table
from zcnas.searchspaces.nasbench201.order import official_codes
from zcnas.space import Architecture, Genomes
from zcnas.store import Record, ScoreStore
from zcnas.table import Column

SPACE = NASBench201()
COUNT = 60
DATASETS = ("cifar10", "cifar100", "ImageNet16-120")
Floats = npt.NDArray[np.float64]


@pytest.fixture(autouse=True)
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts import their neighbours by bare name."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "experiments")


@pytest.fixture
def truth() -> Floats:
    return np.random.default_rng(0).random(COUNT)


@pytest.fixture
def table(tmp_path: Path, truth: Floats) -> Path:
    genomes = Genomes(SPACE.name, np.array(official_codes(), dtype=np.uint8))
    padded = np.concatenate([truth, np.zeros(len(genomes) - COUNT)])
    columns = {Column(name): padded for name in DATASETS} | {Column(name, split="val"): -padded for name in DATASETS}
    NASBench201Table(genomes, columns).save(tmp_path / "table.npz")
    return tmp_path / "table.npz"


def archs() -> list[Architecture]:
    return [Architecture(SPACE.name, codes) for codes in official_codes()[:COUNT]]


def stored(path: Path, columns: dict[str, Floats], chosen: slice = slice(None)) -> Path:
    columns = {"params": np.arange(float(COUNT)), "flops": np.arange(float(COUNT)), **columns}
    with ScoreStore(path) as store:
        for name, values in columns.items():
            pairs = list(zip(archs(), values.tolist(), strict=True))[chosen]
            store.add({}, [Record(arch.key, name, name, value, "ok", "", 0.0) for arch, value in pairs])
    return path


def noisy(truth: Floats, noise: float, seed: int) -> Floats:
    return truth + noise * np.random.default_rng(seed).standard_normal(len(truth))


def test_settings_are_compared_on_what_they_share(tmp_path: Path, table: Path, truth: Floats) -> None:
    from compare_settings import main

    weak, strong = noisy(truth, 3, 1), noisy(truth, 0.1, 2)
    one = stored(tmp_path / "one.sqlite", {"synflow": weak, "ntk_condition": -weak, "nwot": weak})
    other = stored(tmp_path / "other.sqlite", {"synflow": strong, "ntk_condition": -strong}, slice(10, None))
    main(["--table", str(table), f"plain={one}", f"better={other}", "--bootstrap", "50", "--out", str(tmp_path)])
    with (tmp_path / "settings.csv").open() as file:
        rows = {(row["proxy"], row["setting"]): row for row in csv.DictReader(file)}
    # nwot is in one store only; the two sizes and the sum of all ranks are in both.
    assert {name for name, _ in rows} == {"synflow", "ntk_condition", "params", "flops", "rank_sum"}
    for name in ("synflow", "ntk_condition"):
        found = {setting: float(rows[name, setting]["spearman"]) for setting in ("plain", "better")}
        assert found["plain"] == pytest.approx(stats.spearmanr(weak[10:], truth[10:]).statistic)
        assert found["better"] == pytest.approx(stats.spearmanr(strong[10:], truth[10:]).statistic)
        row = rows[name, "better"]
        assert float(row["difference"]) == pytest.approx(found["better"] - found["plain"])
        assert 0 < float(row["difference_low"]) < float(row["difference"]) < float(row["difference_high"])
    assert float(rows["params", "better"]["difference"]) == 0
    text = (tmp_path / "settings.md").read_text()
    (line,) = [line for line in text.splitlines() if line.startswith("| synflow")]
    # Published figures are above .7: far from scores that are mostly noise.
    assert line.split("|")[3].endswith(" * ")
    assert f"{COUNT - 10} architectures" in text


def test_a_setting_can_be_held_against_validation_accuracies(tmp_path: Path, table: Path, truth: Floats) -> None:
    from compare_settings import main

    store = stored(tmp_path / "one.sqlite", {"synflow": noisy(truth, 0.1, 2)})
    main(["--table", str(table), f"test={store}", f"val={store}@val", "--bootstrap", "50", "--out", str(tmp_path)])
    with (tmp_path / "settings.csv").open() as file:
        found = {row["setting"]: row for row in csv.DictReader(file) if row["proxy"] == "synflow"}
    assert float(found["val"]["spearman"]) == pytest.approx(-float(found["test"]["spearman"]))
    assert float(found["val"]["difference"]) == pytest.approx(2 * float(found["val"]["spearman"]))


def test_few_shared_architectures_are_refused(tmp_path: Path, table: Path, truth: Floats) -> None:
    from compare_settings import main

    one = stored(tmp_path / "one.sqlite", {"synflow": truth}, slice(0, 30))
    other = stored(tmp_path / "other.sqlite", {"synflow": truth}, slice(29, None))
    with pytest.raises(InputError, match="at least 3 architectures that all stores have, got 1"):
        main(["--table", str(table), f"one={one}", f"other={other}"])
    with pytest.raises(InputError, match="expected NAME=STORE"):
        main(["--table", str(table), str(one)])
    with pytest.raises(InputError, match=r"one.sqlite@best: expected scores in"):
        main(["--table", str(table), f"one={one}@best"])


def test_a_combination_is_chosen_on_one_half_and_tested_on_the_other(
    tmp_path: Path, table: Path, truth: Floats, capsys: pytest.CaptureFixture[str]
) -> None:
    from combine_proxies import main

    # The truth plus and minus the same noise: each alone is weak.
    part = np.random.default_rng(3).standard_normal(COUNT) * 2
    order = np.argsort([arch.key for arch in archs()])[np.random.default_rng(0).permutation(COUNT)]
    scores = {"nwot": truth + part, "synflow": truth - part, "zen": np.random.default_rng(4).random(COUNT)}
    store = stored(tmp_path / "scores.sqlite", scores)
    main(["--scores", str(store), "--table", str(table), "--size", "2", "--bootstrap", "20"])
    told = capsys.readouterr().out
    (chosen,) = [line for line in told.splitlines() if line.startswith("| chosen here")]
    names, cifar10 = (chosen.split("|")[place].strip() for place in (2, 3))
    assert set(names.split(" + ")) == {"nwot", "synflow"}
    held_out = order[COUNT // 2 :]
    logs = sum(np.log(stats.rankdata(scores[name][held_out])) for name in ("nwot", "synflow"))
    expected = stats.spearmanr(logs, truth[held_out]).statistic
    assert float(cifar10.split()[0]) == pytest.approx(expected, abs=5.1e-4)
    assert "chosen on 30 architectures, tested on 30 others" in told


def test_networks_for_the_throughput_are_the_whole_space() -> None:
    from benchmark_sweep import networks

    found = networks(SPACE)
    assert len(found) == 6040
    assert sorted(arch for group in found for arch in group) == sorted(SPACE)
