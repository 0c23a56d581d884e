"""Imports run only downwards: DESIGN's table of parts, checked on the syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"

# part: the parts of ours that it may import. Whatever is not named here (app.py, cli/, the
# modules beside them) is the top of the house and may import everything.
ARROWS = {
    "net": set(),
    "storage": set(),
    "values": set(),
    "api": set(),
    "changes": {"storage", "values"},
    "tables": {"changes", "storage", "values"},
    "identity": {"api", "tables", "storage"},
    "services": {"api", "identity", "tables", "changes", "storage", "values"},
    # The gateway hands net's requests on, hence its one arrow more than the parts it speaks for.
    "wire": {"api", "identity", "net"},
    "workers": {"services", "tables", "changes", "storage", "values"},
}
FILES = sorted((SOURCE / "jedlik").rglob("*.py"))


def part_of(module: str) -> str:
    """jedlik.storage.waist -> storage; "" for the package itself."""
    return (module.split(".") + [""])[1]


def imports_of(file: Path) -> Iterator[tuple[int, str]]:
    """Line and absolute name of every import, wherever in the file it stands."""
    module = ".".join(file.relative_to(SOURCE).with_suffix("").parts)
    package = module.removesuffix(".__init__") if file.stem == "__init__" else module
    for node in ast.walk(ast.parse(file.read_text(), str(file))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                up = node.level - (file.stem == "__init__")
                parts = package.split(".")
                base = ".".join([*parts[: len(parts) - up], *([base] if base else [])])
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE / "jedlik")))
def test_no_import_runs_upwards(file: Path) -> None:
    own = part_of(".".join(file.relative_to(SOURCE).parts))
    if own not in ARROWS:
        return
    wrong = [
        f"{file.relative_to(SOURCE)}:{line} imports {name}"
        for line, name in imports_of(file)
        if name.split(".")[0] == "jedlik" and part_of(name) not in ARROWS[own] | {own}
    ]
    assert not wrong, f"{own} may import {sorted(ARROWS[own]) or 'nothing of ours'}: {wrong}"


def test_every_folder_of_the_house_is_in_the_table() -> None:
    folders = {p.name for p in (SOURCE / "jedlik").iterdir() if (p / "__init__.py").exists()}
    assert folders - ARROWS.keys() == {"cli", "samples"}


def test_the_reader_of_imports_sees_them_all(tmp_path: Path) -> None:
    # The guard itself, against every way to write an import.
    file = SOURCE / "jedlik" / "storage" / "probe.py"
    text = (
        "import os\nimport jedlik.tables.model as m\nfrom ..values import sizes\n"
        "from . import waist\ndef f():\n    from jedlik import api\n"
    )
    probe = _Probe(file, text)
    assert sorted(name for _, name in imports_of(probe)) == [  # type: ignore[arg-type]
        "jedlik.api",
        "jedlik.storage.waist",
        "jedlik.tables.model",
        "jedlik.values.sizes",
        "os",
    ]


def test_the_server_never_needs_the_test_libraries() -> None:
    wrong = [
        f"{file.relative_to(SOURCE)}:{line} imports {name}"
        for file in FILES
        for line, name in imports_of(file)
        if name.split(".")[0] in {"boto3", "botocore", "pytest", "hypothesis", "requests"}
    ]
    assert not wrong


class _Probe:
    """A file that is not there, for `imports_of`."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.text, self.stem = path, text, path.stem

    def relative_to(self, other: Path) -> Path:
        return self.path.relative_to(other)

    def read_text(self) -> str:
        return self.text
