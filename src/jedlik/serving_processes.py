"""`--workers N`: several serving processes on one machine, which share the port.

    supervisor ──settings, by standard input──▶ worker 0 … N-1   each a whole server on one store
               ◀──a byte when it serves────────

Every worker listens with a socket of its own (SO_REUSEPORT): the kernel hands each new connection
to one of them. The supervisor holds the port, starts worker 0 first (it makes what a new store
needs, and says where the server is), starts a worker again that has died, and ends all of them when
it is told to. A worker whose supervisor has died ends itself: its standard input is closed then.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict, replace

import orjson

from jedlik import listening, logs
from jedlik.settings import Settings

READY_S_MAX = 120.0
END_S_MAX = 25.0
REST_S, REST_S_MAX = 0.2, 5.0
SOUND_S = 10.0
"""A worker that has lived so long is started again at once."""

_log = logging.getLogger("jedlik")


class Worker:
    """One process, started again and again."""

    def __init__(self, number: int, settings: Settings) -> None:
        self.number = number
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = -1
        self._started_at = 0.0
        self._rest_s = REST_S
        self._due_at = 0.0
        self.starts = 0

    def start(self) -> None:
        reading, writing = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "jedlik.serving_process", str(writing)],
            stdin=subprocess.PIPE,
            pass_fds=(writing,),
        )
        os.close(writing)
        self._ready = reading
        self._started_at = time.monotonic()
        begin = {
            "number": self.number,
            "is_first": self.number == 0 and not self.starts,
            "settings": asdict(self._settings),
        }
        self.starts += 1
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(orjson.dumps(begin) + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it has died already, and is noticed

    def serves(self, seconds_max: float) -> bool:
        """Wait until it says that it serves; False when it ended instead, or takes too long."""
        found, _, _ = select.select([self._ready], [], [], seconds_max)
        return bool(found) and os.read(self._ready, 1) == b"r"

    @property
    def code(self) -> int | None:
        """What it ended with; None while it runs."""
        return None if self._process is None else self._process.poll()

    def look(self) -> None:
        """Start it again if it has died, after a rest if it does so often."""
        now = time.monotonic()
        if self._process is not None:
            code = self._process.poll()
            if code is None:
                return
            self._close()
            if now - self._started_at >= SOUND_S:
                self._rest_s = REST_S
            self._due_at = now + self._rest_s
            self._rest_s = min(REST_S_MAX, self._rest_s * 2)
            _log.error("worker %d ended with %d: it is started again", self.number, code)
        elif now >= self._due_at:
            self.start()

    def tell_to_end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def end(self, deadline: float) -> None:
        """Wait until it has ended; kill it when that takes too long."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _log.error("worker %d does not end: it is killed", self.number)
            self._process.kill()
            self._process.wait()
        self._close()

    def _close(self) -> None:
        assert self._process is not None and self._process.stdin is not None
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass
        os.close(self._ready)
        self._process = None


class Ended(Exception):
    """Somebody wants all of it to end."""


def run(settings: Settings) -> int:
    """Serve from `settings.workers` processes until SIGTERM or SIGINT; returns the exit code."""
    logs.set_up(settings.log_level)

    def on_signal(number: int, frame: object) -> None:
        raise Ended

    try:
        held = _held(settings)
    except listening.CannotListen as fault:
        print(f"jedlik: {fault}", file=sys.stderr)
        return 1
    settings = replace(settings, port=held.getsockname()[1])
    workers = [Worker(number, settings) for number in range(settings.workers)]
    code = 0
    try:
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, on_signal)
        workers[0].start()
        if not workers[0].serves(READY_S_MAX):
            code = 1  # it has said why
        else:
            for worker in workers[1:]:
                worker.start()
            while True:
                time.sleep(REST_S)
                for worker in workers:
                    worker.look()
    except Ended:
        _log.info("stopping")
    finally:
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, signal.SIG_IGN)
        deadline = time.monotonic() + END_S_MAX
        for worker in workers:
            worker.tell_to_end()
        for worker in workers:
            worker.end(deadline)
        held.close()
    return code


def _held(settings: Settings) -> socket.socket:
    """A socket that keeps the port for the workers, and takes no connections itself."""
    # Sharing is for our own workers: whoever else listens there is found out without.
    probe = listening.bind(settings.host, settings.port)
    port = probe.getsockname()[1]
    probe.close()
    return listening.bind(settings.host, port, shared=True, listen=False)
