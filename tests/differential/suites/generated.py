"""Generated work on single items: puts, updates, conditions, projections, gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from tests.differential.generate import Expressions, broken_value, item, spoiled, value
from tests.differential.suite import Step, Suite, index, table

KEYS = ["k1", "k2", "k3"]
RETURNS = ["NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"]


def suites(scale: float = 1.0) -> list[Suite]:
    """`scale` multiplies how many requests each makes."""

    def made(name: str, one: Callable[[Random, str], Iterator[Step]], count: int) -> Suite:
        target = f"generated-{name}"

        def steps(r: Random) -> Iterator[Step]:
            for _ in range(int(count * scale)):
                yield from one(r, target)

        return Suite(
            target,
            (table(target, "pk:S"),),
            steps,
            # Of several faults at once each server names another first.
            texts="broken" not in name,
            exact_numbers=name == "items",
        )

    return [
        made("items", _items, 500),
        made("conditions", _conditions, 900),
        made("broken-conditions", _broken_conditions, 500),
        made("spoiled-conditions", _spoiled_conditions, 500),
        made("updates", _updates, 900),
        made("broken-updates", _broken_updates, 400),
        made("spoiled-updates", _spoiled_updates, 400),
        made("projections", _projections, 300),
        made("legacy-updates", _legacy_updates, 400),
        made("legacy-conditions", _legacy_conditions, 400),
        _indexed(scale),
    ]


def _key(r: Random) -> dict[str, Any]:
    return {"pk": {"S": r.choice(KEYS)}}


def _items(r: Random, target: str) -> Iterator[Step]:
    """Every type and many broken ones; what was stored is read back."""
    key = _key(r)
    put = {"TableName": target, "Item": item(r, key), "ReturnValues": r.choice(["NONE", "ALL_OLD"])}
    if r.random() < 0.3:
        put["Item"][r.choice(["a", "z", "pk"])] = broken_value(r)
    if r.random() < 0.3:
        put["ReturnConsumedCapacity"] = r.choice(["TOTAL", "INDEXES", "NONE"])
    yield Step("PutItem", put)
    yield Step("GetItem", {"TableName": target, "Key": key, "ConsistentRead": r.random() < 0.5})


def _conditions(r: Random, target: str, broken: float = 0.0) -> Iterator[Step]:
    key = _key(r)
    made = Expressions(r, broken=broken)
    condition = made.condition()
    body = {"TableName": target, "ConditionExpression": condition, **made.request()}
    if r.random() < 0.5:
        body["ReturnValuesOnConditionCheckFailure"] = r.choice(["ALL_OLD", "NONE"])
    if r.random() < 0.15:
        yield Step(
            "DeleteItem", {**body, "Key": key, "ReturnValues": r.choice(["NONE", "ALL_OLD"])}
        )
    elif r.random() < 0.3:
        yield Step("Scan", {"TableName": target, "FilterExpression": condition, **made.request()})
    else:
        yield Step("PutItem", {**body, "Item": item(r, key)})


def _broken_conditions(r: Random, target: str) -> Iterator[Step]:
    yield from _conditions(r, target, broken=0.5)


def _updates(r: Random, target: str, broken: float = 0.0) -> Iterator[Step]:
    key = _key(r)
    if r.random() < 0.3:
        yield Step("PutItem", {"TableName": target, "Item": item(r, key)})
    made = Expressions(r, broken=broken)
    body = {
        "TableName": target,
        "Key": key,
        "UpdateExpression": made.update(),
        "ReturnValues": r.choice(RETURNS),
    }
    if r.random() < 0.2:
        body["ConditionExpression"] = made.condition()
    yield Step("UpdateItem", {**body, **made.request()})
    yield Step("GetItem", {"TableName": target, "Key": key})


def _broken_updates(r: Random, target: str) -> Iterator[Step]:
    yield from _updates(r, target, broken=0.5)


def _spoiled_conditions(r: Random, target: str) -> Iterator[Step]:
    """Right but for one token: what the message says of it."""
    made = Expressions(r)
    condition = spoiled(r, made.condition())
    body = {"TableName": target, "ConditionExpression": condition, **made.request()}
    yield Step("DeleteItem", {**body, "Key": _key(r)})


def _spoiled_updates(r: Random, target: str) -> Iterator[Step]:
    made = Expressions(r)
    update = spoiled(r, made.update())
    body = {"TableName": target, "UpdateExpression": update, **made.request()}
    yield Step("UpdateItem", {**body, "Key": _key(r)})


def _projections(r: Random, target: str) -> Iterator[Step]:
    key = _key(r)
    if r.random() < 0.3:
        yield Step("PutItem", {"TableName": target, "Item": item(r, key)})
    made = Expressions(r, broken=0.15)
    body = {"TableName": target, "ProjectionExpression": made.projection(), **made.request()}
    if r.random() < 0.3:
        yield Step("Scan", body)
    else:
        yield Step("GetItem", {**body, "Key": key})


def _legacy_updates(r: Random, target: str) -> Iterator[Step]:
    key = _key(r)
    if r.random() < 0.3:
        yield Step("PutItem", {"TableName": target, "Item": item(r, key)})
    updates: dict[str, Any] = {}
    for name in r.sample(["a", "b", "m", "l", "size"], r.randint(1, 3)):
        updates[name] = _attribute_update(r)
    if r.random() < 0.02:
        updates = {"pk": _attribute_update(r)}
    body = {"TableName": target, "Key": key, "AttributeUpdates": updates}
    body["ReturnValues"] = r.choice(RETURNS)
    if r.random() < 0.2:
        body["Expected"] = _expected(r)
    yield Step("UpdateItem", body)
    yield Step("GetItem", {"TableName": target, "Key": key, "AttributesToGet": ["a", "b", "pk"]})


def _attribute_update(r: Random) -> dict[str, Any]:
    action = r.choice(["PUT", "ADD", "DELETE", "ADD", None])
    kinds = {"ADD": ["N", "SS", "NS", "BS", "L"], "DELETE": ["SS", "NS", "BS"]}.get(action or "")
    if r.random() < 0.03:
        kinds = None
    change: dict[str, Any] = {"Action": action} if action else {}
    if action != "DELETE" or r.random() < 0.7:
        change["Value"] = value(r, kinds=kinds) if kinds else value(r)
    return change


OPERATORS = [
    "EQ", "NE", "LE", "LT", "GE", "GT", "NOT_NULL", "NULL", "CONTAINS", "NOT_CONTAINS",
    "BEGINS_WITH", "IN", "BETWEEN",
]  # fmt: skip


def _expected(r: Random) -> dict[str, Any]:
    expected: dict[str, Any] = {}
    for name in r.sample(["a", "b", "m", "size", "zz"], r.randint(1, 3)):
        one: dict[str, Any] = {}
        if r.random() < 0.6:
            one = _comparison(r)
        else:
            if r.random() < 0.7:
                one["Value"] = value(r)
            if r.random() < 0.5:
                one["Exists"] = r.random() < 0.5
        expected[name] = one
    return expected


def _comparison(r: Random) -> dict[str, Any]:
    operator = r.choice(OPERATORS)
    right = {"NOT_NULL": 0, "NULL": 0, "BETWEEN": 2, "IN": r.randint(1, 3)}.get(operator, 1)
    count = right if r.random() < 0.9 else r.randint(0, 3)
    kinds = r.choice([["N"], ["S"], ["S", "N", "B"], ["SS", "NS", "M", "L", "BOOL", "NULL", "S"]])
    made: dict[str, Any] = {"ComparisonOperator": operator}
    if count or r.random() < 0.5:
        made["AttributeValueList"] = [value(r, 2, kinds) for _ in range(count)]
    return made


def _legacy_conditions(r: Random, target: str) -> Iterator[Step]:
    key = _key(r)
    body: dict[str, Any] = {"TableName": target}
    if r.random() < 0.3:
        body["ConditionalOperator"] = r.choice(["AND", "OR"])
    if r.random() < 0.5:
        body["ScanFilter"] = {
            name: _comparison(r) for name in r.sample(["a", "b", "m", "size"], r.randint(1, 2))
        }
        yield Step("Scan", body)
    else:
        yield Step("PutItem", {**body, "Item": item(r, key), "Expected": _expected(r)})


def _indexed(scale: float) -> Suite:
    """Items that move in and out of indexes, and queries on all of these."""
    name = "generated-indexed"
    made = table(
        name,
        "pk:S sk:N",
        attributes="l:S g:S h:N",
        LocalSecondaryIndexes=[index("byL", "pk", "l", local=True)],
        GlobalSecondaryIndexes=[
            index("byG", "g", "h"),
            index("byGkeys", "g", keys_only=True),
            index("byHsome", "h", include=["a", "b"]),
        ],
    )

    def steps(r: Random) -> Iterator[Step]:
        for _ in range(int(150 * scale)):
            yield Step("PutItem", {"TableName": name, "Item": _indexed_item(r)})
        for _ in range(int(700 * scale)):
            yield from _indexed_step(r, name)

    return Suite(name, (made,), steps, exact_numbers=False)


def _indexed_item(r: Random) -> dict[str, Any]:
    made = {
        "pk": {"S": r.choice(["p", "q"])},
        "sk": {"N": str(r.randint(-20, 20))},
        "a": value(r, 2),
    }
    if r.random() < 0.7:
        made["l"] = {"S": r.choice("abcdé") + str(r.randint(0, 99))}
    if r.random() < 0.7:
        made["g"] = {"S": r.choice("xyz")}
    if r.random() < 0.7:
        made["h"] = {"N": str(r.randint(-5, 5))}
    if r.random() < 0.1:
        made[r.choice("lgh")] = value(r)
    return made


def _indexed_step(r: Random, name: str) -> Iterator[Step]:
    pick = r.random()
    if pick < 0.15:
        yield Step("PutItem", {"TableName": name, "Item": _indexed_item(r)})
    elif pick < 0.25:
        whole = _indexed_item(r)
        key = {"pk": whole["pk"], "sk": whole["sk"]}
        changed = r.choice("lgh")
        if r.random() < 0.4:
            yield Step(
                "UpdateItem",
                {"TableName": name, "Key": key, "UpdateExpression": f"REMOVE {changed}"},
            )
        else:
            kind = {"l": "S", "g": "S", "h": "N"}[changed]
            new = value(r, 3, [kind] if r.random() < 0.9 else ["B", "S", "N"])
            yield Step(
                "UpdateItem",
                {
                    "TableName": name,
                    "Key": key,
                    "UpdateExpression": f"SET {changed} = :v",
                    "ExpressionAttributeValues": {":v": new},
                },
            )
    elif pick < 0.3:
        whole = _indexed_item(r)
        yield Step("DeleteItem", {"TableName": name, "Key": {k: whole[k] for k in ("pk", "sk")}})
    else:
        body = _query(r, name)
        key = [part for part in SCHEMAS[body.get("IndexName")] if part and part not in "SN"]
        yield Step("Query", body, tied_on=tuple(key))


SCHEMAS = {
    None: ("pk", "S", "sk", "N"),
    "byL": ("pk", "S", "l", "S"),
    "byG": ("g", "S", "h", "N"),
    "byGkeys": ("g", "S", None, None),
    "byHsome": ("h", "N", None, None),
}


def _query(r: Random, name: str) -> dict[str, Any]:
    chosen = r.choice(list(SCHEMAS))
    partition, kind, sort, sort_kind = SCHEMAS[chosen]
    if kind == "N":
        wanted = {"N": str(r.randint(-5, 5))}
    else:
        wanted = {"S": r.choice(["p", "q"] if partition == "pk" else ["x", "y", "z"])}
    values: dict[str, Any] = {":p": wanted}
    text = f"{partition} = :p"
    if sort and r.random() < 0.7:
        text += f" AND {_sort_condition(r, sort, sort_kind or 'S', values)}"
    if r.random() < 0.05:
        text = text.replace("=", r.choice(["<", "<>", ""]), 1)
    body: dict[str, Any] = {"TableName": name, "KeyConditionExpression": text}
    if chosen:
        body["IndexName"] = chosen
    if r.random() < 0.5:
        body["ScanIndexForward"] = r.random() < 0.5
    if r.random() < 0.2:
        made = Expressions(r)
        body["FilterExpression"] = made.condition().replace("pk", "a")
        body.update(made.request())
        values.update(body.get("ExpressionAttributeValues", {}))
    body["ExpressionAttributeValues"] = values
    if r.random() < 0.2:
        body["Select"] = r.choice(
            ["COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "SPECIFIC_ATTRIBUTES"]
        )
    if r.random() < 0.15:
        body["ConsistentRead"] = True
    if r.random() < 0.2:
        body["ReturnConsumedCapacity"] = r.choice(["TOTAL", "INDEXES"])
    return body


def _sort_condition(r: Random, sort: str, kind: str, values: dict[str, Any]) -> str:
    def one() -> dict[str, Any]:
        if r.random() < 0.05:
            return value(r, 3)
        return {"N": str(r.randint(-20, 20))} if kind == "N" else {"S": r.choice("abcdé")}

    values[":s"] = one()
    match r.randint(0, 3):
        case 0:
            values[":t"] = one()
            return f"{sort} BETWEEN :s AND :t"
        case 1:
            return f"begins_with({sort}, :s)"
        case _:
            return f"{sort} {r.choice(['=', '<', '<=', '>', '>='])} :s"
