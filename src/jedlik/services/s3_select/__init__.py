"""The program in which one SelectObjectContent runs: `python -m jedlik.services.s3_select`.

    line of JSON, then the object's bytes  --stdin-->  program  --stdout-->  frames (frames.py)

A process of its own, because looking at every record of a large object takes a processor. It has no
environment, no credentials and no files: what it does not get on standard input it cannot see.
`sql.py` reads the expression, `evaluating.py` makes functions of it (`functions.py` and `values.py`
are what they compute with), `inputs.py` makes records of bytes and `outputs.py` bytes of results.
Source of the language: S3 user guide, "SQL reference for Amazon S3 Select".

Beside S3, not in it, so that the program starts without all of S3: it imports nothing of ours.
"""

from __future__ import annotations

from .faults import Fault
from .frames import FAULT, HEAD, PROGRAM, RESULTS, STATISTICS
from .sql import read

__all__ = ["FAULT", "HEAD", "PROGRAM", "RESULTS", "STATISTICS", "Fault", "read"]
