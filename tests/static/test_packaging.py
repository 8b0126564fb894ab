"""One top-level name is installed, with all rooms, data and the typing marker in it."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.static.layout import FOLDERS, ROOT, library

DATA_SUFFIXES = {".csv", ".json", ".npz", ".safetensors"}


@pytest.fixture(scope="module")
def config() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built without a network and from a copy, because building writes into the tree."""
    source = tmp_path_factory.mktemp("source")
    ignore = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info")
    shutil.copytree(ROOT, source, ignore=ignore, dirs_exist_ok=True)
    command = ["-m", "build", "--wheel", "--no-isolation", "--outdir", source / "dist", source]
    outcome = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    (path,) = (source / "dist").glob("*.whl")
    return path


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


def test_listed_packages_are_the_folders_on_disk(config: configparser.ConfigParser) -> None:
    listed = config["options"]["packages"].split()
    on_disk = {name for name, path in library().items() if path.name == "__init__.py"}
    assert len(listed) == len(set(listed))
    assert set(listed) == on_disk


def test_every_module_lies_in_a_package() -> None:
    assert [path for path in library().values() if not (path.parent / "__init__.py").is_file()] == []


def test_zcnas_is_the_only_top_level_name(names: set[str]) -> None:
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"zcnas"}


def test_every_module_and_the_typing_marker_are_in_the_wheel(names: set[str]) -> None:
    expected = {path_in_wheel(path) for path in library().values()} | {"zcnas/py.typed"}
    assert {name for name in names if name.endswith((".py", ".typed"))} == expected


def test_every_data_file_is_in_the_wheel(names: set[str]) -> None:
    files = (path for folder in FOLDERS.values() for path in folder.rglob("*"))
    expected = {path_in_wheel(path) for path in files if path.suffix in DATA_SUFFIXES}
    assert {name for name in names if Path(name).suffix in DATA_SUFFIXES} == expected


def path_in_wheel(path: Path) -> str:
    package, folder = next(item for item in FOLDERS.items() if path.is_relative_to(item[1]))
    return "/".join([*package.split("."), *path.relative_to(folder).parts])


def test_the_wheel_says_what_it_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith("dist-info/METADATA"))
        headers = message_from_bytes(archive.read(metadata))
        assert any(name.endswith("LICENSE") for name in archive.namelist())
    core = {line.split(">=")[0] for line in headers.get_all("Requires-Dist", []) if ";" not in line}
    assert core == {"torch", "torchvision", "nas-bench-201", "numpy", "scipy", "scikit-learn", "safetensors", "tqdm"}
    assert (headers["Name"], headers["License-Expression"]) == ("zcnas", "Apache-2.0")
    assert headers["Requires-Python"] == ">=3.11"


def test_the_wheel_works_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
import zcnas, zcnas.searchspaces, zcnas.predictors
print(*zcnas.__path__, zcnas.searchspaces.__file__, zcnas.predictors.__file__, sep="\\n")
"""
    outcome = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stderr
    rooms = ["searchspaces/__init__.py", "predictors/__init__.py"]
    assert outcome.stdout.split() == [str(tmp_path / "zcnas" / name) for name in ("", *rooms)]


def test_every_direct_dependency_is_pinned_within_its_range(config: configparser.ConfigParser) -> None:
    extras = config["options.extras_require"]
    ranges = [config["options"]["install_requires"], *extras.values()]
    lower = dict(line.split(">=") for lines in ranges for line in lines.split())
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    assert pins.keys() == lower.keys()
    assert [name for name in pins if version(pins[name]) < version(lower[name])] == []


def version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))
