"""The program in which one query runs: `python -m jedlik.services.athena.engine`.

A process of its own, so that a query can be ended at any moment, takes no more than it is given,
and nothing that DuckDB does touches the server. It is told everything in one JSON on standard input
(`sql/plan.py` makes it), reads and writes files of its folder and no others, and answers one JSON.
It has no credentials, no environment and no way to the server.
"""
