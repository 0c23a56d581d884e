"""Amazon Kinesis Data Streams, API version 2013-12-02: a file per operation.

`records.py` says what a stream is, `shards.py` how its hash keys are cut, `store.py` keeps both and
appends to the log, `reading.py` reads it, `meters.py` counts what shards may take. What lasts a
moment (CREATING, UPDATING, DELETING) is ended by `workers/kinesis.py`.
"""

from .records import LogRecord, Stream, encode
from .store import Store, StreamGone

__all__ = ["LogRecord", "Store", "Stream", "StreamGone", "encode"]
