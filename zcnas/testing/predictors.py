"""What every predictor promises; subclass it once per predictor."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import spearmanr
from torch import nn

from zcnas.errors import DataError, InputError
from zcnas.predictors import Adaptable, Predictor
from zcnas.space import Architecture
from zcnas.testing.snapshot import changes, snapshot
from zcnas.testing.toy import ToySpace

Floats = npt.NDArray[np.float64]

_PLACES = 25
"""Bytes of a file that are damaged, one at a time."""


class PredictorContract(ABC):
    """Tests that hold for every predictor, on made-up accuracies that depend on every gene.

    A subclass whose name starts with ``Test`` writes :meth:`make`; pytest does the rest.

    Attributes:
        examples: How many architectures it learns from.
        alone: Whether a prediction does not depend on what else is asked about.
        fit: Spearman correlation with the values of the examples that it reaches.
    """

    examples: int = 16
    alone: bool = True
    fit: float = 0.6

    @abstractmethod
    def make(self, seed: int) -> Predictor:
        """A new one, of a space with 8 architectures more than :attr:`examples`; small, so that tests are fast."""

    def archs(self, predictor: Predictor) -> list[Architecture]:
        """The examples and then others."""
        rng, found = np.random.default_rng(0), dict[Architecture, None]()
        while len(found) < self.examples + 8:
            found[predictor.space.sample(rng)] = None
        return list(found)

    def fitted(self, seed: int = 0) -> tuple[Predictor, list[Architecture]]:
        """One that has learned, and all of :meth:`archs`."""
        predictor = self.make(seed)
        archs = self.archs(predictor)
        assert predictor.fit(archs[: self.examples], _values(archs[: self.examples])) is predictor
        return predictor, archs

    def test_learns(self) -> None:
        predictor, archs = self.fitted()
        mean, deviation = predictor.predict(archs)
        assert mean.shape == deviation.shape == (len(archs),)
        assert mean.dtype == deviation.dtype == np.float64
        assert np.isfinite(mean).all()
        assert (np.isfinite(deviation) & (deviation >= 0)).all()
        assert spearmanr(mean[: self.examples], _values(archs[: self.examples])).statistic >= self.fit

    def test_equal_seeds_predict_alike(self) -> None:
        first, archs = self.fitted()
        second, _ = self.fitted()
        assert _same(first, second, archs)

    def test_fit_forgets(self) -> None:
        predictor, archs = self.fitted()
        other = archs[-self.examples :]
        predictor.fit(other, _values(other))
        assert _same(predictor, self.make(0).fit(other, _values(other)), archs)

    def test_leaves_arguments_and_random_states_alone(self) -> None:
        bystander = nn.Identity()
        before, predictor = snapshot(bystander), self.make(0)
        archs = self.archs(predictor)[: self.examples]
        values = _values(archs)
        predictor.fit(tuple(archs), values).predict(archs)
        assert not changes(before, snapshot(bystander))
        assert np.array_equal(values, _values(archs))

    def test_predictions_do_not_depend_on_each_other(self) -> None:
        if not self.alone:
            pytest.skip("predictions of this one are places among what is asked about")
        predictor, archs = self.fitted()
        together, _ = predictor.predict(archs)
        single = [float(predictor.predict([arch])[0][0]) for arch in archs]
        # Sums in float32 in another order.
        assert np.allclose(together, single, rtol=1e-4, atol=1e-4 * float(np.std(together)))

    def test_predicts_nothing_for_nothing(self) -> None:
        predictor, _ = self.fitted()
        assert [len(part) for part in predictor.predict([])] == [0, 0]

    def test_goes_through_a_file(self, tmp_path: Path) -> None:
        predictor, archs = self.fitted()
        predictor.save(tmp_path / "file")
        assert _same(type(predictor).load(tmp_path / "file", predictor.space), predictor, archs)
        assert [path.name for path in tmp_path.iterdir()] == ["file"]

    def test_notices_damage(self, tmp_path: Path) -> None:
        predictor, _ = self.fitted()
        predictor.save(tmp_path / "file")
        whole = (tmp_path / "file").read_bytes()
        flips = np.random.default_rng(0).integers(len(whole), size=_PLACES).tolist()
        damaged = [whole[: len(whole) // 2], b"", *(_flipped(whole, place) for place in flips)]
        for content in damaged:
            (tmp_path / "file").write_bytes(content)
            with pytest.raises(DataError):
                type(predictor).load(tmp_path / "file", predictor.space)

    def test_a_file_of_another_space_is_refused(self, tmp_path: Path) -> None:
        predictor, _ = self.fitted()
        predictor.save(tmp_path / "file")
        with pytest.raises(InputError, match="toy"):
            type(predictor).load(tmp_path / "file", ToySpace())

    def test_a_clone_has_learned_nothing(self) -> None:
        predictor, archs = self.fitted()
        copy = predictor.clone()
        assert repr(copy) == repr(predictor)
        with pytest.raises(InputError, match="fit"):
            copy.predict(archs)
        with pytest.raises(InputError, match="fit"):
            copy.save("nowhere")

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_refuses_values_that_are_not_finite(self, value: float) -> None:
        self._refuses(lambda archs, values: (archs, np.array([value, *values[1:]])), "finite")

    def test_refuses_too_few(self) -> None:
        self._refuses(lambda archs, values: (archs[:1], values[:1]), "at least")

    def test_refuses_another_number_of_values(self) -> None:
        self._refuses(lambda archs, values: (archs, values[1:]), "a value for each")

    def test_refuses_another_space(self) -> None:
        self._refuses(lambda archs, values: ([Architecture("elsewhere", (0,)), *archs[1:]], values), "elsewhere")

    def test_equal_values_are_predicted_for_all(self) -> None:
        predictor = self.make(0)
        archs = self.archs(predictor)
        mean, deviation = predictor.fit(archs[: self.examples], [7.0] * self.examples).predict(archs)
        assert np.allclose(mean, 7.0)
        assert np.isfinite(deviation).all()

    def test_an_architecture_may_be_measured_twice(self) -> None:
        predictor = self.make(0)
        archs = [*self.archs(predictor)[: self.examples]] * 2
        values = np.concatenate([_values(archs[: self.examples]), _values(archs[: self.examples]) + 0.01])
        assert np.isfinite(predictor.fit(archs, values).predict(archs)[0]).all()

    def test_adapting_leaves_the_prior_alone(self) -> None:
        prior, archs = self.fitted()
        if not isinstance(prior, Adaptable):
            pytest.skip("this one cannot adapt")
        before = prior.predict(archs)[0]
        adapted = prior.adapt(archs[-8:], -_values(archs[-8:]))
        assert np.array_equal(prior.predict(archs)[0], before)
        assert not np.array_equal(adapted.predict(archs)[0], before)

    def _refuses(self, spoil: object, words: str) -> None:
        """What is refused changes nothing."""
        assert callable(spoil)
        predictor, archs = self.fitted()
        before = predictor.predict(archs)[0]
        with pytest.raises(InputError, match=words):
            predictor.fit(*spoil(archs[: self.examples], _values(archs[: self.examples])))
        assert np.array_equal(predictor.predict(archs)[0], before)


def _values(archs: list[Architecture]) -> Floats:
    """Accuracies that rise with every gene, of which the first count most."""
    return np.array([sum(gene / (1 + place) for place, gene in enumerate(arch.genome)) + 90 for arch in archs])


def _same(first: Predictor, second: Predictor, archs: list[Architecture]) -> bool:
    pairs = zip(first.predict(archs), second.predict(archs), strict=True)
    return all(np.array_equal(one, other) for one, other in pairs)


def _flipped(whole: bytes, place: int) -> bytes:
    return whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :]
