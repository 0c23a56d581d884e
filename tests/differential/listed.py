"""The differences that docs/differences.md owns up to, as patterns that a found one must match.

The document's tables under "Measured" are read by this file: each row is

    | id | operations | peer | Jedlik | why |

The two answers are one or more alternatives in back quotes, in which `…` stands for any text.
Several operations are separated by spaces; `*` is any. Ids that begin with L tell differences
from DynamoDB Local, with D from dynalite. An entry that matched nothing in a whole run is stale
and fails it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "differences.md"
PEERS = {"L": "local", "D": "dynalite"}


@dataclass(frozen=True)
class Entry:
    name: str
    peer_name: str
    operations: tuple[str, ...]
    peer: tuple[re.Pattern[str], ...]
    mine: tuple[re.Pattern[str], ...]
    why: str

    def covers(self, peer_name: str, operation: str, peer: str, mine: str) -> bool:
        if peer_name != self.peer_name:
            return False
        if "*" not in self.operations and operation not in self.operations:
            return False
        return any(pattern.fullmatch(peer) for pattern in self.peer) and any(
            pattern.fullmatch(mine) for pattern in self.mine
        )


class Listed:
    """The entries, and how often each was needed."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        self.used: Counter[str] = Counter()
        names = [entry.name for entry in entries]
        assert len(names) == len(set(names)), "two entries of one id in docs/differences.md"

    def covers(self, peer_name: str, operation: str, peer: str, mine: str) -> bool:
        """Is this line of a difference owned up to?  Counts the entry's use."""
        for entry in self.entries:
            if entry.covers(peer_name, operation, peer, mine):
                self.used[entry.name] += 1
                return True
        return False

    def stale(self) -> list[str]:
        return [entry.name for entry in self.entries if not self.used[entry.name]]


def load(document: Path = DOCUMENT) -> Listed:
    rows = [
        _cells(line)
        for line in document.read_text().splitlines()
        if re.match(r"\| *[A-Z]+\d+ *\|", line)
    ]
    return Listed([_entry(row) for row in rows])


def _cells(line: str) -> list[str]:
    """The cells of a table's row; `\\|` is a bar inside a cell."""
    cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
    return [cell.replace("\\|", "|").strip() for cell in cells]


def _entry(row: list[str]) -> Entry:
    name, operations, peer, mine, why = row
    assert why, f"{name} in docs/differences.md does not say why"
    return Entry(
        name=name,
        peer_name=PEERS[name[0]],
        operations=tuple(operations.split()),
        peer=_alternatives(peer),
        mine=_alternatives(mine),
        why=why,
    )


def _alternatives(cell: str) -> tuple[re.Pattern[str], ...]:
    """The texts in back quotes; doubled ones may hold single ones."""
    found = re.findall(r"`` ?(.+?) ?``|`([^`]+)`", cell)
    assert found, f"no answer in back quotes in {cell!r}"
    return tuple(_pattern(doubled or single) for doubled, single in found)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, text.split("…"))), re.DOTALL)
