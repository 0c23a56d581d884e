"""Regular expressions of the service models, which are written for Java, as Python reads them.

\\p{Print}                      -> [ -~]
\\p{L}, \\p{Zs}                  -> the characters of a Unicode category, up to U+FFFF and beyond
\\uD800\\uDC00-\\uDBFF\\uDFFF    -> the characters beyond U+FFFF, which Java sees in halves
\\w, \\d                        -> those of ASCII
"""

from __future__ import annotations

import functools
import re
import unicodedata

_CLASSES = {
    r"\p{Print}": r"\x20-\x7E",
    r"\uD800\uDC00-\uDBFF\uDFFF": "\U00010000-\U0010ffff",
}


_CATEGORY = re.compile(r"\\p\{([A-Z][a-z]?)\}")
_category = unicodedata.category
_SEPARATORS_END, _ASSIGNED_END = 0x3001, 0x20000
"""Behind the last blank, and behind the last mark, sign or symbol."""


@functools.cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The expression of a model, ready to match. Raises re.error for what neither side knows."""
    for java, python in _CLASSES.items():
        if java.startswith(r"\p") and f"[{java}" not in pattern:
            pattern = pattern.replace(java, f"[{python}]")
        pattern = pattern.replace(java, python)
    if r"\p{" not in pattern:
        return re.compile(pattern, re.ASCII)
    # Letters and numbers are what Python calls \w, but for the underscore.
    return re.compile(_CATEGORY.sub(lambda found: _characters(found[1]), pattern))


@functools.cache
def _characters(category: str) -> str:
    """What stands for a category within brackets: "Zs" for blanks. Slow the first time."""
    if category in ("L", "N"):
        return r"\w"
    end = _SEPARATORS_END if category.startswith("Z") else _ASSIGNED_END
    ranges: list[list[int]] = []
    for code in range(end):
        if _category(chr(code)).startswith(category):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in ranges)
