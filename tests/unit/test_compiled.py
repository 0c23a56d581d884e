"""The compiled form: taken only for exactly its sources, refused on demand, never required."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jedlik import compiled
from tools import compile as tool

ROOT = Path(__file__).resolve().parents[2]
ENDS_S_MAX = 600
# What exercises the modules that have two forms: raw bytes, signatures, values, tables.
OF_BOTH_FORMS = (
    "tests/wire/test_authentication.py",
    "tests/wire/test_bodies.py",
    "tests/wire/test_malformed.py",
    "tests/wire/test_pipelining.py",
    "tests/wire/test_repetitions.py",
    "tests/unit/net",
    "tests/unit/identity/test_sigv4.py",
    "tests/unit/values",
    "tests/unit/tables",
    "tests/unit/storage",
    "tests/contract/test_embedded.py",
    "tests/unit/expressions/test_updates.py",
    "tests/unit/api",
    "tests/unit/wire/test_known_ways.py",
    "tests/unit/services/test_get_item_way.py",
    "tests/unit/services/test_item_forms.py",
    "tests/unit/services/test_put_item_way.py",
    "tests/unit/services/test_update_item_way.py",
    "tests/wire/test_later_answers.py",
)
TINY = '''
class Pair:
    """Two things."""

    __slots__ = ("_left", "right")

    def __init__(self, left, right):
        self._left = left
        self.right = right

    def sum(self):
        return self._left + self.right


class Open:
    def __init__(self):
        self.anything = 1


def name():
    return "VERSION"
'''


def run(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.strip()


IMPORT_ALL = (
    "import jedlik.app, jedlik.compiled as c, jedlik.net.rest as r;"
    "print(c.form(), r.__file__.endswith('.py'))"
)


@pytest.mark.parametrize("refusal", ["0", "off"])
def test_refused_on_demand(refusal: str) -> None:
    assert run(IMPORT_ALL, JEDLIK_COMPILED=refusal) == "python True"


def test_a_module_with_other_sources_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "jedlik"
    folder = package / "_compiled"
    folder.mkdir(parents=True)
    source = package / "thing.py"
    source.write_text("one = 1\n")
    monkeypatch.setattr(compiled, "PACKAGE", package)
    mark = compiled.fingerprint(compiled.sources_of("jedlik.thing", tmp_path))
    library = compiled.library("jedlik.thing", mark, folder)
    finder = compiled.Finder({"jedlik.thing": mark}, folder)

    assert finder.find_spec("jedlik.thing") is None  # the library is not there
    library.write_bytes(b"")
    found = finder.find_spec("jedlik.thing")
    assert found is not None and found.origin == str(library)
    assert finder.find_spec("jedlik.other") is None
    source.write_text("one = 2\n")
    assert finder.find_spec("jedlik.thing") is None
    source.write_text("one = 1\n")
    assert finder.find_spec("jedlik.thing") is not None
    (package / "thing.pyx").write_text("one = 1\n")  # now it has a twin, so it is another
    assert finder.find_spec("jedlik.thing") is None


def test_what_a_twin_includes_is_a_source(tmp_path: Path) -> None:
    package = tmp_path / "jedlik"
    package.mkdir()
    (package / "thing.py").write_text("")
    (package / "thing.pyx").write_text('import re\n\ninclude "jedlik/shared.pxi"\n')
    (package / "shared.pxi").write_text("")
    sources = compiled.sources_of("jedlik.thing", tmp_path)
    assert [file.name for file in sources] == ["thing.py", "thing.pyx", "shared.pxi"]


def test_a_manifest_of_another_python_or_a_broken_one_is_none(tmp_path: Path) -> None:
    assert compiled.manifest(tmp_path) == {}
    file = tmp_path / compiled.MANIFEST
    file.write_text("{")
    assert compiled.manifest(tmp_path) == {}
    file.write_text(json.dumps({"suffix": ".other.so", "modules": {"a": "b"}}))
    assert compiled.manifest(tmp_path) == {}
    file.write_text(json.dumps({"suffix": compiled.SUFFIX, "modules": {"a": "b"}}))
    assert compiled.manifest(tmp_path) == {"a": "b"}


def test_classes_with_slots_and_no_base_become_structures() -> None:
    assert tool.declarations(TINY) == (
        "cdef class Pair:\n    cdef public object _left\n    cdef public object right\n"
    )
    more = 'class A:\n    __slots__ = ("__dict__", "x")\n'
    assert tool.declarations(more) == (
        "cdef class A:\n    cdef dict __dict__\n    cdef public object x\n"
    )
    assert tool.declarations("class A(B):\n    __slots__ = ('x',)\n") == "\n"
    assert tool.declarations("@dataclass(slots=True)\nclass A:\n    x: int\n") == "\n"


def test_without_a_compiler_nothing_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    said = tool.compile_all(ROOT / "src", tmp_path / "_compiled", ["jedlik.net.rest"])
    assert said == "not compiled, for want of a C compiler (Debian: gcc)"
    assert not (tmp_path / "_compiled").exists()


@pytest.mark.skipif(bool(tool.wanting()), reason=f"wants {tool.wanting()}")
def test_compiled_used_and_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "jedlik"
    folder = package / "_compiled"
    package.mkdir()
    source = package / "tiny.py"
    source.write_text(TINY.replace("VERSION", "first"))
    monkeypatch.setattr(compiled, "PACKAGE", package)

    def made() -> str:
        return tool.compile_all(tmp_path, folder, ["jedlik.tiny"])

    assert made() == "compiled 1 modules"
    assert made() == tool.UP_TO_DATE
    finder = compiled.Finder(compiled.manifest(folder), folder)
    spec = finder.find_spec("jedlik.tiny")
    assert spec is not None and spec.loader is not None
    tiny = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tiny)
    assert tiny.name() == "first"
    assert tiny.Pair(1, right=2).sum() == 3
    assert not hasattr(tiny.Pair(1, 2), "__dict__")
    assert tiny.Open().__dict__ == {"anything": 1}

    first = compiled.manifest(folder)
    source.write_text("def broken(:\n")
    assert made().startswith("not compiled: ")
    assert compiled.manifest(folder) == first  # whole, and of sources that are gone
    assert finder.find_spec("jedlik.tiny") is None


THINGS = [f"jedlik.thing{number}" for number in range(3)]


class Compiler:
    """Stands for Cython and a C compiler; `allows` is asked before each module."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, allows: Callable[[], object]) -> None:
        self.compiled: list[str] = []
        self.allows = allows
        monkeypatch.setattr(tool, "_compiler", list)
        monkeypatch.setattr(tool, "_made_by", lambda: "so")
        monkeypatch.setattr(tool, "_compile", self._compile)
        monkeypatch.setattr(os, "cpu_count", lambda: 1)  # one after the other

    def _compile(self, compiler: list[str], name: str, work: Path) -> None:
        self.allows()
        (work / f"{name}{compiled.SUFFIX}").write_bytes(b"")
        self.compiled.append(name)


@pytest.fixture
def things(tmp_path: Path) -> Path:
    """A source folder with modules to compile."""
    (tmp_path / "jedlik").mkdir()
    for name in THINGS:
        (tmp_path / f"{name.replace('.', '/')}.py").write_text("one = 1\n")
    return tmp_path


def test_what_was_ended_in_the_middle_is_taken_up_again(
    things: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = things / "jedlik" / "_compiled"

    def ends_after_two() -> None:
        if len(compiler.compiled) == 2:
            raise KeyboardInterrupt

    compiler = Compiler(monkeypatch, ends_after_two)
    with pytest.raises(KeyboardInterrupt):
        tool.compile_all(things, folder, THINGS)
    assert compiler.compiled == THINGS[:2]
    assert compiled.manifest(folder) == {}  # nothing is taken of what is not whole
    assert tool.out_of_date(things, folder, THINGS) == (THINGS, THINGS[2:])

    (folder / ".making-killed").mkdir()  # as kill -9 leaves it
    # An edit meanwhile: what was done of the source before is no part of what is made now.
    (things / "jedlik" / "thing0.py").write_text("one = 2\n")
    compiler = Compiler(monkeypatch, lambda: None)
    assert tool.compile_all(things, folder, THINGS) == "compiled 3 modules"
    assert compiler.compiled == [THINGS[0], THINGS[2]]
    assert tool.out_of_date(things, folder, THINGS) == ([], [])
    left = {file.name for file in folder.iterdir() if not file.name.endswith(compiled.SUFFIX)}
    assert left == {compiled.MANIFEST, ".lock"}
    (folder / ".parts-of-before").mkdir()
    tool.leave_only_what_is_used(folder)
    assert {file.name for file in folder.iterdir()} == {
        compiled.MANIFEST,
        *(
            compiled.library(name, mark, folder).name
            for name, mark in compiled.manifest(folder).items()
        ),
    }


def test_two_at_once_compile_once(things: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = things / "jedlik" / "_compiled"
    other_waits = threading.Event()
    compiler = Compiler(monkeypatch, lambda: other_waits.wait(ENDS_S_MAX))

    def say(line: str) -> None:
        if line == "waiting for a compilation that is under way":
            other_waits.set()

    with ThreadPoolExecutor() as both:
        answers = [both.submit(tool.compile_all, things, folder, THINGS, say) for _ in "ab"]
        done = {each.result() for each in answers}
    assert done == {"compiled 3 modules", tool.UP_TO_DATE}
    assert other_waits.is_set() and compiler.compiled == THINGS


def test_libraries_of_the_start_before_stay(things: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that runs goes by its manifest, and imports some modules late: they stay where they
    are when others are compiled, and go with the next."""
    folder = things / "jedlik" / "_compiled"
    source = things / "jedlik" / "thing0.py"
    Compiler(monkeypatch, lambda: None)
    marks = []
    for number in range(3):
        source.write_text(f"one = {number}\n")
        tool.compile_all(things, folder, THINGS[:1])
        marks.append(compiled.manifest(folder)[THINGS[0]])
    found = set(folder.glob(f"*{compiled.SUFFIX}"))
    assert found == {compiled.library(THINGS[0], mark, folder) for mark in marks[1:]}


def test_what_goes_on_beside_a_server_ends_with_it(tmp_path: Path) -> None:
    """However the server ended, and with the processes that the work has started."""
    file = tmp_path / "processes"
    work = (
        "import os, subprocess, sys; other = subprocess.Popen(['sleep', '600']);"
        f"text = f'{{os.getpid()}} {{other.pid}} {{os.nice(0)}}';"
        f"open({str(file) + '.new'!r}, 'w').write(text);"
        f"os.rename({str(file) + '.new'!r}, {str(file)!r}); other.wait()"
    )
    attend = (
        "import sys; from tools import compile_beside;"
        f"compile_beside.attend(int(sys.argv[1]), [sys.executable, '-c', {work!r}])"
    )
    server = subprocess.Popen(["sleep", "600"])
    attendant = subprocess.Popen([sys.executable, "-c", attend, str(server.pid)], cwd=ROOT)
    try:
        until(file.exists)
        *processes, niceness = map(int, file.read_text().split())
        assert niceness == 19
        assert all(map(lives, processes)) and attendant.poll() is None
        server.kill()
        server.wait()
        assert attendant.wait(ENDS_S_MAX) == 0
        until(lambda: not any(map(lives, processes)))
    finally:
        for each in (server, attendant):
            each.kill()
            each.wait()


def test_what_goes_on_beside_a_server_leaves_it_alone_when_done() -> None:
    code = (
        "import os; from tools import compile_beside;"
        f"compile_beside.attend(os.getppid(), [{sys.executable!r}, '-c', 'print(1)'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, timeout=ENDS_S_MAX
    )
    assert (done.returncode, done.stdout.strip()) == (0, b"1")


def test_nothing_is_begun_beside_a_server_that_refuses_it() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.compile_beside", str(os.getpid())],
        cwd=ROOT,
        env={**os.environ, compiled.VARIABLE: "off"},
        capture_output=True,
        timeout=ENDS_S_MAX,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + ENDS_S_MAX
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def lives(process: int) -> bool:
    """A process that has ended and is not yet asked for does not."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(
    not compiled.manifest() or compiled.refused(),
    reason="every test runs the Python form",
)
def test_the_python_form_passes_the_same_tests() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *OF_BOTH_FORMS],
        cwd=ROOT,
        env={**os.environ, compiled.VARIABLE: "0"},
        capture_output=True,
        text=True,
        timeout=ENDS_S_MAX,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
