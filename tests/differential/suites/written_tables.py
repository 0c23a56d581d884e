"""Hand-written requests for the operations on tables, most of them wrong."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from tests.differential.suite import Step, Suite, index, key_schema, table

T = "written-tables"
UNITS = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}


def suites() -> list[Suite]:
    def steps(_: Random) -> Iterator[Step]:
        for n, body in enumerate(creates()):
            name = body.get("TableName", f"{T}-{n}")
            yield Step("CreateTable", {"TableName": name, **body})
            # Where one server takes what the other refuses, both shall have no table after it.
            yield Step("DeleteTable", {"TableName": name}, only_status=True)
        yield from lives()
        yield from others()

    # DynamoDB Local words nearly all of these in its own way: dynalite is asked for the texts.
    return [Suite(T, (table(T, "pk:S sk:N"),), steps, texts=False)]


def creates() -> Iterator[dict[str, Any]]:
    """CreateTable bodies; a name is given by the caller where there is none."""

    def create(keys: str = "pk:S", **more: Any) -> dict[str, Any]:
        body = table("", keys, **more)
        if "TableName" not in more:
            del body["TableName"]
        return {name: value for name, value in body.items() if value is not None}

    yield create()
    yield create("pk:S sk:N")
    for name in ("ab", "a b", "", "a" * 256, "é" * 4, "x/y", T):
        yield create(TableName=name)
    for attributes in ([], [["pk", "N"]], [["pk", "S"], ["pk", "S"]], [["pk", "S"], ["x", "S"]],
                       [["x", "S"]], [["pk", "X"]], [["pk", "BOOL"]], [["", "S"]],
                       [["p" * 256, "S"]], [["pk", "S"], ["pk", "N"]]):  # fmt: skip
        defined = [{"AttributeName": a, "AttributeType": kind} for a, kind in attributes]
        yield create(AttributeDefinitions=defined)
    for schema in ([], [["pk", "RANGE"]], [["pk", "HASH"], ["pk", "RANGE"]],
                   [["pk", "HASH"], ["sk", "HASH"]], [["sk", "RANGE"], ["pk", "HASH"]],
                   [["pk", "HASH"], ["sk", "RANGE"], ["x", "RANGE"]], [["pk", "hash"]],
                   [["pk", "RANGE"], ["sk", "RANGE"]], [["nope", "HASH"]],
                   [["pk", "HASH"], ["nope", "RANGE"]]):  # fmt: skip
        keys = [{"AttributeName": a, "KeyType": role} for a, role in schema]
        yield create("pk:S sk:N", KeySchema=keys)
    for units in (None, {}, {"ReadCapacityUnits": 1},
                  {"ReadCapacityUnits": 0, "WriteCapacityUnits": 1},
                  {"ReadCapacityUnits": -1, "WriteCapacityUnits": 1},
                  {"ReadCapacityUnits": 2**53, "WriteCapacityUnits": 1},
                  {"ReadCapacityUnits": "1", "WriteCapacityUnits": 1}):  # fmt: skip
        yield create(ProvisionedThroughput=units)
        yield create(ProvisionedThroughput=units, BillingMode="PROVISIONED")
        yield create(ProvisionedThroughput=units, BillingMode="PAY_PER_REQUEST")
    yield create(BillingMode="FREE")
    yield from _local_indexes(create)
    yield from _global_indexes(create)
    for stream in ({}, {"StreamEnabled": True}, {"StreamEnabled": False},
                   {"StreamViewType": "KEYS_ONLY"},
                   {"StreamEnabled": True, "StreamViewType": "NOPE"},
                   {"StreamEnabled": False, "StreamViewType": "KEYS_ONLY"},
                   {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}):  # fmt: skip
        yield create(StreamSpecification=stream)
    for tags in ([], [{"Key": "a", "Value": "b"}], [{"Key": "", "Value": "b"}],
                 [{"Key": "a"}], [{"Key": "k" * 129, "Value": "b"}],
                 [{"Key": "a", "Value": "v" * 257}], [{"Key": "aws:x", "Value": "b"}],
                 [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}],
                 [{"Key": f"k{n}", "Value": "v"} for n in range(51)]):  # fmt: skip
        yield create(Tags=tags)
    for sse in ({}, {"Enabled": True}, {"Enabled": False}, {"SSEType": "AES256"},
                {"Enabled": True, "SSEType": "KMS"}, {"KMSMasterKeyId": "x"}):  # fmt: skip
        yield create(SSESpecification=sse)
    for chosen in ("STANDARD", "STANDARD_INFREQUENT_ACCESS", "GOLD"):
        yield create(TableClass=chosen)
    yield create(DeletionProtectionEnabled="maybe")


def _local_indexes(create: Any) -> Iterator[dict[str, Any]]:
    def local(*indexes: Any, keys: str = "pk:S sk:N", attributes: str = "l:S") -> dict[str, Any]:
        made: dict[str, Any] = create(
            keys, attributes=attributes, LocalSecondaryIndexes=list(indexes)
        )
        return made

    good = index("byL", "pk", "l", local=True)
    yield local(good)
    yield local(good, keys="pk:S")
    yield local()
    yield local(good, good)
    yield local(index("byL", "l", "sk", local=True))
    yield local(index("byL", "pk", local=True), attributes="")
    yield local(index("byL", "pk", "pk", local=True), attributes="")
    yield local(index("byL", "pk", "nope", local=True))
    yield local(index("ab", "pk", "l", local=True))
    yield local(index("i" * 256, "pk", "l", local=True))
    yield local(index("a b c", "pk", "l", local=True))
    yield local(index("byL", "pk", "sk", local=True), attributes="")
    yield local(*(index(f"by{n}xx", "pk", "l", local=True) for n in range(6)))
    yield local({"IndexName": "byL", "KeySchema": key_schema("pk", "l")})
    yield local({**good, "KeySchema": []})
    yield local({**good, "KeySchema": [*key_schema("pk", "l"), *key_schema("sk")]})
    for projection in _projections():
        yield local({**good, "Projection": projection})


def _projections() -> Iterator[dict[str, Any]]:
    yield {}
    yield {"ProjectionType": "SOME"}
    yield {"ProjectionType": "ALL", "NonKeyAttributes": ["a"]}
    yield {"ProjectionType": "KEYS_ONLY", "NonKeyAttributes": ["a"]}
    yield {"ProjectionType": "INCLUDE"}
    yield {"ProjectionType": "INCLUDE", "NonKeyAttributes": []}
    yield {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a", "a"]}
    yield {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["pk"]}
    yield {"ProjectionType": "INCLUDE", "NonKeyAttributes": [f"a{n}" for n in range(20)]}
    yield {"ProjectionType": "INCLUDE", "NonKeyAttributes": [f"a{n}" for n in range(21)]}
    yield {"ProjectionType": "INCLUDE", "NonKeyAttributes": [f"a{n}" for n in range(101)]}
    yield {"ProjectionType": "INCLUDE", "NonKeyAttributes": [""]}
    yield {"NonKeyAttributes": ["a"]}


def _global_indexes(create: Any) -> Iterator[dict[str, Any]]:
    def made(*indexes: Any, attributes: str = "g:S h:N", **more: Any) -> dict[str, Any]:
        body: dict[str, Any] = create(
            "pk:S", attributes=attributes, GlobalSecondaryIndexes=list(indexes), **more
        )
        return body

    good = index("byG", "g", "h")
    yield made(good)
    yield made()
    yield made(good, good)
    yield made(index("byG", "g"))
    yield made(index("byG", "nope"), attributes="")
    yield made(index("byG", "g", "g"), attributes="g:S")
    yield made(index("byG", "pk"), attributes="")
    yield made(index("ab", "g", "h"))
    yield made({**good, "KeySchema": []})
    yield made({**good, "KeySchema": [{"AttributeName": "g", "KeyType": "RANGE"}]})
    yield made({**good, "ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 1}})
    yield made({**good, "ProvisionedThroughput": {}})
    without = {name: value for name, value in good.items() if name != "ProvisionedThroughput"}
    yield made(without)
    yield made(without, BillingMode="PAY_PER_REQUEST", ProvisionedThroughput=None)
    yield made(good, BillingMode="PAY_PER_REQUEST", ProvisionedThroughput=None)
    yield made(*(index(f"by{n:02}", "g", "h") for n in range(20)))
    yield made(*(index(f"by{n:02}", "g", "h") for n in range(21)))
    yield made(
        *(index(f"by{n}x", "g", include=[f"{n}a{m}" for m in range(20)]) for n in range(6)),
        attributes="g:S",
    )
    for projection in _projections():
        yield made({**good, "Projection": projection})


def lives() -> Iterator[Step]:
    """Tables that are made, changed, looked at and taken away."""
    name = f"{T}-life"
    named = {"TableName": name}
    yield Step("CreateTable", table(name, "pk:S"))
    yield Step("CreateTable", table(name, "pk:S"))
    yield Step("DescribeTable", named)
    for change in (
        {},
        {"ProvisionedThroughput": {"ReadCapacityUnits": 10, "WriteCapacityUnits": 10}},
        {"ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 10}},
        {"ProvisionedThroughput": {"ReadCapacityUnits": 11, "WriteCapacityUnits": 10}},
        {"BillingMode": "PROVISIONED"},
        {"BillingMode": "NOPE"},
        {"AttributeDefinitions": []},
        {"AttributeDefinitions": [{"AttributeName": "x", "AttributeType": "S"}]},
        {"GlobalSecondaryIndexUpdates": []},
        {"GlobalSecondaryIndexUpdates": [{}]},
        {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "none"}}]},
        {"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "none"}}]},
        {
            "GlobalSecondaryIndexUpdates": [
                {"Update": {"IndexName": "none", "ProvisionedThroughput": UNITS}}
            ]
        },
        {"GlobalSecondaryIndexUpdates": [{"Create": index("byG", "g")}]},
        {
            "AttributeDefinitions": [{"AttributeName": "g", "AttributeType": "S"}],
            "GlobalSecondaryIndexUpdates": [
                {"Create": index("byG", "g")},
                {"Create": index("byH", "g")},
            ],
        },
        {
            "AttributeDefinitions": [{"AttributeName": "g", "AttributeType": "S"}],
            "GlobalSecondaryIndexUpdates": [
                {"Create": index("byG", "g"), "Delete": {"IndexName": "byG"}}
            ],
        },
        {"StreamSpecification": {"StreamEnabled": False}},
        {"StreamSpecification": {"StreamEnabled": True}},
        {"TableClass": "STANDARD"},
        {"DeletionProtectionEnabled": True},
    ):
        yield Step("UpdateTable", {**named, **change})
        yield Step("UpdateTable", {"TableName": "no-such-table", **change})
    yield Step("DeleteTable", named)
    yield Step("UpdateTable", {**named, "DeletionProtectionEnabled": False})
    yield Step("DeleteTable", named)
    yield Step("DeleteTable", named)
    yield Step("DescribeTable", named)
    for bad in ("ab", "a b", "", "x" * 256):
        for operation in ("DescribeTable", "DeleteTable", "DescribeTimeToLive"):
            yield Step(operation, {"TableName": bad})


def others() -> Iterator[Step]:
    for limit in (0, -1, 100, 101, "1"):
        yield Step("ListTables", {"Limit": limit}, only_status=True)
    for start in ("", "ab", "a b", "zzzz", T):
        yield Step("ListTables", {"ExclusiveStartTableName": start}, only_status=True)
    for ttl in (
        {},
        {"Enabled": True},
        {"AttributeName": "ttl"},
        {"Enabled": True, "AttributeName": ""},
        {"Enabled": True, "AttributeName": "a" * 256},
        {"Enabled": False, "AttributeName": "ttl"},
        {"Enabled": True, "AttributeName": "ttl"},
        {"Enabled": True, "AttributeName": "ttl"},
        {"Enabled": False, "AttributeName": "other"},
    ):
        body = {"TableName": T, "TimeToLiveSpecification": ttl}
        yield Step("UpdateTimeToLive", body)
        yield Step("UpdateTimeToLive", {**body, "TableName": "no-such-table"})
    yield Step("DescribeTimeToLive", {"TableName": T})
    yield Step("DescribeTimeToLive", {"TableName": "no-such-table"})
    yield Step("DescribeLimits", {}, only_status=True)
    for arn in ("", "x", "arn:aws:dynamodb:ddblocal:000000000000:table/no-such-table", T):
        yield Step("ListTagsOfResource", {"ResourceArn": arn}, only_status=True)
        yield Step("TagResource", {"ResourceArn": arn, "Tags": []}, only_status=True)
        yield Step("UntagResource", {"ResourceArn": arn, "TagKeys": ["a"]}, only_status=True)
