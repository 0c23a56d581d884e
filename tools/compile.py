"""Compile the hot modules by Cython, where there is a C compiler: src/jedlik/_compiled/.

    python -m tools.compile [--clean]

The server runs without; with them a request costs it a third less. Each module of MODULES is
compiled from its own source, or from the `.pyx` of the same name beside it, which then says the
same in C's types. What is there already for the same sources is kept. Called by `make start` and
`make test`, and by setup.py; without Cython, a compiler or Python's headers it says so and is
content.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import inspect
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeGuard

ROOT = Path(__file__).resolve().parents[1]
LEFT_S = 3600.0
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
    package = ROOT / "src" / "jedlik"
    if asked.clean:
        shutil.rmtree(package / "_compiled", ignore_errors=True)
        return
    if os.environ.get("JEDLIK_COMPILED") == "0" or (asked.quiet and wanting()):
        return
    try:
        done = compile_all(ROOT / "src", package / "_compiled", begun=_announce)
    except KeyboardInterrupt:
        sys.exit(130)
    if not asked.quiet or done != UP_TO_DATE:
        print(f"jedlik: {done}", file=sys.stderr)


def _announce(count: int) -> None:
    minutes = round(count * EACH_S / (os.cpu_count() or 1) / 60)
    lasts = ("not long", "about a minute")[minutes] if minutes < 2 else f"about {minutes} minutes"
    print(f"jedlik: compiling {count} modules, once; this takes {lasts}", file=sys.stderr)


def compile_all(
    source: Path,
    folder: Path,
    modules: Iterable[str] = MODULES,
    begun: Callable[[int], None] = lambda count: None,
) -> str:
    """Bring `folder` up to date; what was done, or why nothing was, in words.

    Never raises because of a compiler: whoever calls goes on without. source: the folder that
    `jedlik` lies in.
    """
    from jedlik import compiled

    def file_of(name: str, place: Path = folder) -> Path:
        return place / f"{name}{compiled.SUFFIX}"

    made = _manifest(folder / compiled.MANIFEST)
    marks = {name: compiled.fingerprint(compiled.sources_of(name, source)) for name in modules}
    if made == marks and all(file_of(name).exists() for name in marks):
        return UP_TO_DATE
    compiler = _compiler()
    if compiler is None:
        return f"not compiled, for want of {wanting()}"
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(".making-*"):  # of a compilation that was killed
        if left.stat().st_mtime < time.time() - LEFT_S:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".making-") as place:
        work = Path(place)
        # From copies: somebody may be editing the sources meanwhile.
        for name in marks:
            for file in compiled.sources_of(name, source):
                copy = work / file.relative_to(source)
                copy.parent.mkdir(parents=True, exist_ok=True)
                (copy.parent / "__init__.py").touch()  # by these Cython knows packages
                shutil.copyfile(file, copy)
        marks = {name: compiled.fingerprint(compiled.sources_of(name, work)) for name in marks}
        missing = [
            name
            for name, mark in marks.items()
            if made.get(name) != mark or not file_of(name).exists()
        ]
        begun(len(missing))
        try:
            pool = ThreadPoolExecutor(os.cpu_count() or 1)
            try:
                jobs = [pool.submit(_compile, compiler, name, work) for name in missing]
                for job in jobs:
                    job.result()
            finally:  # at a Ctrl-C, too: it ends what is at work, and the rest shall not begin
                pool.shutdown(cancel_futures=True)
            for name in missing:
                os.replace(file_of(name, work), file_of(name))
            manifest = {"suffix": compiled.SUFFIX, "made_by": _made_by(), "modules": marks}
            (work / compiled.MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
            os.replace(work / compiled.MANIFEST, folder / compiled.MANIFEST)
            if source == ROOT / "src":
                _try_out(marks)
        except (subprocess.CalledProcessError, SyntaxError) as fault:
            (folder / compiled.MANIFEST).unlink(missing_ok=True)
            return f"not compiled: {fault}\n{getattr(fault, 'stderr', '')[-3000:]}"
    for old in folder.glob(f"*{compiled.SUFFIX}"):
        if old.name.removesuffix(compiled.SUFFIX) not in marks:
            old.unlink()
    return f"compiled {len(missing)} modules"


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
    from jedlik import compiled

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


def _try_out(names: Iterable[str]) -> None:
    """Import them all, in a process of their own."""
    lines = "".join(f"import {name}\n" for name in names)
    _run([sys.executable, "-c", lines])


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)


def _manifest(file: Path) -> dict[str, str]:
    """The fingerprints of what was compiled before, in this way and for this Python."""
    from jedlik import compiled

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
