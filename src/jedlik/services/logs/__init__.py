"""CloudWatch Logs, API version 2014-03-28: groups, streams, events, retention, tags.

A file per operation. `store.py` keeps everything and is what other services of ours write to;
`patterns.py` reads filter patterns, `insights/` the queries of Logs Insights, which `querying.py`
runs; `workers/log_retention.py` forgets what is too old.
"""
