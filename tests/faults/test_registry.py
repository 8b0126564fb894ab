"""Names: unique, found, suggested, and open to third parties."""

from __future__ import annotations

from importlib.metadata import Distribution, EntryPoint
from pathlib import Path

import pytest

from zcnas.errors import InputError, UnknownNameError, ZcnasError
from zcnas.registry import Registry


@pytest.fixture
def colours() -> Registry[str]:
    registry: Registry[str] = Registry("colours")
    for name in ("red", "dark_red", "blue"):
        registry.register(name, lambda shade="", name=name: f"{shade}{name}")
    return registry


def test_a_name_that_is_taken_is_refused_and_stays_what_it_was(colours: Registry[str]) -> None:
    with pytest.raises(InputError, match="the colours name 'red' is taken already: choose another name"):
        colours.register("red", lambda: "#f00")
    assert colours.create("red") == "red"


def test_a_registry_is_a_mapping_in_order_of_registration(colours: Registry[str]) -> None:
    assert list(colours) == colours.names() == ["red", "dark_red", "blue"]
    assert len(colours) == 3
    assert "red" in colours
    assert "pink" not in colours
    assert colours.get("pink") is None
    assert colours.create("red", "light ") == colours.create("red", shade="light ") == "light red"


@pytest.mark.parametrize(
    ("pattern", "names"),
    [("*red", ["red", "dark_red"]), ("?ed", ["red"]), ("[br]*", ["red", "blue"]), ("RED", []), ("", [])],
)
def test_patterns_filter(colours: Registry[str], pattern: str, names: list[str]) -> None:
    assert colours.names(pattern) == names


def test_unknown_names_bring_the_nearest_and_all(colours: Registry[str]) -> None:
    with pytest.raises(
        UnknownNameError, match=r"unknown colours 'darkred': did you mean 'dark_red'\? known: red, dark_red, blue"
    ):
        colours.create("darkred")
    with pytest.raises(UnknownNameError, match="unknown colours 'ultramarine': known: red, dark_red, blue"):
        colours["ultramarine"]


@pytest.mark.parametrize("name", [None, 5, ["red"], {}])
def test_what_is_no_name_is_unknown(colours: Registry[str], name: object) -> None:
    with pytest.raises(UnknownNameError, match="unknown colours"):
        colours[name]  # type: ignore[index]


def test_an_empty_registry_says_so() -> None:
    with pytest.raises(UnknownNameError, match="unknown tables 'x': known: none"):
        Registry[str]("tables")["x"]


class FakeDistribution(Distribution):
    """A third party's package, installed for the length of a test."""

    def __init__(self, entries: str) -> None:
        self.entries = entries

    def read_text(self, filename: str) -> str | None:
        return {"METADATA": "Name: palette\nVersion: 1.0\n", "entry_points.txt": self.entries}.get(filename)

    def locate_file(self, path: object) -> Path:
        return Path(str(path))


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> object:
    def install(entries: str) -> None:
        monkeypatch.setattr(Distribution, "discover", classmethod(lambda cls, **_: [FakeDistribution(entries)]))

    return install


def test_third_parties_add_theirs_at_the_first_look_up(colours: Registry[str], install: object) -> None:
    install("[zcnas.colours]\npink = builtins:str\n[zcnas.tables]\noak = builtins:dict\n")  # type: ignore[operator]
    assert list(colours) == ["red", "dark_red", "blue", "pink"]
    assert colours.create("pink", "rosé") == "rosé"


def test_third_parties_are_looked_up_once(colours: Registry[str], monkeypatch: pytest.MonkeyPatch) -> None:
    groups: list[str] = []
    monkeypatch.setattr("zcnas.registry.entry_points", lambda group: groups.append(group) or [])
    assert (len(colours), "red" in colours, list(colours)) == (3, True, ["red", "dark_red", "blue"])
    assert groups == ["zcnas.colours"]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("pink = no_such_module:thing", "no_such_module"),
        ("pink = builtins:no_such_thing", "no_such_thing"),
        ("red = builtins:str", "taken"),
    ],
)
def test_a_broken_third_party_is_named_every_time(
    colours: Registry[str], install: object, entry: str, reason: str
) -> None:
    install(f"[zcnas.colours]\ngreen = builtins:str\n{entry}\n")  # type: ignore[operator]
    for _ in range(2):
        with pytest.raises(ZcnasError, match=reason) as caught:
            colours.names()
        assert "palette" in str(caught.value)


def test_the_entry_points_of_a_fake_distribution_are_real_ones() -> None:
    (entry,) = FakeDistribution("[zcnas.colours]\npink = builtins:str\n").entry_points
    assert isinstance(entry, EntryPoint)
    assert entry.dist is not None
    assert entry.dist.name == "palette"
