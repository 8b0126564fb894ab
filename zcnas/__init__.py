"""zcnas: find a good network before training one."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

# In a bare checkout searchspaces/ and predictors/ lie beside this folder, not inside it; installed, they are inside.
if not (Path(__file__).parent / "searchspaces").is_dir():
    __path__.append(str(Path(__file__).parent.parent))

if TYPE_CHECKING:
    from zcnas.batch import Batch as Batch
    from zcnas.initialisation import initialise as initialise
    from zcnas.pretrained import load_predictor as load_predictor
    from zcnas.scores import Scores as Scores
    from zcnas.scoring import score as score
    from zcnas.study import ProxyScores as ProxyScores
    from zcnas.study import run_search as run_search
    from zcnas.sweep import score_space as score_space

# Imported when first used, so that `import zcnas` does not wait for torch.
_FACADE = {
    "Batch": "zcnas.batch",
    "ProxyScores": "zcnas.study",
    "Scores": "zcnas.scores",
    "initialise": "zcnas.initialisation",
    "load_predictor": "zcnas.pretrained",
    "run_search": "zcnas.study",
    "score": "zcnas.scoring",
    "score_space": "zcnas.sweep",
}
_ROOMS = (
    "analysis",
    "benchmarks",
    "correlation",
    "data",
    "latency",
    "objectives",
    "opscore",
    "predictors",
    "proxies",
    "rank",
    "search",
    "searchspaces",
    "store",
    "study",
    "supernet",
    "testing",
    "training",
)


def __getattr__(name: str) -> Any:
    if name in _FACADE:
        return getattr(import_module(_FACADE[name]), name)
    if name in _ROOMS:
        return import_module(f"zcnas.{name}")
    raise AttributeError(f"module 'zcnas' has no attribute {name!r}: it has {', '.join([*_FACADE, *_ROOMS])}")


def __dir__() -> list[str]:
    return [*globals(), *_FACADE, *_ROOMS]
