"""What comes of a statement."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Outcome:
    """Lines of text, or a file of the engine's. kind: of the results, as in `Execution`."""

    columns: list[dict[str, Any]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    kind: str = "txt"
    rows: int = 0
    scanned: int = 0
    manifest: str | None = None
    location: str | None = None
    update_count: int | None = None
