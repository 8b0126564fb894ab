"""A space from a function: spelling, what the function gets, scoring with workers and a store, errors."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import zcnas
from tests.searchspaces.choice_networks import network
from zcnas.errors import InputError, InputTypeError, UnknownNameError
from zcnas.searchspaces import ChoiceSpace
from zcnas.store import ScoreStore

CHOICES = {"depth": [1, 2, 3], "width": [4, 8], "kernel": [3, 5]}
SPACE = ChoiceSpace("mine", CHOICES, build=network)
BATCH = zcnas.Batch(torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0)), torch.arange(4))


def score(space: ChoiceSpace = SPACE, **options: Any) -> Any:
    return zcnas.score_space(space, ["params", "snip"], batch=BATCH, progress=False, **options)


def anything(**arguments: Any) -> nn.Module:
    return nn.Linear(1, arguments["num_classes"])


def test_a_string_names_every_choice() -> None:
    arch = SPACE.parse("depth=2,width=4,kernel=5")
    assert (arch.key, SPACE.format(arch)) == ("mine:1-0-1", "depth=2,width=4,kernel=5")
    assert SPACE.parse(" kernel = 5, depth=2 ,width=4") == arch
    assert SPACE.values(arch) == {"depth": 2, "width": 4, "kernel": 5}
    assert len(SPACE) == len(list(SPACE)) == 12


def test_the_graph_is_a_chain_of_the_choices() -> None:
    graph = SPACE.graph(SPACE.parse("depth=2,width=4,kernel=5"))
    assert graph.ops == ("input", "depth=2", "width=4", "kernel=5", "output")
    assert graph.adjacency.sum() == 4


def test_the_builder_gets_values_classes_and_further_arguments() -> None:
    built = SPACE.build(SPACE.parse("depth=2,width=8,kernel=5"), num_classes=7, channels=1)
    first, last = built[0], built[-1]  # type: ignore[index]
    assert (first.weight.shape, last.out_features) == ((8, 1, 5, 5), 7)


def test_options_may_be_classes_truth_values_or_have_names() -> None:
    options: dict[str, Any] = {"block": {"small": (1, 2), "large": (2, 4)}, "act": [nn.ReLU, nn.GELU], "bias": [True]}
    space = ChoiceSpace("mine", options, build=anything)
    arch = space.parse("block=large,act=GELU,bias=True")
    assert space.values(arch) == {"block": (2, 4), "act": nn.GELU, "bias": True}
    assert repr(space) == (
        "ChoiceSpace('mine', {'block': ['small: (1, 2)', 'large: (2, 4)'], 'act': ["
        "'ReLU: torch.nn.modules.activation.ReLU', 'GELU: torch.nn.modules.activation.GELU'], 'bias': ['True']})"
    )


@pytest.mark.parametrize(
    "text", ["depth=2", "depth=2,width=4,kernel=5,depth=1", "depth=2,width=4,colour=5", "2,4,5", 5, None]
)
def test_another_form_is_an_input_error(text: str) -> None:
    with pytest.raises(InputError, match=r"mine: expected the form 'depth=1,width=4,kernel=3', got"):
        SPACE.parse(text)


def test_an_unknown_option_lists_what_there_is() -> None:
    with pytest.raises(UnknownNameError, match="option of 'width' in mine: '5': known: 4, 8"):
        SPACE.parse("depth=2,width=5,kernel=5")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"name": ""}, InputError, "name: expected some text without a colon, got ''"),
        ({"name": "my:space"}, InputError, "without a colon, got 'my:space'"),
        ({"choices": {}}, InputError, "mine: expected at least one choice"),
        ({"choices": [1, 2]}, InputTypeError, "choices: expected a mapping .* got"),
        ({"choices": {"depth": 3}}, InputTypeError, r"choice 'depth': expected a list of options .* got 3"),
        ({"choices": {"act": "relu"}}, InputTypeError, "choice 'act': .* got 'relu'"),
        ({"choices": {"depth": []}}, InputError, "choice 'depth': expected at least one option"),
        ({"choices": {"depth": [1, "1"]}}, InputError, r"each written differently, got \['1', '1'\]"),
        ({"choices": {"block": [(1, 2)]}}, InputError, r"got '\(1, 2\)'; give a mapping from names to values"),
        ({"choices": {"act": ["a=b"]}}, InputError, "got 'a=b'"),
        ({"choices": {"act": [" relu"]}}, InputError, "got ' relu'"),
        ({"choices": {"a b": [1]}}, InputError, "name of an argument .* got 'a b'"),
        ({"choices": {"seed": [1]}}, InputError, "other than num_classes and seed, got 'seed'"),
        ({"name": "darts"}, InputError, "one of your own, got that of the registered space 'darts'"),
        ({"build": 5}, InputTypeError, "mine: expected build to be a function, got 5"),
        ({"build": lambda depth: None}, InputError, r"take depth, width, kernel and num_classes by name.*\(depth\)"),
        ({"build": lambda more, **rest: None}, InputError, "nothing else without a default.*'more'"),
    ],
)
def test_what_makes_no_space_is_refused(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ChoiceSpace(**{"name": "mine", "choices": CHOICES, "build": network, **arguments})


def test_a_builder_that_returns_no_network_ends_the_sweep() -> None:
    wrong: Any = lambda **arguments: "a network"  # noqa: E731
    with pytest.raises(InputTypeError, match=r"mine: expected build to return a torch\.nn\.Module, got 'a network'"):
        score(ChoiceSpace("mine", CHOICES, build=wrong))


def test_workers_and_a_store_give_the_same(tmp_path: Path) -> None:
    alone, store = score(), tmp_path / "scores.sqlite"
    together = score(workers=2, store=store)
    assert alone.failed() == []
    assert alone["snip"].tolist() == together["snip"].tolist()
    assert score(store=store).scored == 0
    assert repr(pickle.loads(pickle.dumps(SPACE))) == repr(SPACE)


def test_other_options_are_scored_anew(tmp_path: Path) -> None:
    store = tmp_path / "scores.sqlite"
    score(store=store)
    for choices in ({**CHOICES, "width": [4, 16]}, {name: CHOICES[name] for name in ("kernel", "width", "depth")}):
        assert score(ChoiceSpace("mine", choices, build=network), store=store).scored == 12
    with ScoreStore(store) as held:
        assert len({one["space"] for one in held.settings().values()}) == 3


def test_a_builder_that_workers_cannot_import_is_refused_before_they_start() -> None:
    hidden = ChoiceSpace("mine", CHOICES, build=lambda depth, **others: network(depth + 1, **others))
    assert score(hidden).failed() == []
    with pytest.raises(InputError, match=r"can import, got ChoiceSpace.*not as a lambda; or use workers=1"):
        score(hidden, workers=2)


def test_a_session_without_a_file_has_nothing_to_import() -> None:
    code = (
        "import torch, zcnas; from torch import nn; from zcnas.searchspaces import ChoiceSpace\n"
        "def build(size, num_classes): return nn.Sequential(nn.Flatten(), nn.Linear(12, num_classes))\n"
        "batch = zcnas.Batch(torch.zeros(2, 3, 2, 2), torch.arange(2))\n"
        "zcnas.score_space(ChoiceSpace('mine', {'size': [1, 2]}, build), 'params', batch=batch, workers=2)"
    )
    outcome = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "it is defined in an interactive session" in outcome.stderr


def test_architectures_without_their_space_are_told_what_to_give() -> None:
    with pytest.raises(UnknownNameError) as caught:
        zcnas.score_space(list(SPACE), ["params"], batch=BATCH)
    assert "space=<the space>" in caught.value.__notes__[0]
    assert score().archs == score(space=SPACE).archs == tuple(SPACE)
