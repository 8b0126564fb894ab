"""One numbering of operations over all spaces."""

from __future__ import annotations

from collections.abc import Mapping

from zcnas.errors import InputError, UnknownNameError
from zcnas.predictors.encoding.operations import KINDS, Operation
from zcnas.predictors.encoding.spellings import meaning

_CONVS = tuple(Operation("conv", k, d) for k, d in ((1, 1), (3, 1), (5, 1), (5, 2), (7, 1), (7, 2)))
_CELL = (
    *(Operation("sep_conv", 3), Operation("sep_conv", 5), Operation("dil_conv", 3, 2), Operation("dil_conv", 5, 2)),
    *(Operation("max_pool", 3), Operation("avg_pool", 3)),
)
_INVERTED = tuple(Operation("inverted", k, expansion=e) for k in (3, 5, 7) for e in (1, 3, 4, 6))
_GROUPED = tuple(Operation("inverted", k, groups=2) for k in (3, 5))
_SIZED = {"conv", "sep_conv", "dil_conv", "max_pool", "avg_pool", "inverted", "basic"}
_PLAIN = tuple(Operation(kind) for kind in KINDS if kind not in _SIZED)

TYPES: tuple[Operation, ...] = (*_PLAIN, *_CONVS, *_CELL, *_INVERTED, *_GROUPED, Operation("basic", 3))
"""Operations of all spaces of this library but for strides and channels.

Saved predictors hold places in it: what is new goes to its end, and nothing changes its place."""


class Vocabulary:
    """What names of operations mean, and the index of each.

    An operation has one index, whatever a space calls it, and in whatever place of the space's own list it stands.

    >>> vocabulary = Vocabulary()
    >>> vocabulary.index("nor_conv_3x3") == vocabulary.index("conv3x3-bn-relu") != vocabulary.index("conv5")
    True

    Args:
        own: Meanings of names of one's own space: operations, which may be of kinds of one's own, or known names.
            They come first, so a name may get another meaning. New types get indices behind all others.

    Raises:
        UnknownNameError: A known name is meant, but it is not known.
    """

    def __init__(self, own: Mapping[str, Operation | str] | None = None) -> None:
        self._index = {op: place for place, op in enumerate(TYPES)}
        self._own: dict[str, Operation] = {}
        # Names mean what they mean without the others, whatever their order.
        self._own = {name: self._resolved(told) for name, told in (own or {}).items()}
        for op in self._own.values():
            self._index.setdefault(op.type, len(self._index))

    def __len__(self) -> int:
        return len(self._index)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self._own == other._own

    def __hash__(self) -> int:
        return hash(tuple(self._own.items()))

    def __repr__(self) -> str:
        return f"Vocabulary({self._own})" if self._own else "Vocabulary()"

    @property
    def types(self) -> tuple[Operation, ...]:
        """All types, by index."""
        return tuple(self._index)

    def operation(self, spelling: str) -> Operation:
        """What a name means.

        Raises:
            UnknownNameError: Neither of this library's spaces nor taught.
        """
        op = self._own.get(spelling) or meaning(spelling) or Operation(spelling)
        if op.type not in self._index:
            known = [*self._own, *KINDS]
            raise UnknownNameError(f"operation (teach it by Vocabulary({{{spelling!r}: ...}}))", spelling, known)
        return op

    def index(self, spelling: str) -> int:
        """The index of a name's operation. Raises :class:`~zcnas.errors.UnknownNameError`."""
        return self._index[self.operation(spelling).type]

    def _resolved(self, told: Operation | str) -> Operation:
        if isinstance(told, Operation):
            return told
        if not isinstance(told, str):
            raise InputError(f"vocabulary: expected an Operation or a known name, got {told!r}")
        return self.operation(told)
