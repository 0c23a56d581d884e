"""The compiled form of the hot modules: taken where it was built from exactly these sources.

`tools/compile.py` makes C of some modules by Cython, where there is a C compiler, and lays the
results into `_compiled/`:

    _compiled/manifest.json                        {"suffix": …, "modules": {name: fingerprint}}
    _compiled/jedlik.net.http-FINGER….cpython-….so instead of net/http.py

A finder in front of Python's own gives such a module when it is imported and its fingerprint is
still that of its sources; else Python's own finds the source, as if nothing were here. So a source
that was edited is what runs, and each module may be in either form. A library's name says of which
sources it is, so new ones come beside old ones and the manifest alone decides, in one stroke.
JEDLIK_COMPILED=0 refuses all of them. Imports nothing of ours: it runs before anything else.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from hashlib import sha256
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

VARIABLE = "JEDLIK_COMPILED"
PACKAGE = Path(__file__).parent
FOLDER = PACKAGE / "_compiled"
MANIFEST = "manifest.json"
SUFFIX = EXTENSION_SUFFIXES[0]


class Finder:
    """A meta path finder for the compiled modules of one folder."""

    def __init__(self, fingerprints: dict[str, str], folder: Path) -> None:
        self._fingerprints = fingerprints
        self._folder = folder
        self.taken: list[str] = []
        self.stale: list[str] = []

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """As importlib asks: the compiled module, or None to look elsewhere."""
        wanted = self._fingerprints.get(name)
        if wanted is None:
            return None
        file = library(name, wanted, self._folder)
        if fingerprint(sources_of(name, PACKAGE.parent)) != wanted or not file.exists():
            self.stale.append(name)
            return None
        self.taken.append(name)
        return spec_from_file_location(name, file, loader=ExtensionFileLoader(name, str(file)))


def install() -> None:
    """Prefer compiled modules from now on, unless they are refused or there are none."""
    fingerprints = {} if refused() else manifest()
    if fingerprints:
        sys.meta_path.insert(0, Finder(fingerprints, FOLDER))


def refused() -> bool:
    """Whether compiled modules are neither to be taken nor to be made."""
    return os.environ.get(VARIABLE, "1").lower() in ("0", "false", "no", "off")


def manifest(folder: Path = FOLDER) -> dict[str, str]:
    """The fingerprints of what was compiled for this Python, by module; empty if nothing was."""
    try:
        found = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return {}
    return dict(found["modules"]) if found.get("suffix") == SUFFIX else {}


def library(name: str, mark: str, folder: Path) -> Path:
    """Where the compiled form of a module is, if it is: of the sources with that fingerprint."""
    return folder / f"{name}-{mark[:16]}{SUFFIX}"


def form() -> str:
    """Which form runs: "python", "compiled", or "partly compiled" where sources have changed."""
    for finder in sys.meta_path:
        if isinstance(finder, Finder) and finder.taken:
            return "partly compiled" if finder.stale else "compiled"
    return "python"


def sources_of(name: str, root: Path) -> list[Path]:
    """Everything a compiled module is made of. Where a `.pyx` stands beside the `.py`, it is the
    compiled form, but the two belong together, with what it includes: `jedlik/NAME.pxi`."""
    source = root.joinpath(*name.split("."))
    twin = source.with_suffix(".pyx")
    files = [source.with_suffix(".py"), source.with_suffix(".pxd")]
    if twin.exists():
        files += [twin, *sorted(source.parent.glob("*.h")), *_included(twin, root)]
    return [file for file in files if file.exists()]


def _included(twin: Path, root: Path) -> list[Path]:
    lines = twin.read_text("utf-8").splitlines()
    return [root / line.split('"')[1] for line in lines if line.startswith('include "')]


def fingerprint(files: Sequence[Path]) -> str:
    """What changes whenever one of the files does."""
    return sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()
