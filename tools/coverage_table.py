"""Write docs/coverage.md: which operations of each AWS API are there. `--check` only compares.

Made from the code: an operation is there if a file of its service's folder declares it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

from jedlik.api.operation import Registry, load_registry
from jedlik.services import dynamodb

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "docs" / "coverage.md"
SERVICES: dict[str, tuple[str, ModuleType]] = {"dynamodb": ("Amazon DynamoDB", dynamodb)}


def main() -> int:
    fresh = text(load_registry([package for _, package in SERVICES.values()]))
    if "--check" in sys.argv[1:]:
        if TABLE.read_text() == fresh:
            return 0
        print(f"{TABLE.relative_to(ROOT)} is stale: run python tools/coverage_table.py")
        return 1
    TABLE.write_text(fresh)
    return 0


def text(registry: Registry) -> str:
    lines = [
        "# Coverage",
        "",
        "Generated from the code by `tools/coverage_table.py`; a test compares. Operations that",
        "are not there answer `UnknownOperationException`, as AWS does for a name it has not got.",
    ]
    for name, (title, _) in SERVICES.items():
        service = registry.services[name]
        everything = sorted(service.model.operations)
        there = [each for each in everything if each in service.operations]
        missing = [each for each in everything if each not in service.operations]
        lines += [
            "",
            f"## {title}",
            "",
            f"{len(there)} of {len(everything)} operations.",
            "",
            "| operation | there | access |",
            "| --- | --- | --- |",
            *(f"| {each} | yes | {service.operations[each].access} |" for each in there),
            *(f"| {each} | not yet | |" for each in missing),
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
