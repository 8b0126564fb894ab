"""``experiments/train.py`` from the command line to the weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from tests.training.helpers import state
from tests.training.test_resume import stop_after
from zcnas.data import ImageSet, divide, load
from zcnas.opscore import search
from zcnas.searchspaces import NASBench201
from zcnas.training import evaluate

CELL = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_1x1~1|+|skip_connect~0|none~1|avg_pool_3x3~2|"
DIGITS = ["--space", "nasbench201", "--arch", CELL, "--build", "C=4", "N=1", "--epochs", "3", "--quiet"]


@pytest.fixture(autouse=True)
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "experiments")


def call(*arguments: str | Path) -> None:
    import train

    train.main([str(argument) for argument in arguments])


def test_an_interrupted_command_goes_on_and_exports_what_it_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    call(*DIGITS, "--out", tmp_path / "whole", "--set", "cutout=2")
    whole = capsys.readouterr().out
    with monkeypatch.context() as patch:
        stop_after(patch, 1, KeyboardInterrupt)
        with pytest.raises(SystemExit, match="the same command goes on from"):
            call(*DIGITS, "--out", tmp_path / "parts", "--set", "cutout=2")
    call(*DIGITS, "--out", tmp_path / "parts", "--set", "cutout=2")
    files = {"best.pt", "last.pt", "log.csv", "weights.pt", "weights.json"}
    assert {path.name for path in (tmp_path / "parts").iterdir()} == files
    weights = [torch.load(tmp_path / part / "weights.pt", weights_only=True) for part in ("whole", "parts")]
    assert all(torch.equal(value, weights[1][name]) for name, value in weights[0].items())
    told = json.loads((tmp_path / "whole" / "weights.json").read_text())
    space, digits = NASBench201(), load("digits")
    assert isinstance(digits, ImageSet)
    assert (told["arch"], told["meta"]["recipe"]["cutout"]) == (space.parse(CELL).key, 2)
    network = space.build(space.parse(CELL), **told["build"])
    network.load_state_dict(weights[0])
    assert state(network)
    again = evaluate(network, divide(digits, (0.8, 0.2))[1])
    assert again.accuracy == told["meta"]["validation_accuracy"]
    assert f"{again.accuracy:.2f} |" in whole
    assert "Command: `python experiments/train.py --space nasbench201" in whole


def test_pictures_in_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from PIL import Image

    for split in ("train", "val"):
        for number, name in enumerate(("dark", "light")):
            (tmp_path / "images" / split / name).mkdir(parents=True)
            for shade in range(4):
                picture = Image.new("RGB", (8, 8), (200 * number + shade,) * 3)
                picture.save(tmp_path / "images" / split / name / f"{shade}.png")
    folder = ["--data", "pictures", "--root", tmp_path / "images", "--data-options", "size=16"]
    call(*DIGITS, *folder, "--recipe", "nasbench201", "--batch-size", "4", "--out", tmp_path / "run")
    assert "# nasbench201 on images train" in capsys.readouterr().out
    assert json.loads((tmp_path / "run" / "weights.json").read_text())["build"]["num_classes"] == 2


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (["--recipe", "dart"], "did you mean 'darts'"),
        (["--set", "cutoff=16"], "did you mean 'cutout'"),
        (["--data", "cifar10"], "cifar10: expected root="),
        (["--splits", "train", "test"], "in one piece"),
        (["--space", "fbnet"], "use --data-options channels=3|expected"),
    ],
)
def test_mistakes_are_told_in_a_line(change: list[str], told: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=told):
        call(*DIGITS, *change, "--out", tmp_path)


def test_the_cell_that_a_search_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    space, digits, sizes = NASBench201(), load("digits"), {"C": 4, "N": 1, "in_channels": 1}
    assert isinstance(digits, ImageSet)
    found = search(
        space, digits, proposals=2, validations=1, supernet_options=sizes, network_options=sizes, progress=False
    )
    options = ["--space", "nasbench201", "--build", "C=4", "N=1", "--epochs", "2", "--set", "warmup=0", "--quiet"]
    call(*options, "--arch", space.format(found.best), "--out", tmp_path)
    assert json.loads((tmp_path / "weights.json").read_text())["arch"] == found.best.key
    assert f"`{space.format(found.best)}`" in capsys.readouterr().out
