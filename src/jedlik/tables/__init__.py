"""The database: catalog, items, indexes, expressions, read paths, and the one write door.

Called by `services/` and `workers/`. Knows nothing of HTTP, AWS's protocols, or who is asking.
"""
