"""A folder of networks that is carried to another device, measured there, and brought back as one file."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from tqdm import tqdm

from zcnas.errors import InputError
from zcnas.latency.measuring import runner
from zcnas.latency.measuring.export import exported, require_extra
from zcnas.latency.measuring.plan import Plan


def write_folder(plan: Plan, folder: str | os.PathLike[str], *, progress: bool = True) -> Path:
    """Writes ONNX files, ``plan.json`` and ``runner.py``, which needs onnxruntime and numpy only.

    A folder of that name is either complete or not there.

    Args:
        plan: Of ONNX Runtime.
        folder: That is not there yet.
        progress: Whether to show a bar.

    Raises:
        InputError: A plan for another runtime or clock, or a folder that is there already.
        MissingExtraError: The extra ``onnx`` is not installed.
        ModelError: A network that cannot be exported.
    """
    target = Path(folder)
    require_extra()
    if plan.settings.runtime != "onnxruntime":
        raise InputError(f"runtime: expected onnxruntime, which runs folders, got {plan.settings.runtime}")
    if target.exists():
        raise InputError(f"{target}: expected a folder that is not there yet, got one that is; name another")
    draft = target.with_name(f"{target.name}.{os.getpid()}.partial")
    draft.mkdir(parents=True)
    try:
        for job in tqdm(plan.jobs, desc="exporting", unit="network", disable=not progress):
            (draft / f"{job.name}.onnx").write_bytes(exported(plan.network(job)))
        (draft / "plan.json").write_text(f"{json.dumps(plan.plain())}\n", encoding="utf-8")
        shutil.copy(runner.__file__, draft / "runner.py")
        draft.replace(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target
