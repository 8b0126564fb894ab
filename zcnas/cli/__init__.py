"""The command ``zcnas``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from zcnas.cli import convert, correlate, latency, listing, one, store, sweep
from zcnas.cli.common import say
from zcnas.errors import ZcnasError

_COMMANDS = (listing, one, sweep, correlate, convert, store, latency)
_EPILOG = """\
exit codes: 0 done; 1 an error, told on one line; 2 a wrong call; 3 done, but some scores failed; 130 interrupted

a first look:
  zcnas list proxies
  zcnas score torchvision:resnet18 --proxies synflow nwot params
  zcnas sweep nasbench201 --sample 20 --C 8 --N 1 --data digits --data-options channels=3 --store scores.sqlite
  zcnas store info scores.sqlite
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    try:
        options = _parsed(arguments)
        code: int = options.run(options)
    except KeyboardInterrupt:
        sys.stderr.write("zcnas: interrupted; what is in the store is kept, and the same call goes on from there\n")
        return 130
    except (ZcnasError, OSError) as error:
        sys.stderr.write(f"zcnas: {error}\n")
        return 1
    return code


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    try:
        return _parser().parse_args(arguments)
    except SystemExit:
        say("")  # the help may be in the buffer still
        raise


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="zcnas",
        description="Scores neural networks before they are trained.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add_to(commands)
    return parser
