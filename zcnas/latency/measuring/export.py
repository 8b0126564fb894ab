"""Networks as ONNX files."""

from __future__ import annotations

import copy
import tempfile
import warnings
from pathlib import Path

import torch

from zcnas.errors import MissingExtraError, ModelError
from zcnas.space import Layer


def exported(network: Layer) -> bytes:
    """The network as an ONNX file, for inputs of these shapes; the given module is not changed.

    By torch's exporter of traces, as the newer one takes twenty times as long for a network of a thousand operations,
    which a table of many networks cannot afford; what runs is the same after ONNX Runtime's own optimisation.

    Raises:
        MissingExtraError: The extra ``onnx`` is not installed.
        ModelError: Torch cannot export it.
    """
    require_extra()
    inputs = tuple(torch.zeros(*shape) for shape in network.shapes)
    with tempfile.TemporaryDirectory(prefix="zcnas-export-") as folder, warnings.catch_warnings():
        file = Path(folder) / "network.onnx"
        warnings.simplefilter("ignore")  # of torch, that there is a newer exporter, and of constants in traces
        try:
            torch.onnx.export(copy.deepcopy(network.module).eval(), inputs, file, dynamo=False)
        except (RuntimeError, TypeError, ValueError) as error:
            kind = type(network.module).__name__
            raise ModelError(f"{kind}: expected a network that torch can export to ONNX, got {error}") from error
        return file.read_bytes()


def require_extra() -> None:
    """Raises :class:`MissingExtraError` where what the extra ``onnx`` names is not installed."""
    try:
        import onnx
        import onnxruntime
    except ImportError as error:
        raise MissingExtraError(
            f"ONNX Runtime: expected onnx and onnxruntime, got {error}; install the extra 'onnx', as in "
            "pip install 'zcnas[onnx]', or measure with the runtime torch"
        ) from error
    del onnx, onnxruntime
