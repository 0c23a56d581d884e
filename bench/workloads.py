"""What is asked: tables, items and signed requests, and how right answers look.

All keys are spread over KEYS items (`pk` = "k000123"), values are WIDTH bytes of letters; the
requests' order comes from the seed. Requests carry the headers that boto3 sends.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.support.raw import Raw, sign

KEYS = 10_000
WIDTH = 1000
QUERY_PARTITIONS = 20
QUERY_ITEMS = 100
BATCH_ITEMS = 25
TABLE = "bench"
WARM = {"WarmThroughput": {"ReadUnitsPerSecond": 40_000, "WriteUnitsPerSecond": 40_000}}
COUNTERS = "bench-counters"
LISTS = "bench-lists"
USER_AGENT = "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux md/arch#x86_64 lang/python#3.11.7"


@dataclass(frozen=True)
class Workload:
    name: str
    operation: str
    count: int  # distinct requests
    body: Callable[[Random, int], dict[str, Any]]  # of request n
    right: Callable[[dict[str, Any], dict[str, Any]], bool]  # request, answer


def key(n: int) -> str:
    return f"k{n:06d}"


def value(n: int) -> str:
    return (f"{n:06d}-" * (WIDTH // 7 + 1))[:WIDTH]


def _get(r: Random, n: int) -> dict[str, Any]:
    return {"TableName": TABLE, "Key": {"pk": {"S": key(n)}}, "ConsistentRead": True}


def _got(request: dict[str, Any], answer: dict[str, Any]) -> bool:
    wanted = request["Key"]["pk"]["S"]
    return answer["Item"] == {"pk": {"S": wanted}, "v": {"S": value(int(wanted[1:]))}}


def _put(r: Random, n: int) -> dict[str, Any]:
    # The value that _got looks for, so that reads stay right after writes.
    return {"TableName": TABLE, "Item": {"pk": {"S": key(n)}, "v": {"S": value(n)}}}


def _update(r: Random, n: int) -> dict[str, Any]:
    return {
        "TableName": COUNTERS,
        "Key": {"pk": {"S": key(n)}},
        "UpdateExpression": "ADD hits :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }


def _query(r: Random, n: int) -> dict[str, Any]:
    return {
        "TableName": LISTS,
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": key(n % QUERY_PARTITIONS)}},
        "ConsistentRead": True,
    }


def _queried(request: dict[str, Any], answer: dict[str, Any]) -> bool:
    wanted = request["ExpressionAttributeValues"][":pk"]
    items = answer["Items"]
    return (
        answer["Count"] == len(items) == QUERY_ITEMS
        and all(item["pk"] == wanted for item in items)
        and [int(item["sk"]["N"]) for item in items] == list(range(QUERY_ITEMS))
    )


def _batch(r: Random, n: int) -> dict[str, Any]:
    first = n * BATCH_ITEMS
    return {
        "RequestItems": {
            TABLE: [
                {"PutRequest": {"Item": _put(r, (first + i) % KEYS)["Item"]}}
                for i in range(BATCH_ITEMS)
            ]
        }
    }


def _empty(request: dict[str, Any], answer: dict[str, Any]) -> bool:
    # Moto tells the consumed capacity though nobody asked.
    return answer.keys() <= {"ConsumedCapacity"}


def _all_written(request: dict[str, Any], answer: dict[str, Any]) -> bool:
    return not answer.get("UnprocessedItems")


WORKLOADS = [
    Workload("GetItem", "GetItem", KEYS, _get, _got),
    Workload("PutItem 1 KB", "PutItem", KEYS, _put, _empty),
    Workload("UpdateItem ADD", "UpdateItem", KEYS, _update, _empty),
    Workload("Query 100 × 1 KB", "Query", QUERY_PARTITIONS * 50, _query, _queried),
    Workload(
        "BatchWriteItem 25 × 1 KB", "BatchWriteItem", KEYS // BATCH_ITEMS, _batch, _all_written
    ),
]


def fill(raw: Raw, *, warm: bool = False) -> None:
    """Make the tables and the items that the workloads ask for. warm: tables that take at once as
    much as AWS's quotas allow."""
    for name, sort in ((TABLE, False), (COUNTERS, False), (LISTS, True)):
        _create(raw, name, sort, WARM if warm else {})
    _write(raw, TABLE, [_put(Random(), n)["Item"] for n in range(KEYS)])
    _write(
        raw,
        LISTS,
        [
            {"pk": {"S": key(p)}, "sk": {"N": str(n)}, "v": {"S": value(n)}}
            for p in range(QUERY_PARTITIONS)
            for n in range(QUERY_ITEMS)
        ],
    )


def counted(raw: Raw) -> int:
    """The sum of all counters: how many UpdateItems were carried out."""
    total, body = 0, {"TableName": COUNTERS, "ConsistentRead": True}
    while True:
        page = raw.call("Scan", body).json
        total += sum(int(item["hits"]["N"]) for item in page["Items"])
        if "LastEvaluatedKey" not in page:
            return total
        body["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def requests(
    workload: Workload, host: str, seed: int, keys: tuple[str, str] | None = None
) -> list[tuple[bytes, dict[str, Any]]]:
    """Signed requests in their shuffled order, and their bodies for the checks. keys: access key
    and secret, where they are not those that nobody knows."""
    r = Random(f"{workload.name} {seed}")
    order = list(range(workload.count))
    r.shuffle(order)
    made = []
    for n in order:
        body = workload.body(r, n)
        sent = json.dumps(body).encode()
        made.append((_http(host, workload.operation, sent, keys), body))
    return made


def _http(host: str, operation: str, body: bytes, keys: tuple[str, str] | None) -> bytes:
    if keys is None:
        signed = sign(host, operation, body)
    else:
        signed = sign(host, operation, body, access_key=keys[0], secret_key=keys[1])
    headers = {
        "Host": host,
        "Accept-Encoding": "identity",
        "X-Amz-Target": signed["X-Amz-Target"],
        "Content-Type": signed["Content-Type"],
        "User-Agent": USER_AGENT,
        "X-Amz-Date": signed["X-Amz-Date"],
        "Authorization": signed["Authorization"],
        "amz-sdk-invocation-id": str(uuid.uuid4()),
        "amz-sdk-request": "attempt=1",
        "Content-Length": str(len(body)),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST / HTTP/1.1\r\n{head}\r\n".encode() + body


def _create(raw: Raw, name: str, sort: bool, more: dict[str, Any]) -> None:
    keys = [("pk", "S", "HASH")] + ([("sk", "N", "RANGE")] if sort else [])
    answer = raw.call(
        "CreateTable",
        {
            "TableName": name,
            "AttributeDefinitions": [
                {"AttributeName": a, "AttributeType": kind} for a, kind, _ in keys
            ],
            "KeySchema": [{"AttributeName": a, "KeyType": role} for a, _, role in keys],
            "BillingMode": "PAY_PER_REQUEST",
            **more,
        },
    )
    assert answer.status == 200, answer.body
    while raw.call("DescribeTable", {"TableName": name}).json["Table"]["TableStatus"] != "ACTIVE":
        pass


def _write(raw: Raw, table: str, items: list[dict[str, Any]]) -> None:
    for first in range(0, len(items), BATCH_ITEMS):
        puts = [{"PutRequest": {"Item": i}} for i in items[first : first + BATCH_ITEMS]]
        answer = raw.call("BatchWriteItem", {"RequestItems": {table: puts}})
        assert answer.status == 200 and not answer.json.get("UnprocessedItems"), answer.body
