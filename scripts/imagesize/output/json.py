"""The report itself."""

from __future__ import annotations

import json
from typing import Any


def write(report: dict[str, Any]) -> str:
    """The document, indented; only ASCII, so that any path survives."""
    return json.dumps(report, indent=2)
