"""Requests made from the service model: valid ones, and ones broken at any place.

Members that the server looks into get contents that lead somewhere: names of tables that exist,
their keys, expressions, statements. Everything else follows its shape. What breaks them is drawn
from the same seeded Random, so that a run replays.
"""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from random import Random
from typing import Any

from tests.differential.generate import Expressions, broken_value, item, value

TABLES = {"fuzz-hash": ("pk:S",), "fuzz-range": ("pk:S", "sk:N"), "fuzz-binary": ("pk:B", "sk:S")}
INDEXES = ["byG", "byL"]
DEPTH_MAX = 6
HUGE = ["9" * 400, "1e400", "-1e-400", "1" + "0" * 5000, "1e" + "9" * 30]
TEXTS = [
    "",
    "a",
    "é",
    "\x00",
    "\ud800",
    "😀" * 50,
    "a" * 300,
    "x" * 70_000,
    "'",
    '"',
    "\\",
    "%s",
    "../..",
]
STATEMENT_WORDS = [
    "SELECT", "*", "FROM", '"fuzz-hash"', '"fuzz-range"."byG"', "WHERE", "pk", "=", "?", "'a'",
    "AND", "OR", "INSERT", "INTO", "VALUE", "{'pk':'z'}", "UPDATE", "SET", "REMOVE", "DELETE",
    "RETURNING", "ALL OLD *", "1", "IN", "[", "]", "(", ")", ",", "BETWEEN", "begins_with",
    "ORDER BY", "<<", ">>", "EXISTS", "IS", "MISSING", "NULL", "LIMIT",
    "a.b[0]", "-", "+", ";", "--", "/*", "''", '"', "'",
]  # fmt: skip


class ModelRequests:
    """`one()` gives (operation, body): body is bytes."""

    def __init__(self, model: dict[str, Any], random: Random) -> None:
        self.r = random
        self.operations = model["operations"]
        self.shapes = model["shapes"]
        self.names = sorted(self.operations)
        # The data plane is where the code is: it gets most of the turns.
        self.data_plane = [
            name
            for name in self.names
            if name.endswith(("Item", "Items", "Query", "Scan", "Statement", "Transaction"))
        ]
        self.broken = 0.0

    def one(self) -> tuple[str, bytes]:
        r = self.r
        operation = r.choice(self.data_plane if r.random() < 0.75 else self.names)
        self.broken = r.choice([0, 0, 0.02, 0.1, 0.5])
        shape = self.operations[operation].get("input")
        body = self._value(shape, 0, operation) if shape else {}
        return operation, self._encode(body)

    def _encode(self, body: Any) -> bytes:
        r = self.r
        sent = json.dumps(body, ensure_ascii=r.random() < 0.5).encode("utf-8", "surrogatepass")
        if not self.broken or r.random() > 0.1:
            return sent
        match r.randint(0, 6):
            case 0:
                return sent[: r.randrange(len(sent) + 1)]
            case 1:
                at = r.randrange(len(sent) + 1)
                return sent[:at] + r.randbytes(r.randint(1, 4)) + sent[at:]
            case 2:
                return r.randbytes(r.randint(0, 300))
            case 3:
                depth = r.choice([10, 100, 1_000, 20_000])
                deep = b'{"M":{"a":' * depth + b'{"S":"x"}' + b"}}" * depth
                return b'{"TableName":"fuzz-hash","Item":{"pk":{"S":"a"},"d":' + deep + b"}}"
            case 4:
                depth = r.choice([100, 10_000, 100_000])
                return r.choice([b"[", b'{"a":', b'{"L":[']) * depth
            case 5:
                number = r.choice(HUGE).encode()
                return b'{"TableName":"fuzz-hash","Limit":' + number + b"}"
            case _:
                return sent.replace(b'"', b"'", 1).replace(b":", b":" * r.randint(1, 2))

    def _value(self, shape: str, depth: int, name: str) -> Any:
        r = self.r
        if r.random() < self.broken * 0.3:
            return self._wrong()
        known: dict[str, Callable[[], Any]] = {
            "TableName": lambda: r.choice([*TABLES, *TABLES, "no-such-table", "x"]),
            "TableArn": lambda: r.choice(
                [*TABLES, "arn:aws:dynamodb:us-east-1:000000000000:table/x"]
            ),
            "IndexName": lambda: r.choice([*INDEXES, "none"]),
            "Key": self._key,
            "Item": lambda: item(r, self._key()),
            "ExclusiveStartKey": self._key,
            "Statement": self._statement,
        }
        if name in known:
            return known[name]()
        if shape == "AttributeValue":
            return broken_value(r) if r.random() < self.broken else value(r, 1)
        described = self.shapes[shape]
        match described["type"]:
            case "structure":
                return self._structure(described, depth)
            case "list":
                low = described.get("min", 0)
                count = r.choice([low, 1, 1, 2, 3, r.randint(0, 30)])
                return [self._value(described["member"], depth + 1, "") for _ in range(count)]
            case "map":
                return self._map(described, depth, name)
            case "string":
                return self._string(described)
            case "integer" | "long":
                return r.choice([0, 1, 5, -1, 100, described.get("max", 7), 2**31, 2**63])
            case "boolean":
                return r.random() < 0.5
            case "blob":
                return "YQ=="
            case _:
                return r.choice([0, 1.5, 1700000000])

    def _structure(self, described: dict[str, Any], depth: int) -> dict[str, Any]:
        r = self.r
        required = set(described.get("required", ()))
        made = {}
        for name, member in described["members"].items():
            shape = member if isinstance(member, str) else member["shape"]
            wanted = 0.97 if name in required else (0.25 if depth < DEPTH_MAX else 0.0)
            if r.random() < wanted:
                made[name] = self._value(shape, depth + 1, name)
        self._expressions(made, described)
        if r.random() >= self.broken:
            self._fit_keys(made)
        if r.random() < self.broken * 0.1:
            made[r.choice(["Extra", "", "TableName ", "é"])] = self._wrong()
        return made

    def _fit_keys(self, made: dict[str, Any]) -> None:
        """Give the request's item or key just the key attributes that its table has."""
        schema = TABLES.get(str(made.get("TableName")))
        for name in ("Key", "Item"):
            if schema and isinstance(made.get(name), dict):
                others = {k: v for k, v in made[name].items() if k not in ("pk", "sk")}
                made[name] = self._key_of(schema) | (others if name == "Item" else {})

    def _key_of(self, schema: tuple[str, ...]) -> dict[str, Any]:
        contents = {"S": self.r.choice("abcd"), "N": str(self.r.randint(0, 9)), "B": "YQ=="}
        pairs = [part.split(":") for part in schema]
        return {key: {kind: contents[kind]} for key, kind in pairs}

    def _expressions(self, made: dict[str, Any], described: dict[str, Any]) -> None:
        """Expressions and the maps of their placeholders, which must fit each other."""
        kinds = {
            "ConditionExpression": Expressions.condition,
            "FilterExpression": Expressions.condition,
            "UpdateExpression": Expressions.update,
            "ProjectionExpression": Expressions.projection,
            "KeyConditionExpression": lambda e: f"pk = {e.value(['S'])}",
        }
        there = [name for name in kinds if name in described["members"] and name in made]
        if not there:
            return
        if self.r.random() < 0.8:  # a request in one style has a chance to get further
            for legacy in ("Expected", "AttributeUpdates", "KeyConditions", "QueryFilter",
                           "ScanFilter", "AttributesToGet", "ConditionalOperator"):  # fmt: skip
                made.pop(legacy, None)
        expressions = Expressions(self.r, broken=self.broken)
        for name in there:
            made[name] = kinds[name](expressions)
        for maps in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
            made.pop(maps, None)
        made.update(expressions.request())

    def _map(self, described: dict[str, Any], depth: int, name: str) -> dict[str, Any]:
        r = self.r
        if name == "RequestItems":
            keys = r.sample(list(TABLES), r.randint(1, 2))
        elif "Names" in name or "Values" in name:
            keys = [r.choice("#:") + c for c in r.sample("abc", r.randint(0, 2))]
        else:
            keys = [
                r.choice(["pk", "sk", "a", "b", self._string({})]) for _ in range(r.randint(0, 3))
            ]
        value_of = described["value"]
        return {key: self._value(value_of, depth + 1, "") for key in keys}

    def _string(self, described: dict[str, Any]) -> str:
        r = self.r
        if described.get("enum") and r.random() < 0.95:
            return str(r.choice(described["enum"]))
        if r.random() < self.broken:
            return r.choice(TEXTS)
        return "".join(r.choices(string.ascii_letters, k=r.randint(1, 12)))

    def _key(self) -> dict[str, Any]:
        r = self.r
        made = {"pk": {"S": r.choice("abcd")}}
        if r.random() < 0.5:
            made["sk"] = {"N": str(r.randint(0, 9))}
        if r.random() < self.broken:
            made[r.choice(["pk", "sk", "zz"])] = broken_value(r)
        return made

    def _statement(self) -> str:
        r = self.r
        if r.random() < 0.4:
            return r.choice(
                [
                    "SELECT * FROM \"fuzz-hash\" WHERE pk = 'a'",
                    'SELECT a, b.c FROM "fuzz-range" WHERE pk = ? AND sk > 1',
                    "INSERT INTO \"fuzz-hash\" VALUE {'pk': 'p', 'l': [1, {'a': <<'x'>>}]}",
                    "UPDATE \"fuzz-hash\" SET a = 1 REMOVE b WHERE pk = 'a' RETURNING ALL NEW *",
                    "DELETE FROM \"fuzz-range\" WHERE pk = 'a' AND sk = 1",
                ]
            )
        return " ".join(r.choices(STATEMENT_WORDS, k=r.randint(1, 25)))

    def _wrong(self) -> Any:
        r = self.r
        return r.choice(
            [None, 0, -1, 1.5, 2**64, True, "", "x", [], {}, [[]], [{}], {"": ""}, r.choice(TEXTS)]
        )
