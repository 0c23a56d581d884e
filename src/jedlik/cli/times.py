"""Times as people write them."""

from __future__ import annotations

from datetime import datetime

import click


def epoch_s(text: str) -> float:
    """Epoch seconds of what --at says."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise click.ClickException(f"--at {text!r}: a time such as 2026-11-22T10:15:00Z") from None
