"""The methods of DAX: their numbers, and how many arguments follow each."""

from __future__ import annotations

from typing import NamedTuple

SERVICE = 1

AUTHORIZE_CONNECTION = 1489122155
ENDPOINTS = 455855874
DEFINE_KEY_SCHEMA = -742646399
DEFINE_ATTRIBUTE_LIST_ID = -1230579644
DEFINE_ATTRIBUTE_LIST = 670678385
GET_ITEM = 263244906


class Method(NamedTuple):
    """operation: the name of the DynamoDB operation it carries, "" for those of DAX itself."""

    name: str
    arguments: int
    operation: str = ""


METHODS = {
    AUTHORIZE_CONNECTION: Method("authorizeConnection", 5),
    ENDPOINTS: Method("endpoints", 0),
    DEFINE_KEY_SCHEMA: Method("defineKeySchema", 1),
    DEFINE_ATTRIBUTE_LIST_ID: Method("defineAttributeListId", 1),
    DEFINE_ATTRIBUTE_LIST: Method("defineAttributeList", 1),
    GET_ITEM: Method("getItem", 3, "GetItem"),
    -2106490455: Method("putItem", 4, "PutItem"),
    1425579023: Method("updateItem", 3, "UpdateItem"),
    1013539361: Method("deleteItem", 3, "DeleteItem"),
    -931250863: Method("query", 3, "Query"),
    -1875390620: Method("scan", 2, "Scan"),
    -697851100: Method("batchGetItem", 2, "BatchGetItem"),
    116217951: Method("batchWriteItem", 2, "BatchWriteItem"),
    1866287579: Method("transactGetItems", 4, "TransactGetItems"),
    -1160037738: Method("transactWriteItems", 9, "TransactWriteItems"),
}
"""What the clients send. Others are named in their sources; how long those are, nobody says."""
