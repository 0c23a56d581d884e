"""The forms that a module can have: as its source stands, and compiled where that was done.

@pytest.fixture(params=forms_of("jedlik.net.rest"), ids=str)
def rest(request): yield from request.param.modules()
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.machinery import ExtensionFileLoader, SourceFileLoader
from pathlib import Path
from types import ModuleType

from jedlik import compiled


@dataclass(frozen=True)
class Form:
    name: str
    module: str
    file: Path

    def __str__(self) -> str:
        return self.name

    def modules(self) -> Iterator[ModuleType]:
        """The module, loaded beside the one that is imported; for `yield from` in a fixture."""
        loader = SourceFileLoader if self.file.suffix == ".py" else ExtensionFileLoader
        spec = importlib.util.spec_from_file_location(
            self.module, self.file, loader=loader(self.module, str(self.file))
        )
        assert spec is not None and spec.loader is not None
        kept = sys.modules.get(self.module)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        if kept is not None:
            sys.modules[self.module] = kept
        yield module


def forms_of(module: str) -> list[Form]:
    """The Python form, and the compiled one if it is there and of these sources."""
    source = compiled.PACKAGE.parent.joinpath(*module.split("."))
    found = [Form("python", module, source.with_suffix(".py"))]
    wanted = compiled.manifest().get(module)
    mark = compiled.fingerprint(compiled.sources_of(module, compiled.PACKAGE.parent))
    file = compiled.library(module, mark, compiled.FOLDER)
    if wanted == mark and file.exists() and not compiled.refused():
        found.append(Form("compiled", module, file))
    return found
