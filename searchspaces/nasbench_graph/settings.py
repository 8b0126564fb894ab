"""The sizes that the benchmark's networks have on its data sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict


class Setting(TypedDict):
    """Arguments of :meth:`NASBenchGraph.build`, which explains them."""

    in_features: int
    num_classes: int
    dim: int
    pre: bool
    post: bool


def _setting(in_features: int, num_classes: int, dim: int, *, pre: bool = False, post: bool = False) -> Setting:
    return Setting(in_features=in_features, num_classes=num_classes, dim=dim, pre=pre, post=post)


SETTINGS: Mapping[str, Setting] = {
    "cora": _setting(1433, 7, 256, post=True),
    "citeseer": _setting(3703, 6, 256, post=True),
    "pubmed": _setting(500, 3, 128),
    "cs": _setting(6805, 15, 128, pre=True),
    "physics": _setting(8415, 5, 256, pre=True),
    "photo": _setting(745, 8, 128),
    "computers": _setting(767, 10, 64, pre=True, post=True),
}
"""By data set. They follow from the recorded numbers of parameters, with which networks of these sizes agree: all
26,206 of each data set, but on physics 24,639, as the others were recorded with a mean over networks of several
sizes."""
