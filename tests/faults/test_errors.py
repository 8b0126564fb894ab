"""One tree of errors, each also the builtin that it refines."""

from __future__ import annotations

import pickle

import pytest

from zcnas import errors
from zcnas.errors import UnknownNameError, ZcnasError

BUILTINS = {
    "InputError": ValueError,
    "InputTypeError": TypeError,
    "UnknownNameError": LookupError,
    "DataError": ValueError,
    "ModelError": RuntimeError,
    "OutOfMemory": MemoryError,
    "Undefined": ArithmeticError,
    "MissingExtraError": ImportError,
}


def test_every_error_is_in_the_tree_and_listed_here() -> None:
    kinds = {
        name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)
    }
    assert kinds.pop("ZcnasError") is ZcnasError
    assert kinds.keys() == BUILTINS.keys()
    assert all(issubclass(kind, ZcnasError) for kind in kinds.values())


@pytest.mark.parametrize("name", BUILTINS)
def test_an_error_comes_home_from_a_worker(name: str) -> None:
    kind = getattr(errors, name)
    error = kind(*(("proxy", "snp", ["snip"]) if kind is UnknownNameError else ("why",)))
    error.add_note("and how")
    other = pickle.loads(pickle.dumps(error))
    assert type(other) is kind
    assert (str(other), other.args, other.__notes__) == (str(error), error.args, ["and how"])


@pytest.mark.parametrize(("name", "builtin"), BUILTINS.items())
def test_an_error_is_caught_as_the_builtin(name: str, builtin: type[Exception]) -> None:
    kind = getattr(errors, name)
    arguments = ("proxy", "snp", ["snip"]) if kind is UnknownNameError else ("why",)
    with pytest.raises(builtin, match=r"why|snip"):
        raise kind(*arguments)
    assert kind.__doc__


@pytest.mark.parametrize(
    ("name", "known", "message"),
    [
        ("snp", ["snip", "zen"], "unknown proxy 'snp': did you mean 'snip'? known: snip, zen"),
        ("xyz", ["snip", "zen"], "unknown proxy 'xyz': known: snip, zen"),
        ("xyz", [], "unknown proxy 'xyz': known: none"),
        (7, [17, 8], "unknown proxy '7': did you mean '17'? known: 17, 8"),
        (None, ["snip"], "unknown proxy 'None': known: snip"),
    ],
)
def test_an_unknown_name_brings_the_nearest_and_all(name: object, known: list[object], message: str) -> None:
    assert str(UnknownNameError("proxy", name, iter(known))) == message
