"""Every command, as a user calls it: what it prints, what it leaves behind, what it returns."""

from __future__ import annotations

import csv
import io
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import zcnas
from zcnas.cli import main
from zcnas.data import SOURCES, batches
from zcnas.proxies import PROXIES
from zcnas.searchspaces import SPACES, NASBench201
from zcnas.store import Record, ScoreStore

SPACE = NASBench201()
SMALL = ["--C", "4", "--N", "1", "--data", "digits", "--data-options", "channels=3", "--workers", "1", "--quiet"]
CELL = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|skip_connect~0|none~1|nor_conv_1x1~2|"
Output = pytest.CaptureFixture[str]


def answer(capsys: Output, *arguments: object, code: int = 0) -> str:
    """What a command prints."""
    assert main([str(argument) for argument in arguments]) == code
    out, err = capsys.readouterr()
    assert err == ""
    return out


def data(capsys: Output, *arguments: object, code: int = 0) -> Any:
    return json.loads(answer(capsys, *arguments, "--json", code=code))


def refused(capsys: Output, *arguments: object) -> str:
    """What a command says when it cannot be done; one line and no traceback."""
    assert main([str(argument) for argument in arguments]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("zcnas: ")
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize("what", ["proxies", "spaces", "data"])
def test_lists(capsys: Output, what: str) -> None:
    known = {"proxies": list(PROXIES), "spaces": list(SPACES), "data": list(SOURCES)}[what]
    listed = data(capsys, "list", what)
    assert [one["name"] for one in listed] == known
    assert all(one["what"] and "`" not in one["what"] for one in listed)
    text = answer(capsys, "list", what)
    assert all(any(line.startswith(name) for line in text.splitlines()) for name in known)


def test_a_model_of_torchvision_is_scored(capsys: Output) -> None:
    names = ["params", "l2_norm"]
    found = data(capsys, "score", "torchvision:squeezenet1_1", "--classes", 7, "--batch-size", 2, "--proxies", *names)
    torch.manual_seed(0)
    from torchvision.models import squeezenet1_1

    model = squeezenet1_1(num_classes=7)
    expected = zcnas.score(model, names, batch=torch.zeros(2, 3, 32, 32))
    assert {name: one["value"] for name, one in found["scores"].items()} == dict(expected)
    assert found["provenance"]["seed"] == 0


def test_an_architecture_is_scored(capsys: Output) -> None:
    call = ["score", f"nasbench201:{CELL}", "--build", "C=4", "N=1", "--seed", 3, "--data", "digits"]
    found = data(capsys, *call, "--data-options", "channels=3", "--proxies", "snip", "zico", "meco", "swap")
    network = SPACE.build(SPACE.parse(CELL), C=4, N=1, seed=3)
    expected = zcnas.score(
        network, ["snip", "zico", "meco", "swap"], batch=batches("digits", count=2, seed=3, channels=3), seed=3
    )
    assert {name: one["value"] for name, one in found["scores"].items()} == dict(expected)


def test_several_initialisations(capsys: Output) -> None:
    call = ["score", f"nasbench201:{CELL}", "--build", "C=4", "N=1", "--proxies", "snip", "--seeds", 3]
    (one,) = data(capsys, *call)["scores"].values()
    assert len(set(one["values"])) == 3


def test_a_function_of_the_user_is_scored(capsys: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_models.py").write_text(
        "from torch import nn\ndef tiny(width): return nn.Sequential(nn.Flatten(), nn.Linear(3072, width))\n"
    )
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    call = ["score", "my_models:tiny", "--proxies", "params"]
    assert data(capsys, *call, "--build", "width=10")["scores"]["params"]["value"] == 30730
    assert "missing 1 required positional argument: 'width'" in refused(capsys, *call)
    assert "unknown function of my_models 'tinny': did you mean 'tiny'?" in refused(capsys, "score", "my_models:tinny")
    assert sys.path == before


def test_undefined_scores_are_null_and_say_why(capsys: Output) -> None:
    call = ["score", f"nasbench201:{'|none~0|+|none~0|none~1|+|none~0|none~1|none~2|'}", "--build", "C=4", "N=1"]
    scores = data(capsys, *call, "--proxies", "jacob_cov", "nwot")["scores"]
    assert scores["jacob_cov"]["value"] is None
    assert "constant" in scores["jacob_cov"]["reason"]
    assert scores["nwot"]["value"] == "-inf"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["score", "resnet18"], "expected SOURCE:NAME"),
        (["score", "torchvision:resnet81"], "did you mean 'resnet18'"),
        (["score", "no_such_module:f"], "cannot import 'no_such_module'"),
        (["score", "nasbench201:nonsense"], "nonsense"),
        (["score", "torchvision:alexnet", "--proxies", "synflw"], "did you mean 'synflow'"),
        (["score", "torchvision:alexnet", "--data", "cifar1"], "did you mean 'cifar10'"),
        (["score", "torchvision:alexnet", "--data", "cifar10"], "cifar10"),
        (["score", "torchvision:alexnet", "--data-options", "size"], "NAME=VALUE"),
        (["score", "torchvision:alexnet", "--data-options", "colour=3"], "colour"),
        (["score", "torchvision:alexnet", "--build", "colour=3"], "colour"),
        (["sweep", "nasbench20"], "did you mean 'nasbench201'"),
        (["sweep", "nasbench201", "--sample", "0"], "expected 1 to 15625"),
        (["sweep", "nasbench201", "--sample", "2", "--shard", "3/2"], "expected 'i/n'"),
        (["sweep", "nasbench201", "--archs", "no-such-file"], "no-such-file"),
        (["store", "info", "no-such-store"], "no such file"),
        (["correlate", "no-such-store"], "no such file"),
    ],
)
def test_errors_say_what_to_do(capsys: Output, arguments: list[str], said: str) -> None:
    assert said in refused(capsys, *arguments)


@pytest.mark.parametrize("arguments", [[], ["scroe"], ["score"], ["list", "colours"], ["store"], ["sweep"]])
def test_wrong_calls_return_2(capsys: Output, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: zcnas" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", [[], ["list"], ["score"], ["sweep"], ["correlate"], ["convert"], ["store"], ["store", "merge"]]
)
def test_every_command_has_help(capsys: Output, command: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([*command, "--help"])
    assert caught.value.code == 0
    assert len(capsys.readouterr().out) > 200


def test_a_sweep_keeps_its_scores(capsys: Output, tmp_path: Path) -> None:
    store, table = tmp_path / "scores.sqlite", tmp_path / "scores.csv"
    call = ["sweep", "nasbench201", *SMALL, "--store", store, "--proxies", "params", "synflow", "ntk_condition"]
    first = data(capsys, *call, "--sample", 3)
    assert (first["architectures"], first["scored_now"], first["failed"]) == (3, 3, 0)
    # A smaller sample begins a larger one.
    second = data(capsys, *call, "--sample", 5, "--csv", table)
    assert (second["architectures"], second["scored_now"]) == (5, 2)
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    with ScoreStore(store, read_only=True) as held:
        for name in ("params", "synflow", "ntk_condition"):
            values = held.values(name)
            for row in rows:
                value = values[SPACE.parse(row["arch"]).key]
                assert (row[name] == "") == math.isnan(value)
                assert math.isnan(value) or float(row[name]) == value
    told = data(capsys, "store", "info", store)
    assert told[0]["fingerprint"] == second["fingerprint"]
    assert told[0]["scores"]["params"] == {"ok": 5, "undefined": 0, "failed": 0}
    assert "synflow" in answer(capsys, "store", "info", store)


def test_architectures_from_a_file_and_from_standard_input(
    capsys: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "archs.txt").write_text(f"{CELL}\n\n")
    call = ["sweep", "nasbench201", *SMALL, "--proxies", "params"]
    assert data(capsys, *call, "--archs", tmp_path / "archs.txt")["architectures"] == 1
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{CELL}\n"))
    assert data(capsys, *call, "--archs", "-")["architectures"] == 1


def test_failures_return_3(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    def build(*_: Any, **__: Any) -> nn.Module:
        raise OSError("no such weights")

    monkeypatch.setattr(NASBench201, "build", build)
    out = answer(capsys, "sweep", "nasbench201", *SMALL, "--sample", 2, "--proxies", "params", code=3)
    assert "2 failed; OSError: no such weights" in out


def test_shards_are_merged(capsys: Output, tmp_path: Path) -> None:
    call = ["sweep", "nasbench201", *SMALL, "--sample", 6, "--proxies", "params", "--deduplicate"]
    sizes = [
        data(capsys, *call, "--shard", f"{part}/2", "--store", tmp_path / f"{part}.sqlite")["architectures"]
        for part in (1, 2)
    ]
    assert sum(sizes) == 6
    stores = [tmp_path / "1.sqlite", tmp_path / "2.sqlite"]
    added = data(capsys, "store", "merge", tmp_path / "all.sqlite", *stores)
    assert list(added.values()) == sizes
    assert data(capsys, *call, "--store", tmp_path / "all.sqlite")["scored_now"] == 0
    assert "another store" in refused(capsys, "store", "merge", stores[0], *stores)
    assert "no such file" in refused(capsys, "store", "merge", tmp_path / "new.sqlite", stores[0], tmp_path / "none")
    assert not (tmp_path / "new.sqlite").exists()


def test_scores_are_held_against_accuracies(capsys: Output, tmp_path: Path) -> None:
    from zcnas.benchmarks import digits
    from zcnas.correlation import spearman

    table = digits()
    params = table.values("digits", split="train", metric="params")
    accuracy = table.values("digits", seed="0")
    scores = {"params": params, "ntk_condition": -accuracy}
    with ScoreStore(tmp_path / "scores.sqlite") as store:
        for name, values in scores.items():
            pairs = zip(table.archs[:50], values, strict=False)
            store.add({}, [Record(arch.key, name, f"{name}()", float(v), "ok", "", 0.0) for arch, v in pairs])
    found = data(capsys, "correlate", tmp_path / "scores.sqlite", "--bootstrap", 100)
    assert found["params"]["n"] == 50
    assert found["params"]["spearman"]["value"] == pytest.approx(spearman(params[:50], accuracy[:50]))
    # Lower is better: turned by its direction, and only by it.
    assert found["ntk_condition"]["turned"]
    assert found["ntk_condition"]["spearman"]["value"] == pytest.approx(1)
    text = answer(capsys, "correlate", tmp_path / "scores.sqlite", "--bootstrap", 0)
    assert "ntk_condition (turned)  50" in text
    keys = {"toy:1": "unknown search space 'toy'", "nasbench201:0-0-0-0-0-0": "none of the architectures"}
    keys["darts:0"] = "expected one of darts, got none; the embedded one is of nasbench201"
    for number, (key, message) in enumerate(keys.items()):
        with ScoreStore(tmp_path / f"other{number}.sqlite") as store:
            store.add({}, [Record(key, "params", "Params()", 1.0, "ok", "", 0.0)])
        assert message in refused(capsys, "correlate", tmp_path / f"other{number}.sqlite")


def test_official_files_are_converted(capsys: Output, tmp_path: Path, data_dir: Path) -> None:
    (samples,) = (data_dir / "nats_bench_samples").glob("*tss*simple")
    out = tmp_path / "table.npz"
    assert "3 of" in refused(capsys, "convert", "nasbench201", samples, out, "--quiet")
    assert not out.exists()
    told = data(capsys, "convert", "nasbench201", samples, out, "--partial", "--quiet")
    assert told["architectures"] == 15625
    with ScoreStore(tmp_path / "scores.sqlite") as store:
        records = [
            Record(arch.key, "params", "Params()", float(place), "ok", "", 0.0) for place, arch in enumerate(SPACE)
        ]
        store.add({}, records)
    call = ["correlate", tmp_path / "scores.sqlite", "--table", out, "--dataset", "cifar100"]
    assert data(capsys, *call)["params"]["n"] == 3


def test_ctrl_c_returns_130(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("zcnas.sweep.score_space", interrupted)
    assert main(["sweep", "nasbench201", *SMALL, "--sample", "2"]) == 130
    assert "goes on from there" in capsys.readouterr().err


def test_it_is_a_module_too() -> None:
    done = subprocess.run([sys.executable, "-m", "zcnas", "list", "spaces"], capture_output=True, text=True, check=True)
    assert "nasbench201" in done.stdout


def test_proxies_take_arguments(capsys: Output) -> None:
    small = (
        "score",
        f"nasbench201:{CELL}",
        "--build",
        "C=4",
        "N=1",
        "--data",
        "digits",
        "--data-options",
        "channels=3",
    )
    found = data(capsys, *small, "--proxies", "az_*:inputs=data", "flops", "fisher:variant=released")["scores"]
    assert set(found) == {"az_expressivity", "az_progressivity", "az_trainability", "flops", "fisher_released"}
    assert found["az_expressivity"]["proxy"] == "AZExpressivity(inputs='data')"
    assert "did you mean 'flops'" in refused(capsys, *small, "--proxies", "flop:variant=paper")
    assert "variant of flops" in refused(capsys, *small, "--proxies", "flops:variant=other")
    assert "unexpected keyword" in refused(capsys, *small, "--proxies", "flops:size=3")
    assert "expected NAME=VALUE" in refused(capsys, *small, "--proxies", "flops:")
