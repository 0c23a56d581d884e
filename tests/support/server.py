"""Own a Jedlik process: start it, wait until it answers, stop it, kill it, start it again.

Used by the shared fixtures and by tests that need a server of their own (crash, settings, CLI).
Output goes to a file, so that a chatty server never blocks on a full pipe.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

START_S_MAX = 60
STOP_S_MAX = 60


class Server:
    """`jedlik start` on a free loopback port; `arguments` are further flags.

    Without --data or --memory among the arguments it runs in memory.
    """

    def __init__(self, *arguments: str, environment: dict[str, str] | None = None) -> None:
        self.arguments = list(arguments)
        if not {"--data", "--memory", "--store"} & set(arguments):
            self.arguments.append("--memory")
        if "--port" not in self.arguments:
            self.arguments += ["--port", "0"]
        # A developer's own JEDLIK_* settings must not change what a test sees.
        kept = {k: v for k, v in os.environ.items() if not k.startswith("JEDLIK_")}
        self.environment = {**kept, **(environment or {})}
        self.process: subprocess.Popen[bytes] | None = None
        self.endpoint = ""
        self.log = Path(tempfile.mkstemp(prefix="jedlik-", suffix=".log")[1])

    def start(self) -> Server:
        with self.log.open("ab") as out:
            start_of_run = out.tell()
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jedlik", "start", *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=self.environment,
            )
        deadline = time.monotonic() + START_S_MAX
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"jedlik ended with {self.process.returncode}:\n{self.output()}")
            if not self.endpoint:
                self.endpoint = _listening_on(self.log.read_bytes()[start_of_run:])
            if self.endpoint and _answers(self.endpoint):
                return self
            time.sleep(0.02)
        self.kill()
        raise RuntimeError(f"jedlik did not answer in {START_S_MAX} s:\n{self.output()}")

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """SIGKILL: what a crash looks like from outside."""
        return self._end(signal.SIGKILL)

    def restart(self) -> Server:
        """Start again after `stop` or `kill`, on the port it had."""
        port = self.endpoint.rsplit(":", 1)[1]
        self.arguments[self.arguments.index("--port") + 1] = port
        deadline = time.monotonic() + START_S_MAX
        while True:
            try:
                return self.start()
            except RuntimeError as ended:
                # Some connection of another process may have that port for a moment.
                if f"port {port} " not in str(ended) or time.monotonic() > deadline:
                    raise
            time.sleep(0.1)

    def client(
        self, service: str = "dynamodb", *, keys: Sequence[str] = ("any", "any"), **config: Any
    ) -> Any:
        """boto3's, which asks once unless `config` (botocore's) says more. keys: an access key, its
        secret, and a session's token."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=keys[0],
            aws_secret_access_key=keys[1],
            aws_session_token=keys[2] if len(keys) > 2 else None,
            config=Config(**{"retries": {"total_max_attempts": 1}, **config}),
        )

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def _end(self, how: signal.Signals) -> int:
        process, self.process = self.process, None
        if process is None:
            return 0
        if process.poll() is None:
            process.send_signal(how)
        try:
            return process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise RuntimeError(f"jedlik did not end on {how.name}:\n{self.output()}") from None

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self._end(signal.SIGTERM)
        self.log.unlink(missing_ok=True)


def _listening_on(output: bytes) -> str:
    """The endpoint from the server's `listening` log line, "" while there is none."""
    for line in output.splitlines():
        if line.startswith(b"{") and b'"listening"' in line:
            return str(json.loads(line).get("endpoint", ""))
    return ""


def _answers(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint}/_jedlik/health", timeout=10) as reply:
            return bool(reply.status == 200)
    except urllib.error.HTTPError:
        return True  # it speaks HTTP; what it says is for the tests to judge
    except OSError:
        return False
