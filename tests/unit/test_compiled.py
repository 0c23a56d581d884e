"""The compiled form: taken only for exactly its sources, refused on demand, never required."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
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
    library = folder / f"jedlik.thing{compiled.SUFFIX}"
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

    source.write_text("def broken(:\n")
    assert made().startswith("not compiled: ")
    assert compiled.manifest(folder) == {}  # rather none than some


@pytest.mark.skipif(
    not compiled.manifest() or os.environ.get(compiled.VARIABLE) == "0",
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
