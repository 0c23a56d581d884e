"""A PostgreSQL server for tests: made in a temporary folder, on 127.0.0.1, as an ordinary user.

PostgreSQL refuses to run as root, so where the tests do, it runs as another user. By default it
does not wait for the disk: only tests about durability need that, and ask for it.
"""

from __future__ import annotations

import asyncio
import functools
import glob
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.support.oracles import free_port
from tests.support.quick_folder import quick_folder

MAJOR_MIN = 15
START_S_MAX = 60
USERS = ("postgres", "nobody")


class Missing(Exception):
    """No PostgreSQL that is new enough; the text says what to do."""


@functools.cache
def programs() -> Path:
    """The folder with initdb, postgres and pg_ctl. Raises Missing."""
    found = [Path(given) for given in os.environ.get("POSTGRES_BIN", "").split(":") if given]
    # Debian keeps them off PATH, in a folder for each version.
    debian = glob.glob("/usr/lib/postgresql/*/bin")
    found += [Path(each) for each in sorted(debian, key=lambda each: int(each.split("/")[4]))]
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).resolve().parent)
    for folder in found:
        if (folder / "initdb").exists() and _major(folder / "postgres") >= MAJOR_MIN:
            return folder
    raise Missing(f"PostgreSQL {MAJOR_MIN} or newer: install it (Debian: postgresql-15)")


def _major(program: Path) -> int:
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30)
        return int(said.stdout.split()[2].split(".")[0])
    except (OSError, ValueError, IndexError, subprocess.TimeoutExpired):
        return 0


class Cluster:
    """One server. `settings` are further lines of postgresql.conf."""

    def __init__(self, *, durable: bool = False, settings: dict[str, str] | None = None) -> None:
        self.programs = programs()
        self.root = Path(
            tempfile.mkdtemp(prefix="jedlik-pg-", dir=None if durable else quick_folder())
        )
        self.user = _user()
        if self.user is not None:
            os.chown(self.root, self.user.pw_uid, self.user.pw_gid)
        self.data = self.root / "data"
        self.password = secrets.token_hex(8)
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._settings = {
            "listen_addresses": "'127.0.0.1'",
            "unix_socket_directories": "''",
            "fsync": "on" if durable else "off",
            "synchronous_commit": "on" if durable else "off",
            "full_page_writes": "on" if durable else "off",
            "max_connections": "200",
            "shared_buffers": "'64MB'",
            "max_wal_size": "'256MB'",
            "log_min_messages": "warning",
            "logging_collector": "off",
            **(settings or {}),
        }

    def url(self, schema: str = "jedlik", *, database: str = "postgres", **more: Any) -> str:
        parameters = "".join(f"&{name}={value}" for name, value in more.items())
        host = f"tester:{self.password}@127.0.0.1:{self.port}"
        return f"postgresql://{host}/{database}?schema={schema}{parameters}"

    @property
    def plain_url(self) -> str:
        """For asyncpg, which knows no schema parameter."""
        return self.url().partition("?")[0]

    def make(self) -> Cluster:
        secret = self.root / "password"
        secret.write_text(self.password)
        if self.user is not None:
            os.chown(secret, self.user.pw_uid, self.user.pw_gid)
        self.run(
            "initdb", "-D", str(self.data), "-U", "tester", f"--pwfile={secret}", "-A",
            "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions",
        )  # fmt: skip
        lines = [f"{name} = {value}\n" for name, value in self._settings.items()]
        with (self.data / "postgresql.conf").open("a") as config:
            config.writelines(lines)
        return self

    def start(self) -> Cluster:
        out = (self.root / "log").open("ab")
        self.process = subprocess.Popen(
            [self.programs / "postgres", "-D", self.data, "-p", str(self.port)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            **self._as_user(),
        )
        out.close()
        deadline = time.monotonic() + START_S_MAX
        while not self._answers():
            assert self.process.poll() is None, f"postgres ended:\n{self.output()}"
            assert time.monotonic() < deadline, f"postgres did not start:\n{self.output()}"
            time.sleep(0.05)
        return self

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT: a fast shutdown. SIGQUIT: at once, as in a crash."""
        process, self.process = self.process, None
        if process is not None and process.poll() is None:
            process.send_signal(how)
            process.wait(START_S_MAX)

    def output(self) -> str:
        return (self.root / "log").read_text(errors="replace")

    def run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            [self.programs / program, *arguments],
            capture_output=True,
            text=True,
            timeout=START_S_MAX,
            stdin=subprocess.DEVNULL,
            **self._as_user(),
        )
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"
        return done.stdout

    def sql(self, statement: str, *arguments: Any) -> list[Any]:
        """Run a statement by itself, from code that is not async."""

        async def ask() -> list[Any]:
            connection = await asyncpg.connect(self.plain_url)
            try:
                return list(await connection.fetch(statement, *arguments))
            finally:
                await connection.close()

        return asyncio.run(ask())

    def __enter__(self) -> Cluster:
        try:
            return self.make().start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.root, ignore_errors=True)

    def _answers(self) -> bool:
        ready = subprocess.run(
            [self.programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)],
            check=False,
        )
        return ready.returncode == 0

    def _as_user(self) -> dict[str, Any]:
        # In a folder that the user may enter; with a home that is its own.
        common: dict[str, Any] = {"cwd": self.root, "env": {**os.environ, "HOME": str(self.root)}}
        if self.user is not None:
            common |= {
                "user": self.user.pw_uid,
                "group": self.user.pw_gid,
                "extra_groups": [],
            }
        return common


@contextmanager
def running(*, durable: bool = False) -> Iterator[Cluster]:
    """A server for tests; without PostgreSQL they are skipped. durable: it waits for its disk."""
    try:
        made = Cluster(durable=durable)
    except Missing as missing:
        pytest.skip(str(missing))
    with made:
        yield made


def _user() -> pwd.struct_passwd | None:
    """Who the server runs as; None: whoever we are."""
    if os.geteuid() != 0:
        return None
    for name in USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Missing("an ordinary user for PostgreSQL, which does not run as root")


class Standby(Cluster):
    """A server that follows `primary`, and may become one by `promote`."""

    def __init__(self, primary: Cluster, name: str) -> None:
        super().__init__()
        self.name = name
        self.password = primary.password
        self._primary = primary

    def make(self) -> Standby:
        self.run(
            "pg_basebackup", "-d", self._conninfo(self._primary), "-D", str(self.data),
            "--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync",
        )  # fmt: skip
        return self

    def follow(self, primary: Cluster) -> None:
        """From now on follow another server."""
        self.sql(f"ALTER SYSTEM SET primary_conninfo = '{self._conninfo(primary)}'")
        self.sql("SELECT pg_reload_conf()")

    def received(self) -> int:
        """How far it has the primary's log on its disk, in bytes."""
        return int(self.sql("SELECT (pg_last_wal_receive_lsn() - '0/0')::int8")[0][0])

    def is_receiving(self) -> bool:
        return bool(self.sql("SELECT 1 FROM pg_stat_wal_receiver WHERE status = 'streaming'"))

    def promote(self) -> None:
        assert self.sql(f"SELECT pg_promote(true, {START_S_MAX})")[0][0], self.output()

    def _conninfo(self, primary: Cluster) -> str:
        return (
            f"host=127.0.0.1 port={primary.port} user=tester password={primary.password}"
            f" application_name={self.name}"
        )


def kill_all(cluster: Cluster) -> None:
    """SIGKILL for a server and all its children, none of which can tell anybody good-bye."""
    process, cluster.process = cluster.process, None
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)  # so that it starts no others
    for child in _children(process.pid):
        os.kill(child, signal.SIGKILL)
    process.kill()
    process.wait(START_S_MAX)


def _children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue  # it has just ended
        if int(text.rpartition(")")[2].split()[1]) == parent:
            found.append(int(stat.parent.name))
    return found
