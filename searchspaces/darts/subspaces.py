"""Which operations each subspace offers on which edge."""

from __future__ import annotations

from zcnas.searchspaces.darts.cell import NOISE, NONE, OPS, Candidates, everywhere

_MAX, _AVG, _SKIP, _SEP3, _, _DIL3, _DIL5 = OPS

ALL = everywhere(OPS)
"""The seven operations of DARTS and NAS-Bench-301."""

WITH_NONE = everywhere((*OPS, NONE))
"""And ``none``, for an edge that carries nothing."""

_S1_NORMAL: Candidates = (
    (_SKIP, _DIL3), (_SKIP, _DIL5),
    (_SKIP, _DIL5), (_SKIP, _SEP3), (_SKIP, _DIL3),
    (_MAX, _SKIP), (_SKIP, _SEP3), (_SKIP, _SEP3), (_SKIP, _DIL3),
    (_SKIP, _SEP3), (_MAX, _SKIP), (_SKIP, _DIL3), (_DIL3, _DIL5), (_DIL3, _DIL5),
)  # fmt: skip
_S1_REDUCE: Candidates = (
    (_MAX, _AVG), (_MAX, _DIL3),
    (_MAX, _AVG), (_MAX, _AVG), (_SKIP, _DIL5),
    (_MAX, _AVG), (_MAX, _SEP3), (_SKIP, _DIL3), (_SKIP, _DIL5),
    (_MAX, _AVG), (_MAX, _AVG), (_SKIP, _DIL5), (_SKIP, _DIL5), (_SKIP, _DIL5),
)  # fmt: skip
S1 = (_S1_NORMAL, _S1_REDUCE)
"""Two operations an edge, which ones depending on the edge."""

S2 = everywhere((_SKIP, _SEP3))
S3 = everywhere((NONE, _SKIP, _SEP3))
S4 = everywhere((NOISE, _SEP3))
