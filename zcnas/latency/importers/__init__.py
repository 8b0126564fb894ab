"""Importers: published tables in the forms in which their authors left them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from zcnas.latency.files import LatencyTable
from zcnas.latency.importers import benchmarks, fbnet, measured, once_for_all, proxylessnas, tf_nas

__all__ = ["IMPORTERS", "Importer"]


class Importer(NamedTuple):
    """Reads one published form.

    Attributes:
        form: What is read.
        space: Name of the space that it is of, for a file or folder that is recognised; empty if none here.
        read: Makes tables of a file or folder; its docstring says what of them, and what it raises.
        recognises: Whether a file or folder is named as the published ones.
    """

    form: str
    space: Callable[[Path], str]
    read: Callable[[Path], Sequence[LatencyTable]]
    recognises: Callable[[Path], bool]


def _always(space: str) -> Callable[[Path], str]:
    return lambda _path: space


def _never(_path: Path) -> bool:
    """For forms that another importer recognises."""
    return False


IMPORTERS: dict[str, Importer] = {
    "once_for_all": Importer(
        once_for_all.FORM, _always("ofa_mobilenetv3"), once_for_all.read_once_for_all, once_for_all.recognises
    ),
    "proxylessnas": Importer(
        proxylessnas.FORM, _always("proxylessnas"), proxylessnas.read_proxylessnas, proxylessnas.recognises
    ),
    "tf_nas": Importer(tf_nas.FORM, _always(""), tf_nas.read_tf_nas, tf_nas.recognises),
    "fbnet": Importer(fbnet.FORM, _always("fbnet"), fbnet.read_fbnet, fbnet.recognises),
    "hw_nas_bench": Importer(
        benchmarks.HW_FORM, _always("nasbench201"), benchmarks.read_hw_nas_bench, benchmarks.is_hw_nas_bench
    ),
    "hw_nas_bench_fbnet": Importer(
        "HW-NAS-Bench-v1_0.pickle", _always("fbnet"), benchmarks.read_hw_nas_bench_layers, _never
    ),
    "help": Importer(benchmarks.HELP_FORM, benchmarks.help_space, benchmarks.read_help, benchmarks.is_help),
    "measured": Importer(measured.FORM, measured.space_of, measured.read_results, measured.recognises),
}
"""Name -> importer."""
