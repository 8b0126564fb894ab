"""Names for spaces, proxies, algorithms, predictors and tables: one class for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from zcnas.errors import InputError, UnknownNameError

T = TypeVar("T")


class Registry(Generic[T], Mapping[str, Callable[..., T]]):
    """Maps names to factories. Third parties add theirs through the entry-point group ``zcnas.<group>``.

    >>> colours: Registry[str] = Registry("colour")
    >>> colours.register("red", lambda: "#f00")
    >>> colours.create("red")
    '#f00'
    >>> colours["rad"]
    Traceback (most recent call last):
    zcnas.errors.UnknownNameError: unknown colour 'rad': did you mean 'red'? known: red
    """

    def __init__(self, kind: str, *, group: str | None = None) -> None:
        """``kind`` is what messages call an entry; ``group`` is ``kind`` unless given."""
        self.kind = kind
        self.group = group or kind
        self._factories: dict[str, Callable[..., T]] = {}
        self._third_parties_loaded = False
        self._from_third_parties: dict[str, str] = {}

    def register(self, name: str, factory: Callable[..., T]) -> None:
        """Adds ``factory`` under ``name``; a name that is taken raises :class:`InputError`."""
        if name in self._factories:
            raise InputError(f"the {self.kind} name {name!r} is taken already: choose another name")
        self._factories[name] = factory

    def create(self, name: str, *args: object, **kwargs: object) -> T:
        """Calls the factory of ``name``."""
        return self[name](*args, **kwargs)

    def names(self, pattern: str = "*") -> list[str]:
        """All names that match a shell-style ``pattern``, in order of registration."""
        return [name for name in self if fnmatchcase(name, pattern)]

    def __getitem__(self, name: str) -> Callable[..., T]:
        self._load_third_parties()
        try:
            return self._factories[name]
        except (KeyError, TypeError):
            raise UnknownNameError(self.kind, name, self._factories) from None

    def __iter__(self) -> Iterator[str]:
        self._load_third_parties()
        return iter(list(self._factories))

    def __len__(self) -> int:
        self._load_third_parties()
        return len(self._factories)

    def __contains__(self, name: object) -> bool:
        self._load_third_parties()
        return name in self._factories

    def _load_third_parties(self) -> None:
        # At the first look-up rather than at import, so that importing zcnas stays cheap.
        if self._third_parties_loaded:
            return
        for entry in entry_points(group=f"zcnas.{self.group}"):
            self._load(entry)
        self._third_parties_loaded = True

    def _load(self, entry: EntryPoint) -> None:
        source = f"package {entry.dist.name!r}" if entry.dist else f"entry point {entry.value!r}"
        try:
            factory = entry.load()
        except Exception as error:
            raise InputError(
                f"the {self.kind} {entry.name!r} of {source} cannot be loaded ({error}): update or uninstall it"
            ) from error
        if self._from_third_parties.setdefault(entry.name, entry.value) != entry.value or (
            entry.name in self._factories and self._factories[entry.name] is not factory
        ):
            raise InputError(
                f"the {self.kind} name {entry.name!r} of {source} is taken already: uninstall one of the two"
            )
        self._factories[entry.name] = factory
