"""What the program says: frames of a letter, a length of four bytes, and so many bytes.

R  results       P, S  progress, and the last of it: JSON of three numbers       F  a fault
"""

from __future__ import annotations

import struct
from typing import BinaryIO

PROGRAM = "jedlik.services.s3_select"
RESULTS, PROGRESS, STATISTICS, FAULT = b"R", b"P", b"S", b"F"
HEAD = struct.Struct(">cI")


def send(out: BinaryIO, kind: bytes, content: bytes) -> None:
    out.write(HEAD.pack(kind, len(content)) + content)
    out.flush()
