"""Compile the hot modules by Cython, where there is a C compiler: src/jedlik/_compiled/.

    python -m tools.compile [--clean]

The server runs without; with them a request costs it a third less. Each module of MODULES is
compiled from its own source, or from the `.pyx` of the same name beside it, which then says the
same in C's types. What is there already for the same sources is kept. Called by `make test` and
by setup.py, and beside a server that serves already by `make start` (compile_beside.py); without
Cython, a compiler or Python's headers it says so and is content.

It happens whole or not at all: a module that is done goes into `.parts-…`, where one that was ended
in the middle is taken up again; when all are done and were tried out, a manifest takes the place of
the one before. One at a time does it; another waits.
"""

from __future__ import annotations

import argparse
import ast
import fcntl
import hashlib
import inspect
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeGuard

from jedlik import compiled

ROOT = Path(__file__).resolve().parents[1]
EACH_S = 3.5
"""What a module takes of a processor, some more and some less."""
MODULES = (
    "jedlik.net.answers",
    "jedlik.net.drive",
    "jedlik.net.http",
    "jedlik.net.reading",
    "jedlik.net.reply_bytes",
    "jedlik.net.resume",
    "jedlik.net.stepping",
    "jedlik.net.rest",
    "jedlik.wire.answer_lines",
    "jedlik.wire.known_ways",
    "jedlik.wire.metrics",
    "jedlik.wire.plan",
    "jedlik.wire.request_ids",
    "jedlik.identity.authoriser",
    "jedlik.identity.policy.globs",
    "jedlik.identity.seal",
    "jedlik.identity.shortcuts",
    "jedlik.api.body_forms",
    "jedlik.api.context",
    "jedlik.api.operation",
    "jedlik.api.shapes",
    "jedlik.tables.stored",
    "jedlik.tables.keys",
    "jedlik.tables.change_records",
    "jedlik.tables.expiry",
    "jedlik.tables.indexes",
    "jedlik.tables.write",
    "jedlik.tables.write_plan",
    "jedlik.tables.item_writes",
    "jedlik.tables.catalog",
    "jedlik.tables.charges",
    "jedlik.tables.throughput.figures",
    "jedlik.tables.throughput.flows",
    "jedlik.tables.throughput.lanes",
    "jedlik.tables.clock",
    "jedlik.storage.memory",
    "jedlik.storage.ordered_keys",
    "jedlik.storage.rows",
    "jedlik.storage.sqlite",
    "jedlik.storage.sqlite_cache",
    "jedlik.storage.sqlite_encoding",
    "jedlik.storage.sqlite_flusher",
    "jedlik.storage.sqlite_group",
    "jedlik.storage.sqlite_journal",
    "jedlik.storage.sqlite_journal_thread",
    "jedlik.storage.sqlite_overlay",
    "jedlik.storage.sqlite_pages",
    "jedlik.storage.sqlite_published",
    "jedlik.storage.sqlite_record",
    "jedlik.storage.sqlite_takeover",
    "jedlik.storage.sqlite_unapplied",
    "jedlik.storage.sqlite_waiter",
    "jedlik.values.check",
    "jedlik.values.keys",
    "jedlik.values.numbers",
    "jedlik.values.tokens",
    "jedlik.values.sizes",
    "jedlik.services.dynamodb.get_item",
    "jedlik.services.dynamodb.get_item_way",
    "jedlik.services.dynamodb.item_forms",
    "jedlik.services.dynamodb.put_item",
    "jedlik.services.dynamodb.put_item_way",
    "jedlik.services.dynamodb.update_item",
    "jedlik.services.dynamodb.update_item_way",
    "jedlik.services.dynamodb.item_keys",
    "jedlik.services.dynamodb.request_expressions",
    "jedlik.services.dynamodb.usable_tables",
    "jedlik.services.dynamodb.meters",
    "jedlik.services.dynamodb.rules",
    "jedlik.services.dynamodb.permissions",
    "jedlik.services.dynamodb.row_shapes",
    "jedlik.services.dynamodb.writing",
    "jedlik.tables.expressions.updates",
    "jedlik.tables.expressions.placeholders",
    "jedlik.tables.expressions.changes",
    "jedlik.tables.expressions.set_values",
)
DIRECTIVES = {
    "language_level": "3",
    "annotation_typing": False,  # annotations are promises to mypy, not types of C
    "embedsignature": False,
}
FLAGS = ("-shared", "-fPIC", "-fwrapv", "-fno-strict-aliasing", "-DNDEBUG", "-w")
UP_TO_DATE = "compiled modules are up to date"
LEVEL, LEVEL_OF_TWINS = "-O1", "-O2"  # Cython's C gains little from more, and takes twice as long


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.compile", description=__doc__)
    parser.add_argument("--clean", action="store_true", help="forget what was compiled")
    parser.add_argument("--quiet", action="store_true", help="say nothing where it is not possible")
    asked = parser.parse_args()
    if asked.clean:
        shutil.rmtree(compiled.FOLDER, ignore_errors=True)
        return
    if compiled.refused() or (asked.quiet and wanting()):
        return
    try:
        done = compile_all(ROOT / "src", compiled.FOLDER, say=_say)
    except KeyboardInterrupt:
        sys.exit(130)
    if not asked.quiet or done != UP_TO_DATE:
        _say(done)


def _say(line: str) -> None:
    print(f"jedlik: {line}", file=sys.stderr)


def lasts(count: int) -> str:
    """How long it takes to compile so many modules, in words."""
    minutes = round(count * EACH_S / (os.cpu_count() or 1) / 60)
    return ("not long", "about a minute")[minutes] if minutes < 2 else f"about {minutes} minutes"


def out_of_date(
    source: Path = ROOT / "src", folder: Path = compiled.FOLDER, modules: Iterable[str] = MODULES
) -> tuple[list[str], list[str]]:
    """The modules that are not in use as compiled from their present sources and in the present
    way; and those of them that nobody has compiled yet who was ended before he had them all."""
    marks = _marks(modules, source)
    missing = _missing(marks, _manifest(folder / compiled.MANIFEST), folder)
    return missing, _lacking(missing, marks, _parts(folder))


def compile_all(
    source: Path,
    folder: Path,
    modules: Iterable[str] = MODULES,
    say: Callable[[str], None] = lambda line: None,
) -> str:
    """Bring `folder` up to date; what was done, or why nothing was, in words.

    Never raises because of a compiler: whoever calls goes on without, or with what there was.
    source: the folder that `jedlik` lies in. say: is told what lasts, before it does.
    """
    modules = list(modules)
    if _is_up_to_date(_marks(modules, source), folder):
        return UP_TO_DATE
    compiler = _compiler()
    if compiler is None:
        return f"not compiled, for want of {wanting()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder, say):
            if _is_up_to_date(_marks(modules, source), folder):
                return UP_TO_DATE  # whoever was waited for has done it
            return _compile_alone(compiler, source, folder, modules, say)
    except (subprocess.CalledProcessError, SyntaxError, OSError) as fault:
        return f"not compiled: {fault}\n{(getattr(fault, 'stderr', None) or '')[-3000:]}".rstrip()


def _compile_alone(
    compiler: list[str],
    source: Path,
    folder: Path,
    modules: list[str],
    say: Callable[[str], None],
) -> str:
    parts = _parts(folder)
    for left in (*folder.glob(".making-*"), *folder.glob(".parts-*")):
        if left != parts:  # of a compilation that was killed, or done in another way
            shutil.rmtree(left, ignore_errors=True)
    parts.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".making-") as place:
        work = Path(place)
        # From copies: somebody may be editing the sources meanwhile.
        for name in modules:
            for file in compiled.sources_of(name, source):
                copy = work / file.relative_to(source)
                copy.parent.mkdir(parents=True, exist_ok=True)
                (copy.parent / "__init__.py").touch()  # by these Cython knows packages
                shutil.copyfile(file, copy)
        marks = _marks(modules, work)
        missing = _missing(marks, _manifest(folder / compiled.MANIFEST), folder)
        lacking = _lacking(missing, marks, parts)

        def compile_one(name: str) -> None:
            _compile(compiler, name, work)
            made = work / f"{name}{compiled.SUFFIX}"
            _sync(made)
            os.replace(made, compiled.library(name, marks[name], parts))

        say(f"compiling {len(lacking)} modules, once; this takes {lasts(len(lacking))}")
        pool = ThreadPoolExecutor(os.cpu_count() or 1)
        try:
            jobs = [pool.submit(compile_one, name) for name in lacking]
            for job in jobs:
                job.result()
        finally:  # at a Ctrl-C, too: it ends what is at work, and the rest shall not begin
            pool.shutdown(cancel_futures=True)
        libraries = [compiled.library(name, marks[name], folder) for name in missing]
        for library in libraries:
            os.replace(parts / library.name, library)
        manifest = {"suffix": compiled.SUFFIX, "made_by": _made_by(), "modules": marks}
        (work / compiled.MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
        try:
            if source == ROOT / "src":
                _try_out(marks, work, folder)
        except subprocess.CalledProcessError:
            for library in libraries:
                library.unlink(missing_ok=True)
            raise
        _sync(work / compiled.MANIFEST)
        before = compiled.manifest(folder)
        os.replace(work / compiled.MANIFEST, folder / compiled.MANIFEST)
    shutil.rmtree(parts, ignore_errors=True)
    # A server that runs goes by the manifest that it began with, and imports some modules late.
    kept = {
        compiled.library(name, mark, folder) for name, mark in (*before.items(), *marks.items())
    }
    for old in set(folder.glob(f"*{compiled.SUFFIX}")) - kept:
        old.unlink()
    return f"compiled {len(missing)} modules"


def leave_only_what_is_used(folder: Path) -> None:
    """Take away what compilations keep for one another; for a folder that nobody compiles in."""
    for left in folder.glob(".*"):
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()


@contextmanager
def _alone(folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    """While no other process compiles into the folder; a lock is gone with who held it."""
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for a compilation that is under way")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _marks(modules: Iterable[str], source: Path) -> dict[str, str]:
    return {name: compiled.fingerprint(compiled.sources_of(name, source)) for name in modules}


def _missing(marks: Mapping[str, str], made: Mapping[str, str], folder: Path) -> list[str]:
    return [
        name
        for name, mark in marks.items()
        if made.get(name) != mark or not compiled.library(name, mark, folder).exists()
    ]


def _lacking(missing: list[str], marks: Mapping[str, str], parts: Path) -> list[str]:
    return [name for name in missing if not compiled.library(name, marks[name], parts).exists()]


def _parts(folder: Path) -> Path:
    """Where what is compiled waits for the rest."""
    return folder / f".parts-{_made_by()}"


def _is_up_to_date(marks: dict[str, str], folder: Path) -> bool:
    made = _manifest(folder / compiled.MANIFEST)
    return made == marks and not _missing(marks, made, folder)


def _sync(file: Path) -> None:
    """Its bytes reach the disk before its name: after a failure of the machine, none or whole."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _compile(compiler: list[str], name: str, work: Path) -> None:
    """One module, to a shared library beside `work`'s copies of the sources."""
    base = work.joinpath(*name.split("."))
    twin = base.with_suffix(".pyx").exists()
    made = work / f"{name}.c"
    cython = [
        sys.executable,
        "-m",
        "cython",
        "-I",
        str(work),
        "--module-name",
        name,
        "-o",
        str(made),
    ]
    for directive, value in DIRECTIVES.items():
        cython += ["-X", f"{directive}={value}"]
    if not twin:
        base.with_suffix(".pxd").write_text(declarations(base.with_suffix(".py").read_text()))
    _run([*cython, str(base.with_suffix(".pyx" if twin else ".py"))])
    out = work / f"{name}{compiled.SUFFIX}"
    include = ["-I", sysconfig.get_path("include"), "-I", str(base.parent)]
    level = LEVEL_OF_TWINS if twin else LEVEL
    _run([*compiler, *FLAGS, level, *include, "-o", str(out), str(made)])


def declarations(source: str) -> str:
    """A `.pxd` for a module: each class that has slots and no base is a structure of C there, so
    that its own methods reach them without a look-up."""
    lines = []
    for each in ast.parse(source).body:
        if isinstance(each, ast.ClassDef) and not each.bases and not each.decorator_list:
            slots = next((ast.literal_eval(a.value) for a in each.body if _is_slots(a)), None)
            if slots is not None:
                lines.append(f"cdef class {each.name}:")
                lines += [_declaration(name) for name in slots] or ["    pass"]
    return "\n".join(lines) + "\n"


def _declaration(slot: str) -> str:
    """`__dict__` is what lets an object have more than its slots."""
    return "    cdef dict __dict__" if slot == "__dict__" else f"    cdef public object {slot}"


def _is_slots(statement: ast.stmt) -> TypeGuard[ast.Assign]:
    return (
        isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and statement.targets[0].id == "__slots__"
    )


def _try_out(names: Iterable[str], manifest: Path, folder: Path) -> None:
    """Import them all, in a process of their own, by the manifest in a folder of its own."""
    lines = [
        "import sys",
        "from pathlib import Path",
        "from jedlik import compiled",
        "found = compiled.manifest(Path(sys.argv[1]))",
        "sys.meta_path.insert(0, compiled.Finder(found, Path(sys.argv[2])))",
        *(f"import {name}" for name in names),
    ]
    # Refused, so that none comes by the manifest that is still in its place.
    environment = {**os.environ, compiled.VARIABLE: "0"}
    command = [sys.executable, "-c", "\n".join(lines), str(manifest), str(folder)]
    subprocess.run(command, check=True, capture_output=True, text=True, env=environment)


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)


def _manifest(file: Path) -> dict[str, str]:
    """The fingerprints of what was compiled before, in this way and for this Python."""
    try:
        manifest = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    ours = compiled.SUFFIX, _made_by()
    found = manifest.get("suffix"), manifest.get("made_by")
    return manifest["modules"] if found == ours else {}


def _made_by() -> str:
    """Changes with how a module is compiled, and with nothing else of this file."""
    how = [inspect.getsource(each) for each in (_compile, declarations, _declaration, _is_slots)]
    settings = repr((DIRECTIVES, FLAGS, LEVEL, LEVEL_OF_TWINS))
    return hashlib.sha256("".join([*how, settings]).encode()).hexdigest()[:16]


def _compiler() -> list[str] | None:
    """The C compiler's command, if all that is needed is there."""
    return None if wanting() else _cc()


def _cc() -> list[str]:
    named = os.environ.get("CC", "").split()
    found = next((cc for cc in ("cc", "gcc", "clang") if shutil.which(cc)), None)
    return named or ([found] if found else [])


def wanting() -> str:
    """What is missing, in words; empty if nothing is."""
    if sysconfig.get_config_var("EXT_SUFFIX") is None or sys.implementation.name != "cpython":
        return "CPython"
    if not _cc():
        return "a C compiler (Debian: gcc)"
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        return "Python's headers (Debian: python3-dev)"
    try:
        import Cython  # noqa: F401
    except ImportError:
        return "Cython"
    return ""


if __name__ == "__main__":
    main()
