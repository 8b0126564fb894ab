"""``python -m zcnas`` is the command ``zcnas``."""

from __future__ import annotations

import sys

from zcnas.cli import main

if __name__ == "__main__":
    sys.exit(main())
