"""The same requests for every DAX client, in order, as DynamoDB JSON; binaries as base64 text.

Each list of `CASES` is a story on fresh tables. A request names its tables by the keys of
`TABLES`; whoever runs it puts real names in their place. What is right is what boto3 gets from the
DynamoDB endpoint for the same story on tables of its own.
"""

from __future__ import annotations

from typing import Any

Request = dict[str, Any]
Case = tuple[str, Request]


def key_schema(*names: str) -> list[dict[str, str]]:
    roles = ("HASH", "RANGE")
    return [{"AttributeName": n, "KeyType": r} for n, r in zip(names, roles, strict=False)]


def _table(keys: str, **more: Any) -> Request:
    pairs = [word.split(":") for word in keys.split()]
    return {
        "KeySchema": key_schema(*(name for name, _ in pairs)),
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in pairs
        ]
        + more.pop("defined", []),
        "BillingMode": "PAY_PER_REQUEST",
        **more,
    }


TABLES: dict[str, Request] = {
    "plain": _table("pk:S"),
    "numbers": _table("id:N"),
    "bytes": _table("h:B r:B"),
    "dated": _table("n:N s:S"),
    "music": _table(
        "artist:S year:N",
        defined=[
            {"AttributeName": "genre", "AttributeType": "S"},
            {"AttributeName": "rating", "AttributeType": "N"},
        ],
        LocalSecondaryIndexes=[
            {
                "IndexName": "by-rating",
                "KeySchema": key_schema("artist", "rating"),
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-genre",
                "KeySchema": key_schema("genre", "year"),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    ),
}


def s(text: str) -> Request:
    return {"S": text}


def n(number: Any) -> Request:
    return {"N": str(number)}


def song(artist: str, year: int, **more: Request) -> Request:
    return {"artist": s(artist), "year": n(year), **more}


EVERYTHING = {
    "s": s("árvíztűrő ☂ 𝄞"),
    "empty": s(""),
    "n": n(42),
    "negative": n(-7),
    "fraction": n("0.001"),
    "half": n("1.5"),
    "precise": n("12345678901234567890.123456789012345678"),
    "long": n("12345678901234567890123456789012345678"),
    "minus": n("-98765432109876543210987654321098765432"),
    "zero": n(0),
    "b": {"B": "AAEC/w=="},
    "yes": {"BOOL": True},
    "no": {"BOOL": False},
    "nothing": {"NULL": True},
    "ss": {"SS": ["a", "b", "ű"]},
    "ns": {"NS": ["1", "2.5", "-3"]},
    "bs": {"BS": ["AQ==", "Ag=="]},
    "list": {"L": [s("x"), n(1), {"L": []}, {"M": {}}, {"NULL": True}]},
    "map": {"M": {"deep": {"M": {"er": {"L": [{"BOOL": True}]}}}, "b": {"B": "AA=="}}},
    "a name.with dots": s("odd"),
}

TYPES: list[Case] = [
    ("PutItem", {"TableName": "plain", "Item": {"pk": s("all"), **EVERYTHING}}),
    ("GetItem", {"TableName": "plain", "Key": {"pk": s("all")}}),
    ("GetItem", {"TableName": "plain", "Key": {"pk": s("all")}}),
    ("GetItem", {"TableName": "plain", "Key": {"pk": s("all")}, "ConsistentRead": True}),
    ("GetItem", {"TableName": "plain", "Key": {"pk": s("nobody")}}),
    ("PutItem", {"TableName": "plain", "Item": {"pk": s("bare")}}),
    ("GetItem", {"TableName": "plain", "Key": {"pk": s("bare")}}),
    ("Scan", {"TableName": "plain", "ConsistentRead": True}),
    ("Scan", {"TableName": "plain"}),
]

KEYS: list[Case] = [
    *(
        ("PutItem", {"TableName": "numbers", "Item": {"id": n(number), "v": s(str(number))}})
        for number in ("1", "-1", "0.5", "-123456789012345678901234567890", "123.456")
    ),
    ("GetItem", {"TableName": "numbers", "Key": {"id": n("0.5")}}),
    ("GetItem", {"TableName": "numbers", "Key": {"id": n("-123456789012345678901234567890")}}),
    ("GetItem", {"TableName": "numbers", "Key": {"id": n("123.456")}}),
    ("Scan", {"TableName": "numbers"}),
    *(
        ("PutItem", {"TableName": "bytes", "Item": {"h": {"B": "AAH/"}, "r": {"B": r}}})
        for r in ("AA==", "//8=", "AQID")
    ),
    ("GetItem", {"TableName": "bytes", "Key": {"h": {"B": "AAH/"}, "r": {"B": "//8="}}}),
    (
        "Query",
        {
            "TableName": "bytes",
            "KeyConditionExpression": "h = :h AND r > :r",
            "ExpressionAttributeValues": {":h": {"B": "AAH/"}, ":r": {"B": "AA=="}},
        },
    ),
    *(
        ("PutItem", {"TableName": "dated", "Item": {"n": n("-1.25"), "s": s(day)}})
        for day in ("2026-01-01", "2026-01-02", "ű")
    ),
    ("GetItem", {"TableName": "dated", "Key": {"n": n("-1.25"), "s": s("ű")}}),
    (
        "Query",
        {
            "TableName": "dated",
            "KeyConditionExpression": "n = :n AND begins_with(s, :d)",
            "ExpressionAttributeValues": {":n": n("-1.25"), ":d": s("2026")},
            "ScanIndexForward": False,
            "Limit": 1,
        },
    ),
    (
        "Query",
        {
            "TableName": "dated",
            "KeyConditionExpression": "n = :n",
            "ExpressionAttributeValues": {":n": n("-1.25")},
            "ExclusiveStartKey": {"n": n("-1.25"), "s": s("2026-01-01")},
        },
    ),
    *(
        ("PutItem", {"TableName": "music", "Item": song("order", year)})
        for year in (-1000, -1, 0, 1, 10, 99999)
    ),
    (
        "Query",
        {
            "TableName": "music",
            "KeyConditionExpression": "artist = :a",
            "ExpressionAttributeValues": {":a": s("order")},
        },
    ),
    ("DeleteItem", {"TableName": "music", "Key": song("order", -1), "ReturnValues": "ALL_OLD"}),
    ("GetItem", {"TableName": "music", "Key": song("order", -1)}),
]

DOCUMENT = song(
    "doc",
    1,
    a={"L": [s("zero"), s("one"), {"M": {"x": n(1), "y": n(2)}}, {"M": {"x": n(3)}}]},
    m={"M": {"p": {"M": {"q": s("deep")}}, "r": n(5)}},
    top=s("top"),
)

EXPRESSIONS: list[Case] = [
    ("PutItem", {"TableName": "music", "Item": DOCUMENT}),
    *(
        (
            "GetItem",
            {"TableName": "music", "Key": song("doc", 1), "ProjectionExpression": projection},
        )
        for projection in (
            "top",
            "top, absent",
            "artist, top",
            "a[0], a[2].x",
            "a[2].y, a[3].y",
            "a[3].x, a[9], m.p.q",
            "m.r, m.p, top",
            "absent",
        )
    ),
    (
        "GetItem",
        {
            "TableName": "music",
            "Key": song("doc", 1),
            "ProjectionExpression": "#t, #m.r",
            "ExpressionAttributeNames": {"#t": "top", "#m": "m"},
            "ConsistentRead": True,
        },
    ),
    *(
        (
            "UpdateItem",
            {
                "TableName": "music",
                "Key": song("doc", 1),
                "UpdateExpression": "SET seen = if_not_exists(seen, :zero) + :one",
                "ConditionExpression": condition,
                "ExpressionAttributeValues": {
                    ":zero": n(0),
                    ":one": n(1),
                    ":top": s("top"),
                    ":five": n(5),
                },
                "ReturnValues": "ALL_NEW",
            },
        )
        for condition in (
            "top = :top AND m.r = :five",
            "NOT top <> :top AND NOT (m.r < :five OR m.r > :five)",
            "(top = :five OR top = :top) AND (m.r >= :five AND m.r <= :five)",
            "m.r BETWEEN :zero AND :five AND top IN (:five, :top)",
            "attribute_exists(a[1]) AND attribute_not_exists(a[7]) AND top = :top AND m.r = :five",
            "begins_with(top, :top) AND size(a) > :one AND m.r = :five",
            "contains(a, :top) OR m.r = :five AND top = :top",
            "NOT (NOT top = :top) AND NOT m.r <> :five",
            "top = :top AND m.r = :zero",  # fails
        )
    ),
    (
        "UpdateItem",
        {
            "TableName": "music",
            "Key": song("doc", 1),
            "ConditionExpression": "attribute_type(top, :t)",
            "UpdateExpression": "SET a[0] = :s, m.p.q = list_append(:l, a), #d = :m REMOVE top "
            "ADD tags :tags, seen :one",
            "ExpressionAttributeNames": {"#d": "a name.with dots"},
            "ExpressionAttributeValues": {
                ":t": s("S"),
                ":s": s("changed"),
                ":l": {"L": [{"NULL": True}]},
                ":m": {"M": {"k": {"B": "AAEC"}}},
                ":tags": {"SS": ["x", "y"]},
                ":one": n(1),
            },
            "ReturnValues": "UPDATED_NEW",
        },
    ),
    ("GetItem", {"TableName": "music", "Key": song("doc", 1)}),
    (
        "UpdateItem",
        {
            "TableName": "music",
            "Key": song("doc", 1),
            "UpdateExpression": "DELETE tags :tags SET seen = seen - :two, m.r = :two",
            "ExpressionAttributeValues": {":tags": {"SS": ["x"]}, ":two": n(2)},
            "ReturnValues": "UPDATED_OLD",
        },
    ),
    (
        "UpdateItem",
        {
            "TableName": "music",
            "Key": song("new", 1),
            "UpdateExpression": "SET v = :v",
            "ExpressionAttributeValues": {":v": s("made")},
            "ReturnValues": "ALL_OLD",
        },
    ),
    ("UpdateItem", {"TableName": "music", "Key": song("newer", 1)}),
    ("GetItem", {"TableName": "music", "Key": song("newer", 1)}),
    (
        "PutItem",
        {
            "TableName": "music",
            "Item": song("new", 1, v=s("again")),
            "ReturnValues": "ALL_OLD",
            "ReturnConsumedCapacity": "INDEXES",
            "ReturnItemCollectionMetrics": "SIZE",
        },
    ),
    (
        "PutItem",
        {
            "TableName": "music",
            "Item": song("new", 1),
            "ConditionExpression": "attribute_not_exists(artist)",
        },
    ),
    (
        "DeleteItem",
        {
            "TableName": "music",
            "Key": song("new", 1),
            "ConditionExpression": "v = :v",
            "ExpressionAttributeValues": {":v": s("again")},
            "ReturnValues": "ALL_OLD",
            "ReturnConsumedCapacity": "TOTAL",
        },
    ),
    (
        "DeleteItem",
        {
            "TableName": "music",
            "Key": song("new", 1),
            "ConditionExpression": "attribute_exists(v)",
        },
    ),
]

SONGS = [
    song(f"band {i % 2}", 1990 + i, genre=s("rock" if i % 3 else "jazz"), rating=n(i * 1.5))
    for i in range(9)
]

PAGES: list[Case] = [
    *(("PutItem", {"TableName": "music", "Item": item}) for item in SONGS),
    *(
        (
            "Query",
            {
                "TableName": "music",
                "KeyConditionExpression": "artist = :a",
                "ExpressionAttributeValues": {":a": s("band 1")},
                **more,
            },
        )
        for more in (
            {},
            {},
            {"ScanIndexForward": False, "Limit": 2},
            {"ExclusiveStartKey": song("band 1", 1993)},
            {"Select": "COUNT"},
            {"ProjectionExpression": "genre, rating"},
            {"ProjectionExpression": "artist, nothing"},
            {"ConsistentRead": True, "ReturnConsumedCapacity": "INDEXES"},
            {"IndexName": "by-rating", "Limit": 2},
            {"IndexName": "by-rating", "Limit": 2, "ConsistentRead": True},
            {
                "IndexName": "by-rating",
                "ExclusiveStartKey": song("band 1", 1993, rating=n("4.5")),
            },
        )
    ),
    (
        "Query",
        {
            "TableName": "music",
            "IndexName": "by-genre",
            "KeyConditionExpression": "genre = :g AND #y BETWEEN :low AND :high",
            "ExpressionAttributeNames": {"#y": "year"},
            "ExpressionAttributeValues": {":g": s("rock"), ":low": n(1991), ":high": n(1996)},
            "Limit": 3,
        },
    ),
    (
        "Query",
        {
            "TableName": "music",
            "KeyConditionExpression": "artist = :a AND #y >= :y",
            "FilterExpression": "genre = :g AND rating > :r",
            "ExpressionAttributeNames": {"#y": "year"},
            "ExpressionAttributeValues": {
                ":a": s("band 1"),
                ":y": n(1992),
                ":g": s("rock"),
                ":r": n(1),
            },
        },
    ),
    *(
        ("Scan", {"TableName": "music", **more})
        for more in (
            {},
            {"Limit": 4},
            {"Select": "COUNT"},
            {"TotalSegments": 2, "Segment": 1},
            {"IndexName": "by-genre"},
            {"IndexName": "by-genre", "Limit": 2},
            {"ProjectionExpression": "rating"},
            {
                "FilterExpression": "contains(genre, :j)",
                "ExpressionAttributeValues": {":j": s("ja")},
            },
            {"ConsistentRead": True, "ReturnConsumedCapacity": "TOTAL"},
        )
    ),
]

BATCHES: list[Case] = [
    (
        "BatchWriteItem",
        {
            "RequestItems": {
                "music": [{"PutRequest": {"Item": item}} for item in SONGS],
                "plain": [{"PutRequest": {"Item": {"pk": s("p"), "v": n(1)}}}],
            },
            "ReturnConsumedCapacity": "TOTAL",
        },
    ),
    (
        "BatchGetItem",
        {
            "RequestItems": {
                "music": {"Keys": [song("band 1", 1991), song("band 0", 1990), song("no", 1)]},
                "plain": {"Keys": [{"pk": s("p")}], "ConsistentRead": True},
            }
        },
    ),
    (
        "BatchGetItem",
        {
            "RequestItems": {
                "music": {
                    "Keys": [song("band 1", 1991), song("band 1", 1993)],
                    "ProjectionExpression": "genre, #r",
                    "ExpressionAttributeNames": {"#r": "rating"},
                }
            }
        },
    ),
    (
        "BatchGetItem",
        {
            "RequestItems": {
                "music": {"Keys": [song("band 1", 1991)], "ConsistentRead": True},
                "plain": {"Keys": [{"pk": s("p")}], "ConsistentRead": True},
            },
            "ReturnConsumedCapacity": "TOTAL",
        },
    ),
    (
        "BatchWriteItem",
        {
            "RequestItems": {
                "music": [
                    {"DeleteRequest": {"Key": song("band 1", 1991)}},
                    {"PutRequest": {"Item": song("band 1", 1993, genre=s("new"))}},
                ]
            }
        },
    ),
    (
        "BatchGetItem",
        {
            "RequestItems": {
                "music": {"Keys": [song("band 1", 1991), song("band 1", 1993)]},
            }
        },
    ),
    ("Scan", {"TableName": "music", "ConsistentRead": True}),
]

TRANSACTIONS: list[Case] = [
    (
        "TransactWriteItems",
        {
            "TransactItems": [
                {"Put": {"TableName": "plain", "Item": {"pk": s("t1"), "v": n(1), "w": s("x")}}},
                {"Put": {"TableName": "music", "Item": song("t", 1, v=n(1))}},
                {
                    "Update": {
                        "TableName": "plain",
                        "Key": {"pk": s("t2")},
                        "UpdateExpression": "SET v = :v",
                        "ExpressionAttributeValues": {":v": n(7)},
                    }
                },
            ],
            "ReturnConsumedCapacity": "TOTAL",
        },
    ),
    (
        "TransactGetItems",
        {
            "TransactItems": [
                {"Get": {"TableName": "plain", "Key": {"pk": s("t1")}}},
                {"Get": {"TableName": "plain", "Key": {"pk": s("nobody")}}},
                {
                    "Get": {
                        "TableName": "music",
                        "Key": song("t", 1),
                        "ProjectionExpression": "v, nothing",
                    }
                },
            ],
            "ReturnConsumedCapacity": "TOTAL",
        },
    ),
    ("GetItem", {"TableName": "plain", "Key": {"pk": s("t1")}}),
    (
        "TransactWriteItems",
        {
            "TransactItems": [
                {"Delete": {"TableName": "plain", "Key": {"pk": s("t2")}}},
                {
                    "ConditionCheck": {
                        "TableName": "plain",
                        "Key": {"pk": s("t1")},
                        "ConditionExpression": "v = :v",
                        "ExpressionAttributeValues": {":v": n(1)},
                    }
                },
                {
                    "Update": {
                        "TableName": "music",
                        "Key": song("t", 1),
                        "UpdateExpression": "ADD v :one",
                        "ConditionExpression": "v = :one",
                        "ExpressionAttributeValues": {":one": n(1)},
                    }
                },
            ]
        },
    ),
    ("GetItem", {"TableName": "music", "Key": song("t", 1)}),
    ("GetItem", {"TableName": "plain", "Key": {"pk": s("t2")}}),
    (
        "TransactWriteItems",
        {
            "TransactItems": [
                {"Put": {"TableName": "plain", "Item": {"pk": s("t3")}}},
                {
                    "Put": {
                        "TableName": "plain",
                        "Item": {"pk": s("t1")},
                        "ConditionExpression": "attribute_not_exists(pk)",
                        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                    }
                },
            ]
        },
    ),
    ("GetItem", {"TableName": "plain", "Key": {"pk": s("t3")}}),
]

REFUSALS: list[Case] = [
    ("PutItem", {"TableName": "plain", "Item": {"pk": s("r"), "v": n(1)}}),
    (
        "UpdateItem",
        {
            "TableName": "plain",
            "Key": {"pk": s("r")},
            "UpdateExpression": "SET v = v + :s",
            "ExpressionAttributeValues": {":s": s("text")},
        },
    ),
    (
        "UpdateItem",
        {
            "TableName": "plain",
            "Key": {"pk": s("r")},
            "UpdateExpression": "SET pk = :s",
            "ExpressionAttributeValues": {":s": s("text")},
        },
    ),
    (
        "UpdateItem",
        {
            "TableName": "plain",
            "Key": {"pk": s("r")},
            "UpdateExpression": "SET absent.x = :s",
            "ExpressionAttributeValues": {":s": s("text")},
        },
    ),
    (
        "GetItem",
        {"TableName": "plain", "Key": {"pk": s("r")}, "ProjectionExpression": "m.a, m"},
    ),
    ("GetItem", {"TableName": "plain", "Key": {"pk": s("k" * 2049)}}),
    ("PutItem", {"TableName": "plain", "Item": {"pk": s("big"), "v": s("x" * 410_000)}}),
    (
        "PutItem",
        {"TableName": "plain", "Item": {"pk": s("n"), "v": n("1" + "0" * 130)}},
    ),
    (
        "PutItem",
        {
            "TableName": "plain",
            "Item": {"pk": s("n"), "v": n("1234567890123456789012345678901234567890123")},
        },
    ),
    (
        "Query",
        {
            "TableName": "music",
            "IndexName": "none",
            "KeyConditionExpression": "artist = :a",
            "ExpressionAttributeValues": {":a": s("x")},
        },
    ),
    (
        "Query",
        {
            "TableName": "music",
            "KeyConditionExpression": "genre = :g",
            "ExpressionAttributeValues": {":g": s("rock")},
        },
    ),
    (
        "Query",
        {
            "TableName": "music",
            "IndexName": "by-genre",
            "ConsistentRead": True,
            "KeyConditionExpression": "genre = :g",
            "ExpressionAttributeValues": {":g": s("rock")},
        },
    ),
    (
        "TransactWriteItems",
        {
            "TransactItems": [
                {
                    "Update": {
                        "TableName": "plain",
                        "Key": {"pk": s("r")},
                        "UpdateExpression": "SET v = :v",
                        "ConditionExpression": "v = :other",
                        "ExpressionAttributeValues": {":v": n(2), ":other": n(3)},
                        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                    }
                },
                {"Put": {"TableName": "music", "Item": song("ok", 1)}},
            ]
        },
    ),
    ("GetItem", {"TableName": "plain", "Key": {"pk": s("r")}}),
]

CASES: dict[str, list[Case]] = {
    "types": TYPES,
    "keys": KEYS,
    "expressions": EXPRESSIONS,
    "pages": PAGES,
    "batches": BATCHES,
    "transactions": TRANSACTIONS,
    "refusals": REFUSALS,
}
