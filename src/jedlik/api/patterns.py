"""Regular expressions of the service models, which are written for Java, as Python reads them.

\\p{Print}                      -> [ -~]
\\uD800\\uDC00-\\uDBFF\\uDFFF    -> the characters beyond U+FFFF, which Java sees in halves
"""

from __future__ import annotations

import functools
import re

_CLASSES = {
    r"\p{Print}": r"\x20-\x7E",
    r"\uD800\uDC00-\uDBFF\uDFFF": "\U00010000-\U0010ffff",
}


@functools.cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The expression of a model, ready to match. Raises re.error for what neither side knows."""
    for java, python in _CLASSES.items():
        if java.startswith(r"\p") and f"[{java}" not in pattern:
            pattern = pattern.replace(java, f"[{python}]")
        pattern = pattern.replace(java, python)
    return re.compile(pattern)
