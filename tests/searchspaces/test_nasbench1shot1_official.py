"""NAS-Bench-1Shot1's recorded results: the real file of space 2, written ones of spaces 1 and 3, damaged ones.

Spaces 1 and 3 have no real file here: theirs are written as the notebook says that made them.
"""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.searchspaces.damage import Evil, cuts, flips, refusals
from tests.searchspaces.frames import pickled
from zcnas.cli import main
from zcnas.errors import DataError, InputError
from zcnas.searchspaces.nasbench1shot1 import NASBench1Shot1, convert, official, read
from zcnas.searchspaces.nasbench101 import NASBench101Table
from zcnas.table import Table

NAMES = ["input", "node1", "node2", "node3", "node4", "node5", "output"]


@pytest.fixture(scope="module")
def path(data_dir: Path) -> Path:
    return data_dir / "nasbench_1shot1" / "search_space2.pkl"


@pytest.fixture(scope="module")
def table(path: Path) -> Table:
    return read(path)


@pytest.fixture(scope="module")
def models(data_dir: Path) -> NASBench101Table:
    return NASBench101Table.load(data_dir / "nasbench101" / "nb101_table.npz")


def test_the_published_file_holds_the_space(table: Table) -> None:
    assert set(table.archs) == set(NASBench1Shot1(2))
    assert table.by_seed("cifar10").shape == table.by_seed("cifar10", split="val").shape == (3_609, 3)
    for split in ("val", "test"):
        runs = table.by_seed("cifar10", split=split)
        np.testing.assert_allclose(table.values("cifar10", split=split), runs.mean(1), rtol=1e-12)
    # The lowest and the mean test error, in percent, that the authors report.
    mean = table.values("cifar10", epochs=108)
    assert 100 - mean.max() == pytest.approx(6.09, abs=0.005)
    assert 100 - mean.mean() == pytest.approx(10.09, abs=0.005)


def test_the_list_is_in_the_order_of_the_file(table: Table) -> None:
    assert list(table.archs) == list(official.listed(2).values())


def test_accuracies_are_nasbench101s(table: Table, models: NASBench101Table) -> None:
    ours = [models.query_hash(NASBench1Shot1(2).canonical(arch), "cifar10") for arch in table.archs]
    # Fractions in float32 there, whose last digit is at most 6e-8 of 1.
    np.testing.assert_allclose(table.values("cifar10"), ours, rtol=0, atol=1e-5)


def test_errors_of_space_1_are_the_published_ones(models: NASBench101Table) -> None:
    space = NASBench1Shot1(1)
    errors = np.array([100 - models.query_hash(space.canonical(arch), "cifar10") for arch in space])
    assert (errors.min(), errors.mean()) == pytest.approx((5.80, 9.51), abs=0.005)


def test_errors_of_space_3_are_about_the_published_ones(models: NASBench101Table) -> None:
    # All take long; `experiments/benchmark_nasbench101.py` gives 5.82 and 10.76, as published.
    space, rng = NASBench1Shot1(3), np.random.default_rng(0)
    errors = np.array([100 - models.query_hash(space.canonical(space.sample(rng)), "cifar10") for _ in range(2_000)])
    # Their standard deviation is 7.3: four times what it makes of the mean of so many.
    assert errors.mean() == pytest.approx(10.76, abs=4 * 7.3 / 2_000**0.5)
    assert errors.min() >= 5.82 - 0.005


def test_a_file_becomes_a_table(path: Path, table: Table, tmp_path: Path) -> None:
    out = tmp_path / "table.npz"
    assert convert(path, out).archs == table.archs
    again = Table.load(out, NASBench1Shot1(2).parse)
    assert (again.archs, again.columns) == (table.archs, table.columns)
    np.testing.assert_allclose(again.by_seed("cifar10"), table.by_seed("cifar10"), rtol=1e-6)
    assert again.meta["source"] == "search_space2.pkl"
    assert len(again.meta["sha256"]) == 64
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", again.meta["date"])
    assert set(again.meta["versions"]) == {"python", "numpy"}
    with pytest.raises(InputError, match="another file than the one that is read"):
        convert(out, out)
    with pytest.raises(InputError, match="nowhere"):
        convert(tmp_path / "nowhere", out)
    with pytest.raises(InputError, match="can be written"):
        convert(path, tmp_path)


def test_the_command_converts(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "nasbench1shot1", str(path), str(tmp_path / "table.npz")]) == 0
    assert "3609 architectures, 8 columns" in capsys.readouterr().out
    assert main(["convert", "nasbench1shot1", str(path), str(tmp_path / "table.npz"), "--partial"]) == 1
    assert "--partial: has no meaning for files of nasbench1shot1" in capsys.readouterr().err


def frame(number: int, count: int | None = None, *, digits: int = 49) -> dict[str, list[Any]]:
    """What the notebook puts into a frame: as many columns of errors as there are runs, and their mean and minimum."""
    spelled = list(official.listed(number))[:count]
    rng = np.random.default_rng(number)
    texts = [text.split(":") for text in spelled]
    ops = np.array([names.split(",") for _, names in texts])
    found: dict[str, list[Any]] = {name: ops[:, place].tolist() for place, name in enumerate(NAMES)}
    for split in ("val", "test"):
        errors = rng.uniform(0.05, 0.2, (3, len(spelled))).astype(np.float32).astype(float)
        found.update({f"{split}{run + 1}": errors[run].tolist() for run in range(3)})
        found[f"mean_{split}"] = [float(np.mean(runs)) for runs in errors.T]
        found[f"best_{split}"] = errors.min(0).tolist()
    return {**found, "adj_matrix": [f"[{'. '.join(text[:digits])}.]" for text, _ in texts]}


def written(path: Path, content: dict[str, list[Any]]) -> Path:
    path.write_bytes(pickled(content))
    return path


@pytest.mark.parametrize(("number", "digits"), [(1, 7), (1, 49), (3, 49)])
def test_files_of_the_other_spaces_are_read(number: int, digits: int, tmp_path: Path) -> None:
    content = frame(number, digits=digits)
    table = read(written(tmp_path / f"search_space{number}.pkl", content))
    assert set(table.archs) == set(NASBench1Shot1(number))
    np.testing.assert_allclose(table.by_seed("cifar10")[:, 1], 100 - 100 * np.array(content["test2"]), rtol=1e-12)
    np.testing.assert_allclose(
        table.values("cifar10", split="val"), 100 - 100 * np.array(content["mean_val"]), rtol=1e-12
    )


@pytest.fixture
def thirty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A space of 30 architectures, whose files are small."""
    some = dict(list(official.listed(1).items())[:30])
    monkeypatch.setattr(official, "SIZES", {1: 30})
    monkeypatch.setattr(official, "listed", lambda _: some)


@pytest.mark.usefixtures("thirty")
@pytest.mark.parametrize("digits", [7, 49])
def test_flipped_bits_never_give_a_wrong_table(digits: int, tmp_path: Path) -> None:
    content = frame(1, 30, digits=digits)
    path = written(tmp_path / "search_space1.pkl", content)
    expected, data = read(path), path.read_bytes()

    def check(found: Table) -> None:
        assert found.archs == expected.archs
        for column in expected.columns:
            choice: Any = {"split": column.split, "seed": column.seed}
            # Flips of a number's last digits are not seen: they change less than what tables keep.
            ours, theirs = found.values("cifar10", **choice), expected.values("cifar10", **choice)
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-9)

    # Most others hit unused digits of numbers, and keys of the pickle that nothing asks for.
    assert refusals(path, flips(data), read, check) > 100


@pytest.mark.usefixtures("thirty")
def test_truncated_files_are_data_errors(tmp_path: Path) -> None:
    for data in cuts(pickled(frame(1, 30)), 60):
        (tmp_path / "short.pkl").write_bytes(data)
        with pytest.raises(DataError, match=r"short\.pkl"):
            read(tmp_path / "short.pkl")


@pytest.mark.usefixtures("thirty")
def test_nothing_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path / "evil.pkl", {**frame(1, 30), "note": [Evil() for _ in range(30)]})
    with pytest.raises(DataError, match=r"posix\.mkdir, which is not allowed"):
        read(path)
    # The stand-in for functools.partial must not call what it is given.
    path.write_bytes(b"cfunctools\npartial\n(cfunctools\npartial\nS'evil'\ntR.")
    with pytest.raises(DataError, match=r"frame of pandas 1\.3"):
        read(path)
    assert not (tmp_path / "evil").exists()


@pytest.mark.usefixtures("thirty")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mean_test": lambda one: [0.1] * 30}, "mean or lowest test errors are not those of the three runs"),
        ({"best_val": lambda one: one[::-1]}, "mean or lowest val errors"),
        ({"val2": lambda one: [1.5, *one[1:]]}, "errors from 0 to 1"),
        ({"val2": lambda one: ["0.1"] * 30}, "errors from 0 to 1"),
        ({"test1": lambda one: [float("nan"), *one[1:]]}, "errors from 0 to 1"),
        ({"node1": lambda one: ["conv5x5", *one[1:]]}, "architectures of space 1, got .*conv5x5.* in row 0"),
        ({"adj_matrix": lambda one: one[::-1]}, "architectures of space 1"),
        ({"adj_matrix": lambda one: [one[0][:14] + "]", *one[1:]]}, "architectures of space 1"),
        ({"adj_matrix": lambda one: [one[0], *one[:-1]]}, "architectures of space 1|distinct"),
    ],
)
def test_wrong_contents_are_data_errors(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    content = frame(1, 30)
    content.update({name: change(content[name]) for name, change in changes.items()})
    with pytest.raises(DataError, match=rf"wrong\.pkl: expected a complete search_space.*{message}"):
        read(written(tmp_path / "wrong.pkl", content))


@pytest.mark.usefixtures("thirty")
def test_first_rows_must_be_those_of_the_list(tmp_path: Path) -> None:
    content = frame(1, 30, digits=7)
    content["adj_matrix"][3] = "[0. 1. 1. 1. 0. 0. 0.]"
    with pytest.raises(DataError, match="at place 3 of the authors' list, got 0111000:"):
        read(written(tmp_path / "wrong.pkl", content))
    with pytest.raises(DataError, match="expected 30 rows, got 29"):
        read(written(tmp_path / "wrong.pkl", frame(1, 29, digits=7)))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", pickle.dumps([1]), pickle.dumps({"adj_matrix": []})])
def test_other_files_are_data_errors(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "other.pkl").write_bytes(content)
    with pytest.raises(DataError, match=r"other\.pkl"):
        read(tmp_path / "other.pkl")
