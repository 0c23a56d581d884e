"""Amazon Athena, API version 2017-05-18: SQL over objects in our S3, by DuckDB.

A file per operation. `sql/` reads statements and puts queries into DuckDB's words; `running.py`
runs them, some at a time, each query in a process of its own, whose program is `engine/`;
`actions.py` does what they ask of the catalog, `making.py` whatever is a query or has one;
`results.py` writes and reads what came of them. Databases and tables are Glue's
(`services/glue/store.py`). Nothing here imports DuckDB or sqlglot until a query is there.
"""
