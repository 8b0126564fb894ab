"""How scripts end whose finished parts are kept."""

from __future__ import annotations

import sys
from collections.abc import Callable

from zcnas.errors import ZcnasError


def start(main: Callable[[], None]) -> None:
    """Calls ``main``; what users can mend, and Ctrl-C, end the script with a line instead of a traceback."""
    try:
        main()
    except (ZcnasError, OSError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("interrupted: the same command goes on where it stopped")
