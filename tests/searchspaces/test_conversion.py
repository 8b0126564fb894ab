"""What conversions share: errors that name the file, numbers that are numbers, texts that are only values."""

from __future__ import annotations

import ast
import sys
from typing import Any

import numpy as np
import pytest

from zcnas.errors import DataError, InputError
from zcnas.searchspaces.conversion import reading
from zcnas.searchspaces.literal import literal
from zcnas.searchspaces.number import number


@pytest.mark.parametrize(
    ("error", "reason"),
    [(DataError("no rows"), "no rows"), (KeyError("perf"), "KeyError: 'perf'"), (EOFError(), "EOFError: ")],
)
def test_a_broken_file_is_named_with_the_reason(error: Exception, reason: str) -> None:
    expected = rf"^a\.bin: expected a complete list, got one that cannot be read \({reason}\); ask for it$"
    with pytest.raises(DataError, match=expected) as caught, reading("a.bin", "a complete list", "ask for it"):
        raise error
    assert caught.value.__cause__ is error


def test_numbers_are_taken_in_their_range() -> None:
    for value in (0, 2.0, np.float32(1.5), np.int64(2)):
        found = number(value, 0, 2)
        assert type(found) is float
        assert found == value
    for wrong in (-1e-9, 2.1, float("nan"), float("inf"), True, None, "1", 1j, np.zeros(1), np.bool_(True)):
        with pytest.raises(DataError, match="expected a finite number from 0 to 2, got "):
            number(wrong, 0, 2)
    with pytest.raises(DataError, match="expected a finite number, got inf"):
        number(float("inf"))


@pytest.mark.parametrize(
    "text", [None, 5, b"[1]", "", "[1", "print(1)", "[1] * 9", "a.b", "\0", "[" * 5000, "1" * 5000, "{[]: 1}"]
)
def test_a_text_is_a_value_or_an_input_error(text: Any) -> None:
    with pytest.raises(InputError):
        literal(text, 10_000)


def test_a_long_text_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert literal(" [1, 2] ", 8) == [1, 2]
    monkeypatch.setattr(ast, "parse", lambda *_, **__: sys.exit("parsed"))
    with pytest.raises(InputError, match="9 characters"):
        literal(" [1, 22] ", 8)
