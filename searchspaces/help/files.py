"""PyTorch's zip files of plain values, and the three lists of architectures."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from zcnas.errors import DataError
from zcnas.searchspaces.mobilenet import FBNet, OFAMobileNetV3
from zcnas.searchspaces.nasbench201 import NASBench201, NASBench201Table
from zcnas.space import Architecture, SearchSpace
from zcnas.table import Table
from zcnas.unpickle import load

_NB201, _FBNET, _OFA = NASBench201(), FBNet(), OFAMobileNetV3()


class Part(NamedTuple):
    """One of HELP's folders.

    Attributes:
        space: Of the architectures.
        listing: The file that lists the architectures.
        dataset: Whose images the networks were run on.
        archs: Reads the listing's content.
        table: The table's class.
    """

    space: SearchSpace
    listing: str
    dataset: str
    archs: Callable[[Any], list[Architecture]]
    table: type[Table]


def read_pt(content: bytes) -> Any:
    """The one object in a ``.pt`` file, running nothing that it says.

    Raises:
        DataError: It asks for more than plain values and numpy numbers, or is garbled.
        Exception: Other damage to the zip archive, of whatever kind its reader notices.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found = [one for one in archive.infolist() if re.fullmatch(r"[^/]+/data\.pkl", one.filename)]
        if len(found) != 1:
            raise DataError(f"a .pt file holds one data.pkl, this one {len(found)}")
        # PyTorch does not compress: a smaller archive claims what is not there.
        if found[0].file_size > len(content):
            raise DataError(f"{found[0].file_size} bytes in a file of {len(content)}")
        return load(archive.read(found[0]), name="data.pkl")


def _by_index(listing: Any) -> list[Architecture]:
    if not isinstance(listing, Mapping) or sorted(listing.values()) != list(range(len(listing))):
        raise DataError("expected a dictionary from architectures to their numbers, got something else")
    return [_NB201.parse(text) for text in sorted(listing, key=listing.__getitem__)]


def _by_code(listing: Any) -> list[Architecture]:
    if not isinstance(listing, list):
        raise DataError(f"expected a list of codes, got {type(listing).__name__}")
    return [_FBNET.from_ops(code) for code in listing]


def _by_settings(listing: Any) -> list[Architecture]:
    if not isinstance(listing, Mapping) or not isinstance(listing.get("arch"), list):
        raise DataError("expected a dictionary with a list 'arch', got something else")
    return [_OFA.from_settings(settings) for settings in listing["arch"]]


PARTS = (
    Part(_NB201, "str_arch2idx.pt", "cifar10", _by_index, NASBench201Table),
    Part(_FBNET, "arch.pt", "cifar100", _by_code, Table),
    Part(_OFA, "ofa_archs.pt", "imagenet", _by_settings, Table),
)
