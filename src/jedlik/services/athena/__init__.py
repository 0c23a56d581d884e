"""Amazon Athena, API version 2017-05-18: SQL over objects in our S3, by DuckDB.

A file per operation. `sql/` reads statements and puts queries into DuckDB's words; `running.py`
runs them one after the other, each query in a process of its own, whose program is `engine/`;
`results.py` writes and reads what came of them. Databases and tables are Glue's
(`services/glue/store.py`). Nothing here imports DuckDB or sqlglot until a query is there.
"""
