"""How a process beside the server leaves the processors to it."""

from __future__ import annotations

import os


def run_when_idle() -> bool:
    """Run only while nobody else wants the processor; whether that is to be had here.

    What is only nice gets some of it in any case, and keeps it for some milliseconds after the
    server was woken.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    except (AttributeError, OSError):  # not Linux, or not allowed
        return False
    return True
