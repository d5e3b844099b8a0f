"""`python -m fstui`."""

from __future__ import annotations

import sys

from fstui.cli import main

if __name__ == "__main__":
    sys.exit(main())
