"""A folder in memory, for tests that wait for many fsyncs which prove nothing there: what a process
leaves when it is killed is the same, and a power cut is simulated, never real.
"""

from __future__ import annotations

import functools
import os
import shutil
from pathlib import Path

_MEMORY = Path("/dev/shm")
_FREE_MIN = 2 << 30  # containers often have 64 MB there


@functools.cache
def quick_folder() -> str | None:
    """Where temporary folders are quick; None: nowhere, so take the usual place."""
    try:
        room = shutil.disk_usage(_MEMORY).free
    except OSError:
        return None
    return str(_MEMORY) if room > _FREE_MIN and os.access(_MEMORY, os.W_OK | os.X_OK) else None
