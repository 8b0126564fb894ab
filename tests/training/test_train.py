"""What training does to the caller's things, and how it fails."""

from __future__ import annotations

import copy
import math
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from tqdm import tqdm

from tests.training.helpers import QUICK, Tiny, darts, digits, pictures, state
from zcnas.data import ImageSet
from zcnas.errors import InputError, InputTypeError, MissingExtraError, ModelError
from zcnas.testing.snapshot import changes, snapshot
from zcnas.training import Diverged, Recipe, evaluate, train
from zcnas.training.lesson import Lesson, steps_of
from zcnas.training.run import sgd

SHORT = replace(QUICK, epochs=2)


def test_it_learns() -> None:
    train_images, other = digits()
    done = train(
        Tiny(),
        train_images,
        replace(QUICK, epochs=16, learning_rate=0.1, padding=0, flip=False, cutout=0),
        validation=other,
    )
    assert done.last.validation_accuracy is not None
    # Chance is 10 %.
    assert done.last.validation_accuracy > 60
    assert done.last.loss < done.history[0].loss
    assert done.best.validation_accuracy == max(epoch.validation_accuracy or 0 for epoch in done.history)


def test_one_epoch_is_plain_gradient_descent() -> None:
    """Against torch's functions, without augmentation, whose order of images is taken from the training itself."""
    data, seen = pictures(10), []

    class Watched(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(3 * 32 * 32, 10)

        def forward(self, x: Tensor) -> Tensor:
            if self.training:
                seen.append(x.clone())
            return self.linear(x.flatten(1))  # type: ignore[no-any-return]

    torch.manual_seed(0)
    network = Watched()
    oracle = copy.deepcopy(network)
    how = Recipe(2, 4, 0.1, final_rate=0.02, weight_decay=0.1, clip=0.5, label_smoothing=0.1)
    train(network, data, how)
    assert [len(images) for images in seen] == [4, 4, 2] * 2
    every = data.batch(range(10)).inputs
    places = [[int((every == image).flatten(1).all(1).nonzero()) for image in images] for images in seen]
    for epoch in (places[:3], places[3:]):
        assert sorted(place for step in epoch for place in step) == list(range(10))
    assert places[:3] != places[3:]
    optimiser = torch.optim.SGD(oracle.parameters(), lr=0.1, momentum=0.9, weight_decay=0.1)
    for step, chosen in enumerate(places):
        optimiser.param_groups[0]["lr"] = 0.1 if step < 3 else 0.06
        loss = nn.functional.cross_entropy(oracle(every[chosen]), data.labels[chosen], label_smoothing=0.1)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(oracle.parameters(), 0.5)
        optimiser.step()
    # Fused steps round in another order, in float32.
    assert torch.allclose(network.linear.weight, oracle.linear.weight, rtol=1e-5, atol=1e-7)


def test_drop_path_rises_and_is_set_back() -> None:
    network, seen = darts(drop_path=0.1), []
    network.register_forward_pre_hook(lambda module, _: seen.append((module.training, module.drop_path)))
    how = Recipe(4, 8, 0.025, auxiliary=0.4, drop_path=0.2)
    train(network, pictures(), how, validation=pictures())
    assert [value for mode, value in seen if mode] == pytest.approx([0, 0.05, 0.1, 0.15])
    assert network.drop_path == 0.1


def test_the_auxiliary_head_learns_if_it_has_weight() -> None:
    for weight in (0.0, 0.4):
        network = darts()
        before = network.auxiliary_head.classifier.weight.clone()
        train(network, pictures(), Recipe(1, 8, 0.025, auxiliary=weight))
        assert torch.equal(network.auxiliary_head.classifier.weight, before) == (weight == 0)


def test_nothing_but_the_weights_is_changed(tmp_path: Path) -> None:
    network = Tiny().eval()
    network.body[3].train()
    before = snapshot(network)
    with torch.inference_mode(False):
        train(network, digits()[0], SHORT, validation=digits()[1], folder=tmp_path)
    told = changes(before, snapshot(network))
    assert told
    assert all("_parameters" in name or "_buffers" in name for name in told)
    assert all(weight.grad is None for weight in network.parameters())


def test_the_callers_settings_do_not_reach_inside() -> None:
    expected, found = Tiny(), Tiny()
    train(expected, digits()[0], SHORT)
    torch.manual_seed(77)
    np.random.seed(77)
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        train(found, digits()[0], SHORT)
    assert state(found) == state(expected)


def test_seeds_differ_and_repeat() -> None:
    networks = [Tiny() for _ in range(3)]
    for network, seed in zip(networks, (0, 0, 1), strict=True):
        train(network, digits()[0], SHORT, seed=seed)
    first, again, other = map(state, networks)
    assert first == again != other


def test_frozen_weights_stay_and_double_precision_works() -> None:
    network = Tiny().double()
    network.body.requires_grad_(False)
    before = network.body[0].weight.clone()
    train(network, digits()[0], SHORT)
    assert torch.equal(network.body[0].weight, before)
    assert network.head.weight.dtype == torch.float64


def test_bfloat16_works_on_a_cpu_and_float16_does_not() -> None:
    network, plain = Tiny(), Tiny()
    train(network, digits()[0], replace(SHORT, precision="bfloat16"))
    train(plain, digits()[0], SHORT)
    assert network.head.weight.dtype == torch.float32
    assert state(network) != state(plain)
    with pytest.raises(InputError, match=r"expected a GPU .* got cpu; use 'bfloat16' or 'float32'"):
        train(network, digits()[0], replace(SHORT, precision="float16"))


def test_losses_in_float16_are_scaled() -> None:
    """The parts that a GPU would run, here on the CPU: too large a scale gives no step, and halves."""
    network, data = Tiny(), digits()[0]
    how, before = replace(SHORT, precision="float16", clip=1e-6), network.head.bias.clone()
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**40)
    lesson = Lesson(network, sgd(network, how), scaler, data, None, how, 0, torch.device("cpu"), tqdm(disable=True))
    for epoch in range(20):
        assert math.isfinite(lesson(epoch % how.epochs).loss)
    assert 1 <= scaler.get_scale() < 2.0**40
    # Cut to a length of 1e-6 after the scale was taken out: 100 steps of at most .05, ten times that by momentum,
    # and weight decay of 1e-4.
    assert 0 < float((network.head.bias - before).detach().norm()) < 100 * 0.05 * 10 * (1e-6 + 1e-4)


class Failing(Tiny):
    """Gives NaN, or raises, at a step of its training."""

    def __init__(self, at: int, how: str) -> None:
        super().__init__()
        self.steps, self.at, self.how = 0, at, how

    def forward(self, x: Tensor) -> Tensor:
        self.steps += self.training
        out = super().forward(x)
        if self.steps == self.at and self.how == "raise":
            raise RuntimeError("no such luck")
        return out * math.nan if self.steps == self.at else out


def test_a_loss_that_is_no_number_is_told_and_the_checkpoint_kept(tmp_path: Path) -> None:
    with pytest.raises(Diverged, match=r"epoch 2, step 3: expected a finite loss, got nan; use a lower learning rate"):
        train(Failing(8, "nan"), digits()[0], QUICK, folder=tmp_path)
    held = torch.load(tmp_path / "last.pt", weights_only=True)
    assert len(held["history"]) == 1
    assert all(bool(value.isfinite().all()) for value in held["states"]["network"].values())


def test_a_network_that_raises_is_told_and_left_in_order() -> None:
    network = Failing(8, "raise").eval()
    with pytest.raises(ModelError, match=r"epoch 2, step 3: the network raised RuntimeError on images .*no such luck"):
        train(network, digits()[0], QUICK)
    assert not any(part.training for part in network.modules())


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        ({"network": nn.ReLU()}, InputError, "there are none"),
        ({"network": "resnet"}, InputTypeError, "expected an nn.Module, got str"),
        ({"network": Tiny(classes=9)}, InputError, "num_classes=10"),
        ({"data": torch.zeros(3)}, InputTypeError, "got Tensor; see zcnas.data.load"),
        ({"data": digits()[0].part([], "none")}, InputError, "none: expected images"),
        ({"validation": pictures().part([], "none")}, InputError, "none: expected images"),
        ({"recipe": {"epochs": 3}}, InputTypeError, "got dict"),
        ({"device": "cuda:77"}, InputError, "got 'cuda:77'"),
        ({"device": "gpu"}, InputError, "try 'cpu'"),
        ({"tensorboard": True}, InputError, "pass folder="),
        ({"folder": "/proc/none"}, InputError, "choose another folder"),
    ],
)
def test_bad_arguments_are_told(change: Mapping[str, Any], error: type[Exception], told: str) -> None:
    given = {"network": Tiny(), "data": digits()[0], "recipe": SHORT, **change}
    network, data, recipe = (given.pop(key) for key in ("network", "data", "recipe"))
    with pytest.raises(error, match=told):
        train(network, data, recipe, **given)


def test_validation_has_the_same_classes() -> None:
    data = digits()[0]
    other = ImageSet("other", data.images, data.labels, (*data.classes, "ten"), data.mean, data.std)
    with pytest.raises(InputError, match=r"expected 10 classes as in digits.*, got 11"):
        train(Tiny(), data, SHORT, validation=other)


def test_evaluation_is_that_of_the_whole_set_at_once() -> None:
    network, data = Tiny(), digits()[0]
    found = evaluate(network, data, batch_size=7)
    assert network.training
    batch, oracle = data.batch(range(len(data))), copy.deepcopy(network).eval()
    with torch.no_grad():
        logits = oracle(batch.inputs)
    # Rounding of float32 at other batch sizes.
    assert found.loss == pytest.approx(float(nn.functional.cross_entropy(logits, data.labels)), rel=1e-5)
    assert found.accuracy == pytest.approx(100 * float((logits.argmax(1) == data.labels).double().mean()))


def test_steps_take_what_is_left() -> None:
    assert [steps_of(count, 4) for count in (1, 4, 5, 8)] == [1, 1, 2, 2]


class Writer:
    """Stands in for TensorBoard's."""

    made: list[Writer]

    def __init__(self, folder: str, purge_step: int) -> None:
        self.folder, self.purge_step, self.closed = folder, purge_step, False
        self.rows: list[tuple[str, float, int]] = []
        Writer.made.append(self)

    def add_scalar(self, *row: Any) -> None:
        self.rows.append(row)

    def flush(self) -> None: ...

    def close(self) -> None:
        self.closed = True


def test_tensorboard_gets_every_epoch_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = ModuleType("torch.utils.tensorboard")
    fake.SummaryWriter = Writer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", fake)
    Writer.made = []
    done = train(Tiny(), digits()[0], SHORT, folder=tmp_path, tensorboard=True)
    train(Tiny(), digits()[0], SHORT, folder=tmp_path, tensorboard=True)
    first, second = Writer.made
    assert (first.purge_step, second.purge_step, second.rows) == (1, 3, [])
    assert [row for row in first.rows if row[0] == "loss"] == [("loss", e.loss, e.epoch) for e in done.history]
    assert first.folder == str(tmp_path / "tensorboard")
    assert first.closed
    assert second.closed


def test_without_tensorboard_the_message_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'zcnas\[tensorboard\]'"):
        train(Tiny(), digits()[0], SHORT, folder=tmp_path, tensorboard=True)


def test_tensorboard_itself_reads_what_is_written(tmp_path: Path) -> None:
    events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    done = train(Tiny(), digits()[0], SHORT, folder=tmp_path, tensorboard=True)
    held = events.EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    # Scalars are float32 there.
    assert [event.value for event in held.Scalars("loss")] == pytest.approx([e.loss for e in done.history], rel=1e-6)
