"""Athena's SQL: statements are taken apart here, and queries put into DuckDB's words.

`lexer.py` and `ddl.py` read Hive's statements by hand; `statements.py` tells what a statement is;
`translate.py`, `unnest.py` and `functions.py` need sqlglot. `plan.py` puts together what the engine
is told.
"""
