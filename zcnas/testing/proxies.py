"""What every proxy promises; subclass it once per proxy."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, ClassVar

import pytest

from zcnas.errors import ZcnasError
from zcnas.proxies import LayerwiseProxy, Proxy
from zcnas.scores import Score
from zcnas.scoring import score
from zcnas.testing.fuse import Where, arm
from zcnas.testing.models import CASES
from zcnas.testing.runs import Circumstances, alone, name_of, together
from zcnas.testing.snapshot import changes, snapshot

on_every_model = pytest.mark.parametrize("case", CASES)


class ProxyContract:
    """Tests that hold for every proxy, on a small model of every class in :data:`zcnas.testing.models.CASES`.

    A subclass whose name starts with ``Test`` sets :attr:`proxy`; pytest does the rest::

        class TestSynFlow(ProxyContract):
            proxy = SynFlow()
    """

    proxy: ClassVar[Proxy]

    def test_it_is_a_value_that_describes_itself(self) -> None:
        proxy = self.proxy
        assert dataclasses.is_dataclass(proxy)
        twin = dataclasses.replace(proxy)
        assert (proxy, hash(proxy), repr(proxy)) == (twin, hash(twin), repr(twin))
        assert all(f"{field.name}={getattr(proxy, field.name)!r}" in repr(proxy) for field in dataclasses.fields(proxy))
        with pytest.raises(AttributeError):
            proxy.name = "another"  # type: ignore[misc]
        assert proxy.name
        assert proxy.paper
        assert {type(proxy.higher_is_better), type(proxy.needs_labels), type(proxy.static)} == {bool}
        assert proxy.passes() == twin.passes()

    def test_it_has_a_value_somewhere(self) -> None:
        assert any(alone(case, self.proxy).score.status == "ok" for case in CASES)

    @on_every_model
    def test_the_outcome_is_a_number_or_a_reason(self, case: str) -> None:
        found = alone(case, self.proxy).score
        if found.status == "ok":
            assert type(found.value) is float
            assert math.isfinite(found.value) or found.value == -math.inf
        else:
            assert found.status == "undefined", f"where it has no meaning it should raise Undefined: {found.reason}"
            assert math.isnan(found.value)
            assert found.reason

    @on_every_model
    def test_the_parts_sum_to_the_score(self, case: str) -> None:
        found = together(case, self.proxy)
        if found.status == "ok" and isinstance(self.proxy, LayerwiseProxy):
            assert math.fsum((found.layers or {}).values()) == found.value
        else:
            assert found.layers is None

    @on_every_model
    def test_the_value_does_not_depend_on_company(self, case: str) -> None:
        expected = _outcome(alone(case, self.proxy).score)
        assert _outcome(together(case, self.proxy)) == expected
        assert _outcome(together(case, self.proxy, Circumstances(reverse=True))) == expected

    @on_every_model
    def test_the_value_does_not_depend_on_circumstances(self, case: str) -> None:
        expected = _outcome(together(case, self.proxy))
        assert _outcome(together(case, self.proxy, Circumstances(worn=True))) == expected

    @on_every_model
    def test_a_seed_matters_to_random_draws_only(self, case: str) -> None:
        if not (CASES[case].draws or self._draws()):
            expected = _outcome(together(case, self.proxy))
            assert _outcome(together(case, self.proxy, Circumstances(seed=1))) == expected

    def _draws(self) -> bool:
        specs = [spec for spec, _ in self.proxy.passes()]
        return any(spec.inputs in ("gaussian", "line") or spec.weights == "gaussian" for spec in specs)

    @on_every_model
    def test_labels_matter_only_where_they_are_needed(self, case: str) -> None:
        labelled, unlabelled = together(case, self.proxy), together(case, self.proxy, Circumstances(labels=False))
        if not self.proxy.needs_labels:
            assert _outcome(unlabelled) == _outcome(labelled)
        elif labelled.status == "ok":
            assert unlabelled.status == "undefined"
            assert "labels" in unlabelled.reason

    @on_every_model
    def test_one_sample_is_scored_or_refused_with_a_reason(self, case: str) -> None:
        found = together(case, self.proxy, Circumstances(size=1))
        assert found.status == "ok" or (found.status == "undefined" and found.reason)

    @on_every_model
    def test_the_model_stays_as_it_was(self, case: str) -> None:
        assert alone(case, self.proxy).changed == []

    @on_every_model
    def test_no_activation_outlives_the_call(self, case: str) -> None:
        assert alone(case, self.proxy).kept == 0

    @on_every_model
    @pytest.mark.parametrize("where", ["third", "backward"])
    def test_a_model_that_breaks_stays_as_it_was(self, case: str, where: Where) -> None:
        zoo = CASES[case]
        model, batches = zoo.model(), zoo.batches()
        arm(model, where)
        before = snapshot(model, batches)
        try:
            found = score(model, self.proxy, batch=batches, output=zoo.output)
        except ZcnasError as error:
            assert "BlownError" in str(error)
        else:
            assert _outcome(found.details[name_of(self.proxy)]) in (
                _outcome(alone(case, self.proxy).score),
                ("undefined", "nan"),
            )
        assert changes(before, snapshot(model, batches)) == []

    @on_every_model
    def test_ctrl_c_goes_through_and_the_model_stays_as_it_was(self, case: str) -> None:
        zoo = CASES[case]
        model, batches = zoo.model(), zoo.batches()
        arm(model, "last", KeyboardInterrupt)
        before = snapshot(model, batches)
        try:
            found: Any = score(model, self.proxy, batch=batches, output=zoo.output)
        except KeyboardInterrupt:
            found = None
        assert found is None or _needs_no_pass(found.details[name_of(self.proxy)], self.proxy)
        assert changes(before, snapshot(model, batches)) == []


def _outcome(found: Score) -> tuple[str, str]:
    """What must be equal bit for bit, also where it is NaN."""
    return found.status, found.value.hex()


def _needs_no_pass(found: Score, proxy: Proxy) -> bool:
    return proxy.static or found.status == "undefined"
