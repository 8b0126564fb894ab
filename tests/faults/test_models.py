"""Things that are no models, and models that proxies can do little with."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import zcnas
from tests.faults.helpers import CLASSES, Wrapped, batch, explained, images, network, refused, score, two_batches
from zcnas.errors import InputTypeError, ModelError
from zcnas.proxies import PROXIES
from zcnas.testing.fuse import arm


class Net(nn.Module):
    pass


@pytest.mark.parametrize(
    ("model", "came"),
    [
        (Net, "the class Net"),
        (5, "int"),
        ("resnet18", "str"),
        (torch.zeros(2), "Tensor"),
        ([nn.Linear(2, 2)], "list"),
        ({"weight": torch.zeros(2)}, "dict"),
    ],
)
def test_what_is_no_model_is_named(model: Any, came: str) -> None:
    refused(InputTypeError, "expected an nn.Module (an instance)", f"got {came}", model=model)


def test_none_is_no_model() -> None:
    with pytest.raises(InputTypeError, match="got NoneType"):
        zcnas.score(None, "snip", batch=batch())  # type: ignore[arg-type]


def test_a_function_must_build_a_model() -> None:
    refused(InputTypeError, "expected the function to return an nn.Module", "got str", model=lambda: "model")


def test_an_error_in_the_function_that_builds_is_the_callers_own() -> None:
    def build() -> nn.Module:
        raise KeyError("width")

    with pytest.raises(KeyError, match="width"):
        zcnas.score(build, "snip", batch=batch())


@pytest.mark.parametrize("names", [["snip"], ["nwot", "synflow", "grasp"], ["gradsign"], ["params", "zen"], "all"])
@pytest.mark.parametrize("where", ["first", "third", "last"])
def test_a_model_that_raises_midway_is_blamed(names: Any, where: Any) -> None:
    model = network()
    arm(model, where)
    refused(ModelError, "the model raised BlownError", model=model, proxies=names, batch=two_batches())


def test_the_message_says_where_the_model_raised_and_keeps_the_cause() -> None:
    model = network()
    with pytest.raises(
        ModelError, match=r"forward pass \(train mode, input \(6, 1, 4, 4\) of torch.float32\)"
    ) as caught:
        score(model, "snip", batch=images()[:, :1])
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert str(caught.value.__cause__) in str(caught.value)


@pytest.mark.parametrize("names", [["snip"], ["grasp"], ["jacob_cov"], ["gradsign"], ["ntk_condition"]])
def test_a_model_that_raises_in_its_backward_pass_is_blamed(names: list[str]) -> None:
    blown = nn.Sequential(nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1), nn.ReLU(), nn.Flatten(), nn.Linear(48, CLASSES))
    arm(blown, "backward")
    refused(ModelError, "BlownError", "backward", model=blown, proxies=names)


def test_what_needs_no_backward_pass_survives_one_that_fails() -> None:
    broken, whole = network(), network()
    arm(broken, "backward")
    names = ["params", "flops", "l2_norm", "snip", "nwot", "meco", "swap"]
    found, expected = (score(model, names, batch=two_batches(16)) for model in (broken, whole))
    explained(found, "snip", "failed", "BlownError", "backward")
    assert {**found, "snip": 0} == {**expected, "snip": 0}


def test_a_model_that_only_fails_in_train_mode_keeps_its_other_scores() -> None:
    class Picky(Wrapped):
        def forward(self, x: Tensor) -> Tensor:
            if self.training:
                raise NotImplementedError("cannot be trained")
            return super().forward(x)

    found = score(Picky(lambda logits: logits), ["synflow", "snip", "params"])
    explained(found, "snip", "failed", "the model raised NotImplementedError", "train mode", "cannot be trained")
    assert found.status("synflow") == found.status("params") == "ok"


@pytest.mark.parametrize(
    "model",
    [nn.Sequential(nn.LazyConv2d(4, 3), nn.Flatten(), nn.LazyLinear(CLASSES)), nn.LazyBatchNorm2d(affine=False)],
)
def test_lazy_models_must_run_once(model: nn.Module) -> None:
    with pytest.raises(ModelError, match=r"'(0\.weight|running_mean)' has no shape yet: run the lazy model once"):
        zcnas.score(model, "snip", batch=batch())


def test_a_lazy_model_that_has_run_is_like_any_other() -> None:
    model = nn.Sequential(nn.Flatten(), nn.LazyLinear(CLASSES))
    model(images())
    assert score(model, "params")["params"] == 48 * CLASSES + CLASSES


def test_a_model_without_values_is_refused() -> None:
    with torch.device("meta"):
        model = nn.Sequential(nn.Flatten(), nn.Linear(48, CLASSES))
    with pytest.raises(ModelError, match=r"'1\.weight'.*meta"):
        zcnas.score(model, "snip", batch=batch())


def test_a_model_without_parameters_has_sums_of_nothing_and_reasons() -> None:
    found = score(nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), list(PROXIES), batch=two_batches(16))
    assert [name for name in found if found.status(name) == "failed"] == []
    assert found["params"] == found["l2_norm"] == found["snip"] == 0
    explained(found, "gradsign", "undefined", "no weights")
    explained(found, "ntk_condition", "undefined", "no weights")


class Constant(nn.Module):
    """Answers without looking."""

    def __init__(self) -> None:
        super().__init__()
        self.answer = nn.Parameter(torch.arange(float(CLASSES)))
        self.layer = nn.Linear(48, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        self.layer(x.flatten(1))
        return self.answer.expand(len(x), -1)


@pytest.mark.parametrize(
    "answers", [Constant, lambda: Wrapped(lambda logits: logits.detach()), lambda: Wrapped(lambda logits: logits * 0)]
)
def test_a_model_that_ignores_its_input_has_reasons(answers: Any) -> None:
    found = score(answers(), list(PROXIES), batch=two_batches(16))
    assert [name for name in found if found.status(name) == "failed"] == []
    explained(found, "jacob_cov", "undefined", "no path leads from the input to the output")
    assert found["synflow"] == found["snip"] == found["grasp"] == 0


def test_a_compiled_model_is_scored_as_the_model_inside() -> None:
    model = network()
    assert dict(score(torch.compile(model), ["snip", "nwot"])) == dict(score(model, ["snip", "nwot"]))


def test_a_scripted_model_is_refused_with_a_remedy() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = torch.jit.trace(network(), images())
    with pytest.raises(ModelError, match=r"TorchScript.*the model it was made from"):
        zcnas.score(model, "snip", batch=batch())
    with pytest.raises(ModelError, match=r"0 is compiled TorchScript.*the model it was made from"):
        zcnas.score(torch.nn.Sequential(model), "snip", batch=batch())
