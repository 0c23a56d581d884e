"""Compile the hot modules while a server runs, in what time it leaves: for the next start.

    python -m tools.compile_beside PID

`make start` calls it before it becomes the server of that process id: if there is something to
compile it says so in a line, leaves a process behind and returns at once. That process ends when
all is compiled, or with the server, however that ended. The server takes the form that was there
when it began: what is compiled meanwhile has other names, and one manifest in its place at the end.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence

from jedlik import compiled
from jedlik.priority import run_when_idle
from tools import compile as tool

LOOKS_EVERY_S = 0.5
ENDS_S_MAX = 5.0
NICENESS = 19
COMPILE = (sys.executable, "-m", "tools.compile_beside", "now")


def main() -> None:
    word = sys.argv[1]
    if word == "now":
        _compile()
    elif word == "until":
        attend(int(sys.argv[2]), COMPILE)
    else:
        begin(int(word))


def begin(server: int) -> None:
    if compiled.refused():
        return
    missing, lacking = tool.out_of_date()
    if not missing or tool.wanting():
        return
    # A session of its own: Ctrl-C is for the server, whose end is what ends the rest.
    subprocess.Popen(
        [sys.executable, "-m", "tools.compile_beside", "until", str(server)],
        cwd=tool.ROOT,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    _say(
        f"{len(missing)} modules are compiled while the server runs ({tool.lasts(len(lacking))}); "
        "the next start will be faster"
    )


def attend(server: int, command: Sequence[str]) -> None:
    """Run it with the least priority, and not longer than the process `server` lives."""
    os.nice(NICENESS)
    run_when_idle()
    work = subprocess.Popen(command, cwd=tool.ROOT, process_group=0)
    while _lives(server):
        try:
            work.wait(LOOKS_EVERY_S)
            return
        except subprocess.TimeoutExpired:
            pass
    for kind in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(work.pid, kind)
            work.wait(ENDS_S_MAX)
            return
        except subprocess.TimeoutExpired:
            pass
        except ProcessLookupError:
            return


def _compile() -> None:
    # Told to end, it clears up as at a Ctrl-C; the compilers of its group end by themselves.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        done = tool.compile_all(tool.ROOT / "src", compiled.FOLDER)
    except KeyboardInterrupt:
        sys.exit(130)
    if done == tool.UP_TO_DATE:
        return
    if done.startswith("compiled "):
        _say(f"{done}; the next start uses them")
    else:
        _say(f"{done.splitlines()[0]} (more by {sys.executable} -m tools.compile)")


def _say(line: str) -> None:
    try:
        print(f"jedlik: {line}", file=sys.stderr, flush=True)
    except OSError:
        pass  # the terminal was closed


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


if __name__ == "__main__":
    main()
