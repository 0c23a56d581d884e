"""Logs Insights' query language: commands, one after the other, over log events.

`tokens.py` and `parsing.py` read a query into the shapes of `syntax.py`; `expressions.py` makes
functions of its expressions, with those of `functions.py` and `aggregates.py`; `stages.py` makes a
pipeline of its commands. `__main__.py` is the program of a process of its own, which gets a query
and events and answers with rows: a query's regular expressions can take for ever, and its sums all
memory. Nothing here imports anything of ours but this package.
"""
