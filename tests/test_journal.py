"""Journals: what was finished is there, whatever happens to the process, the disk or the file."""

from __future__ import annotations

import json
import math
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from zcnas.errors import DataError, InputError
from zcnas.journal import Journal

SETTINGS = {"seed": 0, "space": "toy"}
PIECES = {
    "first": 1.5,
    "second": {"genome": [1, 2], "steps": [{"edge": "0-1"}]},
    "third": [math.inf, -math.inf, 0.1 + 0.2, 1e300],
    "fourth, with a\nnew line and ü": None,
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def filled(path: Path | None) -> Journal:
    journal = Journal(path, SETTINGS)
    for key, value in PIECES.items():
        journal.add(key, value)
    return journal


def told(journal: Journal) -> dict[str, object]:
    return {key: journal[key] for key in journal}


def test_what_was_added_is_there(path: Path) -> None:
    assert told(filled(path)) == PIECES == told(Journal(path, SETTINGS))
    assert len(Journal(path, SETTINGS)) == len(PIECES)
    assert "first" in Journal(path, SETTINGS)
    assert "fifth" not in Journal(path, SETTINGS)


def test_nan_is_kept(path: Path) -> None:
    Journal(path, SETTINGS).add("nan", [math.nan])
    assert math.isnan(Journal(path, SETTINGS)["nan"][0])


def test_without_a_path_it_is_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert told(filled(None)) == PIECES
    assert list(tmp_path.iterdir()) == []


def test_memory_says_what_the_file_does(path: Path) -> None:
    for place in (path, None):
        journal = Journal(place, {"mixing": ((1.0,),)})
        journal.add("tuple", (1, (2,)))
        assert journal["tuple"] == [1, [2]]
    assert len(Journal(path, {"mixing": ((1.0,),)})) == 1


def test_what_is_no_json_is_not_kept(path: Path) -> None:
    journal = filled(path)
    before = path.read_bytes()
    with pytest.raises(TypeError, match="not JSON serializable"):
        journal.add("object", object())
    assert path.read_bytes() == before
    assert "object" not in journal


def test_folders_are_made(tmp_path: Path) -> None:
    filled(tmp_path / "some" / "where" / "journal")
    assert told(Journal(str(tmp_path / "some" / "where" / "journal"), SETTINGS)) == PIECES


def test_every_line_is_on_disk_before_the_next(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr("zcnas.journal.os.fsync", lambda _: synced.append(path.read_bytes().count(b"\n")))
    filled(path)
    assert synced == list(range(1, len(PIECES) + 2))


def test_cut_anywhere_it_keeps_the_whole_lines(path: Path) -> None:
    filled(path)
    content = path.read_bytes()
    for size in range(len(content)):
        path.write_bytes(content[:size])
        whole = max(content[:size].count(b"\n") - 1, 0)
        assert told(Journal(path, SETTINGS)) == dict(list(PIECES.items())[:whole])
        assert path.read_bytes() == b"".join(content.splitlines(keepends=True)[: whole + 1])


def test_it_goes_on_after_a_cut(path: Path) -> None:
    filled(path)
    os.truncate(path, path.stat().st_size - 3)
    Journal(path, SETTINGS).add("fifth", 5)
    assert list(Journal(path, SETTINGS)) == [*list(PIECES)[:-1], "fifth"]


def test_other_work_is_refused_and_left(path: Path) -> None:
    filled(path)
    os.truncate(path, path.stat().st_size - 3)
    before = path.read_bytes()
    with pytest.raises(InputError) as error:
        Journal(path, {"seed": 1, "order": "fixed"})
    message = str(error.value)
    assert "belongs to other work" in message
    assert "seed: 0 there, 1 here" in message
    assert "order: None there, 'fixed' here" in message
    assert "space: 'toy' there, None here" in message
    assert path.read_bytes() == before


FOREIGN = {
    "text": b"notes that took a day to write",
    "lines": b"first line\nsecond line\n",
    "list": b'["seed", 0]\n["space", "toy"]\n',
    "objects": b'{"seed": 0, "space": "toy"}\n{"seed": 1}\n{"se',
    "triples": b'{"seed": 0, "space": "toy"}\n[1, 2, 3]\n',
    "keys": b'{"seed": 0, "space": "toy"}\n[["key"], 2]\n',
    "bytes": bytes(range(256)),
    "nested": b"[" * 100_000 + b"\n",
    "empty line": b"\n",
    "torn header of other work": b'{"seed": 1, "sp',
}


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
def test_another_file_is_refused_and_left(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"name another path"):
        Journal(path, SETTINGS)
    assert path.read_bytes() == content


def test_an_empty_file_will_do(path: Path) -> None:
    path.touch()
    assert told(filled(path)) == PIECES == told(Journal(path, SETTINGS))


@pytest.mark.parametrize("damage", [b"\xff", b"", b'["second", {"genome"', b"\x00" * 40])
def test_a_garbled_line_is_told(path: Path, damage: bytes) -> None:
    filled(path)
    lines = path.read_bytes().split(b"\n")
    lines[2] = damage
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(DataError, match=r"journal\.jsonl: line 3 is garbled .*; delete that line"):
        Journal(path, SETTINGS)
    path.write_bytes(b"\n".join(lines[:2] + lines[3:]))
    assert "second" not in Journal(path, SETTINGS)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_full_disk_is_told_at_once() -> None:
    with pytest.raises(InputError, match=r"/dev/full: cannot be written .*No space left.*make room"):
        Journal("/dev/full", SETTINGS)


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file may grow beyond this: a write across it takes a part, as on a disk that is almost full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_line_is_written_whole_or_not_at_all(path: Path) -> None:
    journal = filled(path)
    before = path.read_bytes()
    with room_for(len(before) + 5), pytest.raises(InputError, match=r"cannot be written .*File too large"):
        journal.add("fifth", "long" * 10)
    assert path.read_bytes() == before
    assert "fifth" not in journal
    journal.add("fifth", 5)
    assert told(Journal(path, SETTINGS)) == {**PIECES, "fifth": 5}


def test_what_cannot_be_read_or_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        Journal(tmp_path, SETTINGS)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be"):
        Journal(tmp_path / "file" / "journal", SETTINGS)


def test_a_file_that_cannot_be_read_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    filled(path)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(InputError, match=r"expected a journal that can be read, got .*Permission denied"):
        Journal(path, SETTINGS)


def test_a_torn_line_that_stays_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    filled(path)
    os.truncate(path, path.stat().st_size - 3)
    monkeypatch.setattr("zcnas.journal.os.truncate", refuse)
    with pytest.raises(InputError, match=r"its last line was cut short, and cannot be taken out .*denied"):
        Journal(path, SETTINGS)


def test_lines_are_plain_json(path: Path) -> None:
    filled(path)
    first, *rest = map(json.loads, path.read_bytes().splitlines())
    assert first == SETTINGS
    assert [key for key, _ in rest] == list(PIECES)
