"""Importing zcnas does nothing else: no network, no random numbers, no heavy libraries, no files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.static.layout import ROOT, library
from tests.static.test_layers import WITHOUT_TORCH

WATCH = """
import sys

touched = []

def watch(event, args):
    outward = event.startswith(("socket.connect", "socket.getaddrinfo", "subprocess.", "os.system"))
    writing = event == "open" and isinstance(args[1], str) and args[1].strip("rbtU")
    if watching and (outward or writing):
        touched.append((event, str(args[0])))

watching = False
sys.dont_write_bytecode = True
sys.addaudithook(watch)
"""
STATE = """
import logging, os, random, signal, warnings
import numpy, scipy.stats, torch  # what these change is theirs

def state():
    return {
        "random": random.getstate(),
        "numpy": str(numpy.random.get_state()),
        "torch": torch.get_rng_state().tolist(),
        "threads": torch.get_num_threads(),
        "dtype": torch.get_default_dtype(),
        "grad": torch.is_grad_enabled(),
        "deterministic": (torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.deterministic),
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "logging": (logging.getLogger().level, list(logging.getLogger().handlers)),
        "warnings": list(warnings.filters),
        "interrupt": signal.getsignal(signal.SIGINT),
    }
"""


def run(code: str, folder: Path, *, search: Path = ROOT) -> str:
    (folder / "script.py").write_text(code)
    environment = {**os.environ, "PYTHONPATH": str(search)}
    command = [sys.executable, "script.py"]
    outcome = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout.strip()


HEAVY = {"matplotlib", "nas_201_api", "sklearn", "torch", "torchvision"}


@pytest.mark.parametrize(
    ("modules", "allowed"),
    [
        (["zcnas"], set()),
        ([f"zcnas.{room}" for room in sorted(WITHOUT_TORCH)], set()),
        (["zcnas.proxies", "zcnas.scoring", "zcnas.searchspaces", "zcnas.benchmarks"], {"torch"}),
    ],
    ids=["facade", "rooms without torch", "rooms with torch"],
)
def test_importing_loads_nothing_that_few_calls_need(tmp_path: Path, modules: list[str], allowed: set[str]) -> None:
    code = f"import sys, {', '.join(modules)}\nprint(*{HEAVY} & set(sys.modules))"
    assert set(run(code, tmp_path).split()) <= allowed


@pytest.mark.parametrize("modules", [["zcnas"], list(library())], ids=["facade", "every module"])
def test_importing_changes_nothing(tmp_path: Path, modules: list[str]) -> None:
    code = f"""{WATCH}{STATE}
import importlib
before, watching = state(), True
for module in {modules}:
    importlib.import_module(module)
watching, after = False, state()
print([name for name in before if before[name] != after[name]], touched)
"""
    assert run(code, tmp_path) == "[] []"


def test_the_watch_sees_what_it_should(tmp_path: Path) -> None:
    (tmp_path / "rude.py").write_text(
        "import random, socket, subprocess\n"
        "random.seed(1)\n"
        "open('left_behind', 'w').close()\n"
        "subprocess.run(['true'])\n"
        "socket.socket(socket.AF_UNIX).connect_ex('nobody')\n"
    )
    code = f"""{WATCH}{STATE}
before, watching = state(), True
import rude
print([name for name in before if before[name] != state()[name]], *(event for event, _ in touched))
"""
    assert run(code, tmp_path) == "['random'] open subprocess.Popen socket.connect"


def test_folders_of_the_same_name_beside_a_script_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "predictors").mkdir()
    (tmp_path / "predictors" / "__init__.py").write_text("whose = 'theirs'\n")
    (tmp_path / "searchspaces.py").write_text("whose = 'theirs'\n")
    code = """
import predictors, searchspaces
import zcnas.predictors, zcnas.searchspaces
print(predictors.whose, searchspaces.whose, zcnas.predictors.__file__, zcnas.searchspaces.__file__)
"""
    ours = [str(ROOT / room / "__init__.py") for room in ("predictors", "searchspaces")]
    assert run(code, tmp_path).split() == ["theirs", "theirs", *ours]
