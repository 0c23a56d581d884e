"""Amazon Data Firehose, API version 2015-08-04: a file per operation.

`records.py` says what a delivery stream is, `store.py` keeps it and its buffer, `sourcing.py` fills
the buffer from a Kinesis stream, `delivering.py` empties it into S3; `prefixes.py`, `processing.py`
and `compression.py` are what happens on the way. `workers/firehose.py` drives both.
"""
