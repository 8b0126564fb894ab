"""``zcnas correlate``: how well the scores in a store rank what training gave."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from zcnas.cli.common import Commands, command, show, table
from zcnas.errors import InputError
from zcnas.store import ScoreStore

if TYPE_CHECKING:
    from zcnas.correlation import Correlation
    from zcnas.table import Table

_EPILOG = """\
Correlations are signed: positive means that the proxy ranks as its paper says. Intervals are 95 % bootstrap
intervals over architectures. Pictures and a report: experiments/correlations.py
"""


def add_to(commands: Commands) -> None:
    """The command and its options."""
    parser = command(commands, "correlate", run, "hold the scores of a store against accuracies", _EPILOG)
    parser.add_argument("store", metavar="STORE", help="a score store, from 'zcnas sweep'")
    parser.add_argument("--table", metavar="FILE", help="nb201_table.npz; by default the embedded digits benchmark")
    parser.add_argument("--dataset", help="of the table; by default its first")
    parser.add_argument("--split", default="test", choices=["val", "test"], help="of the accuracies (test)")
    parser.add_argument("--settings", metavar="FINGERPRINT", help="which scores, where a store has several settings")
    parser.add_argument("--bootstrap", type=int, default=1000, help="resamples behind the intervals; 0 for none")


def run(options: argparse.Namespace) -> int:
    """Correlates every proxy of the store."""
    held = _table(options.table)
    dataset = options.dataset or held.columns[0].dataset
    recorded = zip((arch.key for arch in held.archs), held.values(dataset, split=options.split), strict=True)
    truth = {key: value for key, value in recorded if not np.isnan(value)}
    with ScoreStore(options.store, read_only=True) as store:
        found = {name: _correlated(store, name, options, truth) for name in store.names()}
    rows = [["proxy", "n", "undefined", "ties", "Spearman", "95 %", "Kendall", "95 %"]]
    rows += [_row(name, one) for name, one in sorted(found.items(), key=lambda pair: -pair[1].spearman.value)]
    title = f"{options.split} accuracy on {dataset}"
    show(options, f"{title}\n{table(rows)}", {"truth": title, **{name: asdict(one) for name, one in found.items()}})
    return 0


def _table(path: str | None) -> Table:
    if path is None:
        from zcnas.benchmarks import digits

        return digits()
    from zcnas.searchspaces.nasbench201 import NASBench201Table

    return NASBench201Table.load(path)


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
