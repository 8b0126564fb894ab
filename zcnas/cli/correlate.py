"""``zcnas correlate``: how well the scores in a store rank what training gave."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from zcnas.cli.common import Commands, command, show, table
from zcnas.errors import InputError, UnknownNameError
from zcnas.space import Architecture
from zcnas.store import ScoreStore

if TYPE_CHECKING:
    from zcnas.correlation import Correlation
    from zcnas.space import SearchSpace
    from zcnas.table import Column, Table

_EPILOG = """\
Correlations are signed: positive means that the proxy ranks as its paper says. Intervals are 95 % bootstrap
intervals over architectures. Pictures and a report: experiments/correlations.py
"""


def add_to(commands: Commands) -> None:
    """The command and its options."""
    parser = command(commands, "correlate", run, "hold the scores of a store against accuracies", _EPILOG)
    parser.add_argument("store", metavar="STORE", help="a score store, from 'zcnas sweep'")
    parser.add_argument(
        "--table",
        metavar="FILE",
        help="nb201_table.npz, or what 'zcnas convert' wrote; by default the embedded digits benchmark",
    )
    parser.add_argument("--dataset", help="of the table; by default its first")
    parser.add_argument("--split", choices=["train", "val", "test"], help="of the accuracies; by default test")
    parser.add_argument("--metric", help="of the table; by default accuracy, or what there is")
    parser.add_argument("--device", help="of a measured latency or energy, where the table has several")
    parser.add_argument("--settings", metavar="FINGERPRINT", help="which scores, where a store has several settings")
    parser.add_argument("--bootstrap", type=int, default=1000, help="resamples behind the intervals; 0 for none")


def run(options: argparse.Namespace) -> int:
    """Correlates every proxy of the store."""
    with ScoreStore(options.store, read_only=True) as store:
        keys = dict.fromkeys(key for name in store.names() for key in store.values(name, options.settings))
        space = _space(store, keys)
        held = _table(options.table, space)
        column = held.truth(options.dataset, split=options.split, metric=options.metric, device=options.device)
        truth = _truth(held, column, space, keys)
        found = {name: _correlated(store, name, options, truth) for name in store.names()}
    rows = [["proxy", "n", "undefined", "ties", "Spearman", "95 %", "Kendall", "95 %"]]
    rows += [_row(name, one) for name, one in sorted(found.items(), key=lambda pair: -pair[1].spearman.value)]
    title = column.title if column.higher_is_better else f"{column.title}, multiplied by -1"
    lacking = len(keys) - len(truth)
    told = f"{title}; of {len(keys)} scored architectures {lacking} are not in the table" if lacking else title
    content = {"truth": title, "without_truth": lacking}
    show(options, f"{told}\n{table(rows)}", {**content, **{name: asdict(one) for name, one in found.items()}})
    return 0


def _space(store: ScoreStore, keys: Iterable[str]) -> SearchSpace:
    from zcnas.searchspaces import get

    names = {key.partition(":")[0] for key in keys}
    if len(names) != 1:
        raise InputError(f"{store.path}: expected scores of one search space, got {sorted(names) or 'none'}")
    return get(names.pop())


def _table(path: str | None, space: SearchSpace) -> Table:
    if path is not None:
        from zcnas.searchspaces import load_table

        return load_table(path, space)
    from zcnas.benchmarks import digits

    if digits().space != space.name:
        raise InputError(f"--table: expected one of {space.name}, got none; the embedded one is of {digits().space}")
    return digits()


def _truth(held: Table, column: Column, space: SearchSpace, keys: Iterable[str]) -> dict[str, float]:
    """By key, higher being better; what the table lacks is left out."""
    found = {}
    for key in keys:
        arch = space.architecture(Architecture.of_key(key).genome)
        with contextlib.suppress(UnknownNameError):
            value = held.query(arch, column.dataset, **column.choice)
            found[key] = value if column.higher_is_better else -value
    return found


def _correlated(store: ScoreStore, name: str, options: argparse.Namespace, truth: dict[str, Any]) -> Correlation:
    from zcnas.correlation import correlate
    from zcnas.proxies import PROXIES

    scores = {key: value for key, value in store.values(name, options.settings).items() if key in truth}
    if not scores:
        raise InputError(f"{store.path}: none of the architectures with {name!r} is in the table")
    higher = name not in PROXIES or PROXIES.create(name).higher_is_better
    values, target = np.array(list(scores.values())), np.array([truth[key] for key in scores])
    return correlate(values, target, higher_is_better=higher, top=(), bootstrap=options.bootstrap)


def _row(name: str, one: Correlation) -> list[str]:
    cells = [f"{name} (turned)" if one.turned else name, str(one.n), str(one.nans), str(one.ties)]
    for coefficient in (one.spearman, one.kendall):
        cells += [f"{coefficient.value:+.3f}", f"{coefficient.low:+.2f} to {coefficient.high:+.2f}"]
    return cells
