"""What pyproject.toml cannot say: a wheel carries the compiled modules where they can be made.

Without Cython's or a C compiler's help, or with JEDLIK_COMPILED=0, the wheel is pure Python and
serves every platform. An editable install is not compiled here: `make` does that.
"""

from __future__ import annotations

import sys
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tools import compile  # noqa: E402


def wanted() -> bool:
    return not compile.compiled.refused() and not compile.wanting()


class Build(build_py):
    def run(self) -> None:
        super().run()
        if wanted() and not self.editable_mode:
            source = Path(self.build_lib).resolve()
            folder = source / "jedlik" / "_compiled"
            print(compile.compile_all(source, folder), file=sys.stderr)
            compile.leave_only_what_is_used(folder)  # the rest would be packed, too


class PerPlatform(Distribution):
    def has_ext_modules(self) -> bool:
        return wanted()


setup(cmdclass={"build_py": Build}, distclass=PerPlatform)
