"""What workspaces hold that is too large, or too regular, to be kept: each maker writes into the folder that it is given.

Deterministic: the same bytes whenever and wherever it runs.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

MAKERS: dict[str, Callable[[Path], None]] = {}
"""By the name that `make` has in expect.json."""
