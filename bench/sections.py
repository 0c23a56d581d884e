"""docs/performance.md has sections of several benchmarks; each replaces its own and no other.

A section of another benchmark stands between `<!-- name -->` and `<!-- /name -->`; everything
outside such marks is `make bench`'s.
"""

from __future__ import annotations

import re

POSTGRES = "bench-postgres"
OVERHEAD = "bench-overhead"
_MARKED = re.compile(r"<!-- (?P<name>[a-z-]+) -->\n.*?<!-- /(?P=name) -->\n", re.DOTALL)


def with_section(report: str, name: str, body: str) -> str:
    """The report with this section in place of its former one, or at its end."""
    kept = [found[0] for found in _MARKED.finditer(report) if found["name"] != name]
    fresh = f"<!-- {name} -->\n{body.strip()}\n<!-- /{name} -->\n"
    return _joined(_MARKED.sub("", report), [*kept, fresh])


def with_sections_of(report: str, former: str) -> str:
    """A new report of `make bench`, followed by the others' sections of the former one."""
    return _joined(report, [found[0] for found in _MARKED.finditer(former)])


def _joined(report: str, sections: list[str]) -> str:
    return "\n".join([report.rstrip("\n") + "\n", *sections])
