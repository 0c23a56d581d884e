"""AWS Glue, API version 2017-03-31: the Data Catalog, as far as clients of Athena need it.

A file per operation. `store.py` keeps databases, tables and partitions as Glue's own JSON;
`services/athena/` reads and changes the same through `Catalog`, and nothing else of this.
"""

from __future__ import annotations

from .store import AlreadyThere, Catalog, Document, NotThere

__all__ = ["AlreadyThere", "Catalog", "Document", "NotThere"]
