"""The README's Python runs from top to bottom, as a new user would paste it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from zcnas.cli import _parser

README = Path(__file__).parent.parent / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
NEEDS_TABLE = "nb201_table.npz"


def run(blocks: list[str]) -> dict[str, object]:
    # Dataclasses look their module up by name.
    namespace: dict[str, object] = {"__name__": "__main__"}
    for block in blocks:
        exec(compile(block, str(README), "exec"), namespace)
    return namespace


def test_the_examples_run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace = run([block for block in BLOCKS if NEEDS_TABLE not in block])
    assert "synflow" in capsys.readouterr().out
    scores = namespace["scores"]
    assert {"synflow", "nwot", "az_trainability"} <= set(scores)  # type: ignore[call-overload]
    assert all(scores.status(name) == "ok" for name in scores)  # type: ignore[attr-defined]


def test_the_commands_are_understood() -> None:
    (block,) = re.findall(r"```\n(zcnas list.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    lines = block.strip().splitlines()
    assert {line.split()[1] for line in lines} == {"list", "score", "sweep", "correlate", "convert", "store", "latency"}
    for line in lines:
        assert _parser().parse_args(shlex.split(line)[1:]).run


def test_the_table_example_runs(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(data_dir / "nasbench201")
    namespace = run([BLOCKS[0], *(block for block in BLOCKS if NEEDS_TABLE in block)])
    assert 10 < namespace["accuracy"] < 100  # type: ignore[operator]


def test_every_default_proxy_is_named() -> None:
    from zcnas.proxies import PROXIES, default_names

    text = README.read_text(encoding="utf-8")
    assert [name for name in PROXIES if f"`{name}`" not in text] == []
    count = re.search(r"get (\d+) numbers", text)
    assert count is not None
    assert int(count.group(1)) == len(default_names())


def test_the_first_screen_has_commands_code_and_a_picture() -> None:
    head = README.read_text(encoding="utf-8").splitlines()[:45]
    assert "make demo" in "\n".join(head)
    assert "make test" in "\n".join(head)
    pictures = [path for line in head for path in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", line)]
    assert pictures
    assert all((README.parent / path).is_file() for path in pictures)
