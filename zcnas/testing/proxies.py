"""What every proxy promises; subclass it once per proxy."""

from __future__ import annotations

import dataclasses
import math
from typing import ClassVar

import pytest

from zcnas.errors import ZcnasError
from zcnas.proxies import LayerwiseProxy, Proxy
from zcnas.scores import Score
from zcnas.scoring import score
from zcnas.testing.fuse import BlownError, Where, arm
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
        twin = dataclasses.replace(proxy)
        assert (proxy, hash(proxy), repr(proxy)) == (twin, hash(twin), repr(twin))
        assert proxy.passes() == twin.passes()
        settings = [f"{field.name}={getattr(proxy, field.name)!r}" for field in dataclasses.fields(proxy)]
        assert [setting for setting in settings if setting not in repr(proxy)] == []
        assert proxy.name
        assert proxy.paper
        assert {type(proxy.higher_is_better), type(proxy.needs_labels), type(proxy.static)} == {bool}

    def test_it_has_a_value_somewhere(self) -> None:
        assert any(alone(case, self.proxy).score.status == "ok" for case in CASES)

    @on_every_model
    def test_the_outcome_is_a_number_or_a_reason(self, case: str) -> None:
        found, in_layers = alone(case, self.proxy).score, together(case, self.proxy)
        _check_form(found)
        _check_form(together(case, self.proxy, Circumstances(size=1)))
        if found.status == "ok" and isinstance(self.proxy, LayerwiseProxy):
            assert math.fsum((in_layers.layers or {}).values()) == found.value, "the parts must sum to the score"

    @on_every_model
    def test_the_value_does_not_depend_on_company(self, case: str) -> None:
        expected = _outcome(alone(case, self.proxy).score)
        assert _outcome(together(case, self.proxy)) == expected
        assert _outcome(together(case, self.proxy, Circumstances(reverse=True))) == expected

    @on_every_model
    def test_the_value_does_not_depend_on_circumstances(self, case: str) -> None:
        expected = _outcome(together(case, self.proxy))
        assert _outcome(together(case, self.proxy, Circumstances(worn=True))) == expected
        if not (CASES[case].draws or _draws(self.proxy)):
            assert _outcome(together(case, self.proxy, Circumstances(seed=1))) == expected

    @on_every_model
    def test_labels_matter_only_where_they_are_needed(self, case: str) -> None:
        labelled, unlabelled = together(case, self.proxy), together(case, self.proxy, Circumstances(labels=False))
        if not self.proxy.needs_labels:
            assert _outcome(unlabelled) == _outcome(labelled)
        elif labelled.status == "ok":
            assert unlabelled.status == "undefined"
            assert "labels" in unlabelled.reason

    @on_every_model
    def test_the_model_stays_as_it_was(self, case: str) -> None:
        trace = alone(case, self.proxy)
        assert trace.changed == []
        assert trace.kept == 0, "outputs of layers outlive the call"

    @on_every_model
    def test_a_model_that_breaks_stays_as_it_was(self, case: str) -> None:
        usual = _outcome(alone(case, self.proxy).score)
        assert _broken(case, self.proxy, "third") in (("raised", "BlownError"), usual, _UNDEFINED)
        assert _broken(case, self.proxy, "backward") in (("raised", "BlownError"), usual, _UNDEFINED)
        assert _broken(case, self.proxy, "last", KeyboardInterrupt) in (("interrupted", ""), usual, _UNDEFINED)


_UNDEFINED = ("undefined", "nan")


def _check_form(found: Score) -> None:
    if found.status == "ok":
        assert type(found.value) is float
        assert math.isfinite(found.value) or found.value == -math.inf
    else:
        assert found.status == "undefined", f"where it has no meaning it should raise Undefined: {found.reason}"
        assert math.isnan(found.value)
        assert found.reason


def _outcome(found: Score) -> tuple[str, str]:
    """What must be equal bit for bit, also where it is NaN."""
    return found.status, found.value.hex()


def _draws(proxy: Proxy) -> bool:
    specs = [spec for spec, _ in proxy.passes()]
    return any(spec.inputs in ("gaussian", "line") or spec.weights == "gaussian" for spec in specs)


def _broken(case: str, proxy: Proxy, where: Where, error: type[BaseException] = BlownError) -> tuple[str, str]:
    """How scoring a model ends that raises midway; it must be as before then."""
    zoo = CASES[case]
    model, batches = zoo.model(), zoo.batches()
    arm(model, where, error)
    before = snapshot(model, batches)
    try:
        outcome = _outcome(score(model, proxy, batch=batches, output=zoo.output).details[name_of(proxy)])
    except ZcnasError as raised:
        outcome = "raised", error.__name__ if error.__name__ in str(raised) else str(raised)
    except KeyboardInterrupt:
        outcome = "interrupted", ""
    assert changes(before, snapshot(model, batches)) == []
    return outcome
