"""Own the processes of other DynamoDBs: DynamoDB Local, dynalite and moto.

The differential test asks the first two, the benchmark all three. They are downloaded when a test
first wants them, into .cache, and are no part of Jedlik: DynamoDB Local's licence allows its use
for development and tests, not its distribution.

    with DynamoDBLocal() as peer:
        Raw(peer.endpoint).call("ListTables", {})
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support import runtimes
from tests.support.raw import Raw

START_S_MAX = 60
INSTALL_S_MAX = 600
PORTS = (20_000, 32_000)

# The official jar, as an npm package carries it. Pinned by digest, since it is run as it comes.
DYNAMODB_LOCAL_PACKAGE = "amplify-dynamodb-simulator@2.9.30"
DYNAMODB_LOCAL_SHA512 = (
    "xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ=="
)
DYNALITE_FOLDER = Path(__file__).parent / "peers"
MOTO_VERSION = "5.2.5"


class Peer:
    """A server process on a free loopback port (or on `port`); subclasses say how it is started.

    `wrap` is put before the command, such as `["taskset", "-c", "0"]`.
    """

    name = ""

    def __init__(self, *, port: int = 0, wrap: tuple[str, ...] = ()) -> None:
        self.port = port or free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.wrap = wrap
        self.process: subprocess.Popen[bytes] | None = None
        self.folder = Path(tempfile.mkdtemp(prefix=f"jedlik-{self.name}-"))
        self.started_in_s = 0.0

    def command(self) -> list[str]:
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        return dict(os.environ)

    def start(self) -> Peer:
        command = [*self.wrap, *self.command()]
        begun = time.monotonic()
        with (self.folder / "output.log").open("wb") as out:
            self.process = subprocess.Popen(
                command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=self.environment(),
            )
        raw = Raw(self.endpoint)
        while time.monotonic() < begun + START_S_MAX:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended: {self.output()}")
            with contextlib.suppress(OSError):
                if raw.call("ListTables", {}).status == 200:
                    self.started_in_s = time.monotonic() - begun
                    raw.close()
                    return self
            time.sleep(0.02)
        self.stop()
        raise RuntimeError(f"{self.name} did not answer in {START_S_MAX} s: {self.output()}")

    def stop(self) -> None:
        process, self.process = self.process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def output(self) -> str:
        return (self.folder / "output.log").read_text(errors="replace")

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def __enter__(self) -> Peer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class DynamoDBLocal(Peer):
    """Amazon's own emulator. `on_disk`: with -dbPath in its temporary folder, else -inMemory."""

    name = "dynamodb-local"

    def __init__(self, *, on_disk: bool = False, port: int = 0, wrap: tuple[str, ...] = ()) -> None:
        super().__init__(port=port, wrap=wrap)
        self.on_disk = on_disk

    def command(self) -> list[str]:
        home = dynamodb_local_home()
        return [
            runtimes.java(),
            "-Xmx1g",
            f"-Djava.library.path={home / 'DynamoDBLocal_lib'}",
            "-jar",
            str(home / "DynamoDBLocal.jar"),
            *(["-dbPath", str(self.folder)] if self.on_disk else ["-inMemory"]),
            "-sharedDb",
            "-disableTelemetry",
            "-port",
            str(self.port),
        ]

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "DDB_LOCAL_TELEMETRY": "0"}


class Dynalite(Peer):
    """The Node emulator, in memory; tables become ACTIVE at once. `on_disk`: with --path."""

    name = "dynalite"

    def __init__(self, *, on_disk: bool = False, port: int = 0, wrap: tuple[str, ...] = ()) -> None:
        super().__init__(port=port, wrap=wrap)
        self.on_disk = on_disk

    def command(self) -> list[str]:
        home = runtimes.node_modules(DYNALITE_FOLDER)
        return [
            runtimes.node(),
            "--require",
            str(DYNALITE_FOLDER / "survive.js"),
            str(home / "node_modules" / "dynalite" / "cli.js"),
            "--port",
            str(self.port),
            "--host",
            "127.0.0.1",
            *(["--path", str(self.folder / "data")] if self.on_disk else []),
            "--createTableMs",
            "0",
            "--deleteTableMs",
            "0",
            "--updateTableMs",
            "0",
        ]


class Moto(Peer):
    """moto_server, in a virtual environment of its own: for the benchmark only."""

    name = "moto"

    def command(self) -> list[str]:
        python = moto_home() / "bin" / "python"
        return [str(python), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "MOTO_IAM_LOAD_MANAGED_POLICIES": "false"}


def dynamodb_local_home() -> Path:
    """The folder with DynamoDBLocal.jar; downloads and checks it the first time."""
    home = runtimes.CACHE / "dynamodb-local" / DYNAMODB_LOCAL_PACKAGE.rpartition("@")[2]
    with _installing(home) as missing:
        if missing:
            with tempfile.TemporaryDirectory(dir=home.parent) as folder:
                _unpack_dynamodb_local(Path(folder))
                (Path(folder) / "package" / "emulator").rename(home)
    return home


def _unpack_dynamodb_local(folder: Path) -> None:
    subprocess.run(
        [*runtimes.npm(), "pack", "--silent", DYNAMODB_LOCAL_PACKAGE],
        cwd=folder,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PATH": f"{Path(runtimes.node()).parent}:{os.environ['PATH']}"},
        timeout=INSTALL_S_MAX,
    )
    (archive,) = folder.glob("*.tgz")
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != DYNAMODB_LOCAL_SHA512:
        raise RuntimeError(f"{DYNAMODB_LOCAL_PACKAGE} has the digest {digest}, not the pinned one")
    with tarfile.open(archive) as tar:
        if hasattr(tarfile, "data_filter"):  # not in Debian 12's Python 3.11.2
            tar.extraction_filter = tarfile.data_filter
        tar.extractall(folder)  # the digest has said that it is the known archive


def moto_home() -> Path:
    """A virtual environment with moto's server; made the first time."""
    home = runtimes.CACHE / "moto" / MOTO_VERSION
    with _installing(home) as missing:
        if missing:
            making = home.with_name(f"{home.name}-making")
            shutil.rmtree(making, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", str(making)], check=True)
            pip = [str(making / "bin" / "python"), "-m", "pip", "install", "--quiet"]
            subprocess.run(
                [*pip, f"moto[server,dynamodb]=={MOTO_VERSION}"], check=True, timeout=INSTALL_S_MAX
            )
            making.rename(home)
    return home


@contextlib.contextmanager
def _installing(home: Path) -> Iterator[bool]:
    """Hold the lock beside `home`; gives whether it must be made."""
    home.parent.mkdir(parents=True, exist_ok=True)
    with home.with_name(f".{home.name}.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield not home.exists()


def free_port() -> int:
    """One that nobody listens on. Not of those that the system gives to connections that are made:
    one of them could have it before whoever asks for it here does."""
    while True:
        port = PORTS[0] + secrets.randbelow(PORTS[1] - PORTS[0])
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
