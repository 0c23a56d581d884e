"""One step of a coroutine, and whether it was the last.

`stepping.pyx` is this module for the compiled form, where a coroutine that ends needs no exception
to say so.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any


def step(coroutine: Coroutine[Any, Any, Any]) -> tuple[bool, Any]:
    """(True, what it returned), or (False, what it waits for). Raises what it raises."""
    try:
        return False, coroutine.send(None)
    except StopIteration as stop:
        return True, stop.value
