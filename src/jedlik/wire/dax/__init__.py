"""The wire protocol of DAX: CBOR items over TCP, as AWS's clients speak it (docs/dax-protocol.md).

`conversation.py` is one connection, top to bottom; `cbor.py` reads what cannot be trusted;
`requests.py` and `replies.py` translate to and from the JSON forms of the DynamoDB operations, so
that the data plane has one set of handlers whatever the door.
"""
