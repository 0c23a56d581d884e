"""Amazon DynamoDB Streams, API version 2012-08-10: a file per operation, and nothing that lasts.

A stream's shards are stretches of its table's log (`tables/streams.py`), an iterator is a position
in one, signed and dated, and a record's view is made when it is read.
"""
