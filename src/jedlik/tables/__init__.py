"""The database: catalog of tables, items, indexes, expressions, read paths, and the one write door.

Called by `services/` and `workers/`. Knows nothing of HTTP, of AWS's protocols, or of who is asking.
"""
