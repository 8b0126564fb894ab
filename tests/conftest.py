"""Where real data lies; tests that need it skip with a reason without it."""

from __future__ import annotations

import os
import signal
from collections.abc import Collection, Generator
from pathlib import Path

import pytest
import torch

torch.set_num_threads(1)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Jobs in the background are started deaf to Ctrl-C, and so are their children: tests interrupt theirs.
    signal.signal(signal.SIGINT, signal.default_int_handler)

VARIABLES = {"data_dir": "ZCNAS_DATA", "reference_dir": "ZCNAS_REFERENCE"}


def _folder(variable: str) -> Path:
    value = os.environ.get(variable)
    if not value:
        pytest.skip(f"{variable} is not set: needs the real data files")
    if not Path(value).is_dir():
        pytest.fail(f"{variable} is {value!r}, which is not a folder: correct it or unset it")
    return Path(value)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of real benchmark tables."""
    return _folder("ZCNAS_DATA")


@pytest.fixture(scope="session")
def reference_dir() -> Path:
    """Folder of fixed weights and released implementations' scores."""
    return _folder("ZCNAS_REFERENCE")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _forbid_skip(report, getattr(item, "fixturenames", ()))
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _forbid_skip(report, ())
    return report


def _forbid_skip(report: pytest.TestReport | pytest.CollectReport, fixtures: Collection[str]) -> None:
    """With ZCNAS_REQUIRE_DATA set, a skipped test fails if it needs data that is there."""
    if not report.skipped or hasattr(report, "wasxfail") or not os.environ.get("ZCNAS_REQUIRE_DATA"):
        return
    reason = str(report.longrepr)
    for fixture, variable in VARIABLES.items():
        if os.environ.get(variable) and (fixture in fixtures or variable in reason):
            report.outcome = "failed"
            report.longrepr = f"{variable} is set, so this must not skip: {reason}"
