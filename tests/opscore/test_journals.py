"""Interrupted searches go on where they were, to the result that they would have had."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.opscore.chains import Chains
from tests.opscore.worth import Fake, chaos, told
from zcnas.data import Noise
from zcnas.data.imageset import ImageSet
from zcnas.errors import InputError, InputTypeError, UnknownNameError
from zcnas.opscore import Found, search
from zcnas.opscore import work as working
from zcnas.testing import ToyCells, ToySpace

NOISE = Noise(size=8, num_classes=5)
SETTINGS: dict[str, Any] = {"proxy": "nwot", "proposals": 3, "validations": 11, "batch_size": 4, "progress": False}


def searched(path: Path | None, **options: Any) -> Found:
    return search(ToyCells(), NOISE, **{**SETTINGS, "journal": path, **options})


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Found]:
    path = tmp_path_factory.mktemp("complete") / "journal"
    found = searched(path)
    assert len(found.ranking) > 1
    return path.read_bytes(), found


def test_it_goes_on_after_every_line_and_within_lines(
    complete: tuple[bytes, Found], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, found = complete
    lines = content.splitlines(keepends=True)
    # Settings, proposals, and validation in two chunks of batches.
    assert len(lines) == 1 + 3 + 2 * len(found.ranking)
    done: list[str] = []
    once = working.Plan.do
    monkeypatch.setattr(working.Plan, "do", lambda plan, job: done.append(job.key) or once(plan, job))
    path = tmp_path / "journal"
    for number in range(len(lines) + 1):
        for torn in (b"", *(line[: len(line) // 2] for line in lines[number : number + 1])):
            path.write_bytes(b"".join(lines[:number]) + torn)
            done.clear()
            assert told(searched(path)) == told(found)
            assert len(done) == len(set(done)) == len(lines) - max(number, 1)
            assert path.read_bytes().count(b"\n") == len(lines)


def test_a_finished_search_tells_the_same_seconds(complete: tuple[bytes, Found], tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_bytes(complete[0])
    assert repr(searched(path)) == repr(complete[1])
    assert path.read_bytes() == complete[0]


def test_without_a_journal_it_is_the_same(complete: tuple[bytes, Found]) -> None:
    assert told(searched(None)) == told(complete[1])


DIFFERENT: dict[str, dict[str, Any]] = {
    "seed": {"seed": 1},
    "order": {"order": "fixed"},
    "masking": {"masking": "zeros"},
    "proposals": {"proposals": 4},
    "validations": {"validations": 12},
    "batch_size": {"batch_size": 5},
    "scorer": {"scorer": "disc_zc"},
    "judge": {"proxy": "snip"},
    "supernet_options": {"supernet_options": {"width": 5}},
    "network_options": {"network_options": {"width": 5}},
    "supernet": {"supernet": ToyCells().supernet(seed=3, num_classes=5)},
    "mixing": {"mixing": ToyCells().supernet(seed=0).uniform()},
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_a_journal_of_another_search_is_refused(name: str, complete: tuple[bytes, Found], tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_bytes(complete[0])
    with pytest.raises(InputError, match=rf"belongs to other work \(.*{name}: .* there, .* here"):
        searched(path, **DIFFERENT[name])
    assert path.read_bytes() == complete[0]


def test_other_supernets_and_images_of_one_name_are_told_apart(tmp_path: Path) -> None:
    def images(seed: int) -> ImageSet:
        pixels = torch.rand(8, 3, 8, 8, generator=torch.Generator().manual_seed(seed))
        return ImageSet("mine", pixels, torch.arange(8) % 2, ("a", "b"), (0.5,) * 3, (0.2,) * 3)

    def again(made: int, seed: int) -> Found:
        own = ToyCells().supernet(seed=made, num_classes=2)
        return search(ToyCells(), images(seed), supernet=own, journal=tmp_path / "journal", **SETTINGS)

    first = again(0, 0)
    assert repr(again(0, 0)) == repr(first)
    with pytest.raises(InputError, match=r"\(supernet: 'own \w+' there, 'own \w+' here\)"):
        again(1, 0)
    with pytest.raises(InputError, match=r"\(content: '\w+' there, '\w+' here\)"):
        again(0, 1)


@pytest.mark.parametrize("proxy", ["az_nas", "tenas", "vote"])
def test_settings_have_no_addresses(proxy: str, tmp_path: Path) -> None:
    options = {"supernet_options": {"num_classes": 5}, "proposals": 1}
    searched(tmp_path / "journal", proxy=proxy, **options)
    assert b" at 0x" not in (tmp_path / "journal").read_bytes()


def test_options_that_are_no_json_are_told_by_their_repr(tmp_path: Path) -> None:
    width = torch.tensor(4)
    found = searched(tmp_path / "journal", supernet_options={"width": width}, proposals=1)
    assert found.provenance["supernet_options"] == {"width": repr(width)}


REFUSED: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "scorer": ({"scorer": "zcpt"}, UnknownNameError, "unknown operation scorer 'zcpt': did you mean 'zc_pt'"),
    "proxy": ({"proxy": "nwott"}, UnknownNameError, "did you mean 'nwot'"),
    "order": ({"order": "randon"}, UnknownNameError, "unknown edge order 'randon': did you mean 'random'"),
    "masking": ({"masking": "zero"}, UnknownNameError, "unknown masking 'zero': did you mean 'zeros'"),
    "proposals": ({"proposals": 0}, InputError, "proposals: expected at least 1, got 0"),
    "validations": ({"validations": -1}, InputError, "validations: expected at least 1, got -1"),
    "workers": ({"workers": 0}, InputError, "workers: expected at least 1, got 0"),
    "batch size": ({"batch_size": 0}, InputError, "noise: expected a batch size of at least 1, got 0"),
    "measure": ({"proxy": ["nwot"]}, InputTypeError, "expected a proxy or aggregate"),
    "weights": ({"mixing": ((1.0,),)}, InputError, r"mixing: expected \[4, 4, 4\] weights by edge, got \[1\]"),
    "options": ({"supernet_options": {"depth": 3}}, TypeError, "depth"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_done_is_refused_before_a_journal_is_begun(name: str, tmp_path: Path) -> None:
    options, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        searched(tmp_path / "journal", **options)
    assert not (tmp_path / "journal").exists()


def test_a_space_without_supernet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"toy: expected a space with a supernet; give your own as supernet=\.\.\."):
        search(ToySpace(), NOISE, journal=tmp_path / "journal")
    assert not (tmp_path / "journal").exists()


def test_images_are_refused_where_there_are_too_few_or_they_are_none() -> None:
    few = ImageSet("few", torch.zeros(3, 3, 8, 8), torch.zeros(3).long(), ("a",), (0.5,) * 3, (0.2,) * 3)
    with pytest.raises(InputError, match="few: expected a batch size of at most its 3 images, got 4"):
        search(Chains(), few, batch_size=4)
    given: Any = "digits"
    with pytest.raises(InputTypeError, match="expected an ImageSet or Noise, got str"):
        search(Chains(), given)


def test_a_measures_numbers_may_be_numpys(tmp_path: Path) -> None:
    class Single(Fake):
        def columns(self, *arguments: Any) -> dict[str, float]:
            return {"fake": np.float32(len(self.calls) + Fake.columns(self, *arguments)["fake"])}

        def __repr__(self) -> str:
            return "Single()"

    first = searched(tmp_path / "journal", proxy=Single(chaos))
    assert repr(searched(tmp_path / "journal", proxy=Single(chaos))) == repr(first)
