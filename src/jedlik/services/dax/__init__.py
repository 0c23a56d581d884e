"""Amazon DynamoDB Accelerator (DAX), API version 2017-04-19: clusters, their nodes, their caches.

A file per operation of the control plane; `clusters.py` holds what runs, `item_cache.py` and
`query_cache.py` what a node remembers. The wire protocol of the data plane is `wire/dax`.
"""
