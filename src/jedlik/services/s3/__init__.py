"""Amazon S3, API version 2006-03-01: buckets and objects. A file per operation.

`store.py` has the rules by which versions come and go, `storage/blobs.py` the bytes, `wire/s3.py`
the way of a request. Other services of ours use `Objects` and, where they act for a client,
`asked`, and nothing else of it; they need not speak HTTP.
"""

from __future__ import annotations

from .access import asked
from .errors import S3Error
from .objects import ObjectInfo, Objects, ObjectWriter

__all__ = ["ObjectInfo", "ObjectWriter", "Objects", "S3Error", "asked"]
