"""The file that the benchmark's authors publish: a pickle of every epoch of all 51,464 trainings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zcnas.errors import DataError
from zcnas.searchspaces.nasbench201.containers import Source, opened
from zcnas.searchspaces.nasbench201.stream import StreamUnpickler
from zcnas.searchspaces.transnasbench101.results import Results
from zcnas.searchspaces.transnasbench101.tasks import TASKS

_SPLITS = {"val": "valid", "test": "test"}
_COSTS = {
    "params": "model_params",
    "flops": "model_FLOPs",
    "encoder_params": "encoder_params",
    "encoder_flops": "encoder_FLOPs",
    "latency": "inference_time",
}


def results_of(source: Source, kind: str, *, progress: bool) -> Results:
    """The last epochs' results of the ``"micro"`` or ``"macro"`` space, in bounded memory.

    The file is a pickled dict whose ``data`` is space -> architecture -> task -> ``metrics`` (name -> a value for
    each epoch), ``total_epochs`` and ``model_info``.

    Raises:
        Exception: Of many kinds, for what is no complete file.
    """
    from tqdm import tqdm

    results = Results(kind)
    with tqdm(total=len(results.space), unit="arch", disable=not progress) as bar, opened(source, source.path) as file:

        def watch(container: dict[Any, Any], _: list[Any]) -> bool:
            """Of every training only the last epoch is kept, and nothing of an architecture that is complete."""
            if container.keys() >= {"metrics", "model_info", "total_epochs"}:
                container["metrics"] = {name: _last(values) for name, values in container["metrics"].items()}
                return False
            return container.keys() >= set(TASKS)

        loaded = StreamUnpickler(file, watch).load()
        for text, tasks in loaded["data"][kind].items():
            for task in TASKS:
                _add(results, text, task, tasks[task])
            bar.update()
    return results


class _Last(tuple[float, int]):
    """The last of several values, and how many there were."""

    __slots__ = ()


def _last(values: Any) -> Any:
    return values if isinstance(values, _Last) else _Last((values[-1], len(values)))


def _add(results: Results, text: str, task: str, record: Mapping[str, Any]) -> None:
    arch = results.space.parse(text)
    for split, prefix in _SPLITS.items():
        value, epochs = record["metrics"][f"{prefix}_{TASKS[task].recorded_as}"]
        if epochs != record["total_epochs"]:
            raise DataError(f"{task}: expected {record['total_epochs']} epochs of {text}, got {epochs}")
        # The file has the loss itself, which is never negative.
        results.add(arch, task, split, -value if TASKS[task].metric == "neg_loss" else value, epochs)
    for metric, name in _COSTS.items():
        if name in record["model_info"]:
            results.add_cost(arch, task, metric, record["model_info"][name])
