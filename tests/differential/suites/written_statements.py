"""Hand-written PartiQL statements, alone, in batches and in transactions."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from tests.differential.suite import Step, Suite, written
from tests.differential.suites import requests

T = "written-statements"
R = f"{T}-range"
A = {"S": "a"}


def suites() -> list[Suite]:
    def steps(_: Random) -> Iterator[Step]:
        for n in range(1, 6):
            item = {"pk": A, "sk": {"N": str(n)}, "a": {"S": "x" * n}, "n": {"N": str(n % 3)}}
            if n % 2 == 0:
                item |= {"m": {"M": {"x": {"N": "1"}}}, "l": {"S": "b"}, "t": {"SS": ["a", "b"]}}
                item |= {"g": {"S": "g"}, "h": {"N": str(n)}}
            yield Step("PutItem", {"TableName": R, "Item": item})
        texts = [text.replace("{T}", T).replace("{R}", R) for text in written("statements.txt")]
        for text in texts:
            # A scan's order is each server's own.
            scans = text.startswith("SELECT") and "pk = 'a'" not in text
            yield Step("ExecuteStatement", {"Statement": text}, only_status=scans)
        for text in texts:
            if not text.startswith("SELECT"):
                yield Step("ExecuteStatement", {"Statement": text})
        yield from parameters()
        yield from batches()
        yield from transactions()

    return [Suite(T, requests.tables(T), steps)]


def parameters() -> Iterator[Step]:
    def ask(text: str, parameters: Any, **more: Any) -> Step:
        statement = text.replace("{T}", T).replace("{R}", R)
        return Step("ExecuteStatement", {"Statement": statement, "Parameters": parameters, **more})

    one = 'SELECT * FROM "{R}" WHERE pk = ? AND sk = ?'
    for given in (
        [],
        [A],
        [A, {"N": "1"}],
        [A, {"N": "1"}, A],
        [{"N": "1"}, A],
        [{"NULL": True}, {"N": "1"}],
        [{}, {"N": "1"}],
        [A, {"N": "x"}],
        [A, {"L": []}],
        [{"S": ""}, {"N": "1"}],
    ):
        yield ask(one, given)
    yield ask("SELECT * FROM \"{R}\" WHERE pk = 'a'", [A])
    yield ask("INSERT INTO \"{T}\" VALUE {'pk': ?, 'a': ?}", [{"S": "p"}, {"M": {"x": A}}])
    yield ask("INSERT INTO \"{T}\" VALUE {'pk': ?, 'a': ?}", [{"S": "p2"}, {"SS": []}])
    yield ask('INSERT INTO "{T}" VALUE ?', [{"M": {"pk": {"S": "p3"}}}])
    yield ask("UPDATE \"{T}\" SET a = ? WHERE pk = 'p' RETURNING ALL NEW *", [{"N": "01.0"}])
    yield ask('SELECT * FROM "{R}" WHERE pk IN [?, ?]', [A, {"S": "b"}])
    yield ask('SELECT * FROM "{R}" WHERE pk = ? AND n IN (?, ?)', [A, {"N": "1"}, {"N": "2"}])
    base = {"Statement": f"SELECT * FROM \"{R}\" WHERE pk = 'a'"}
    for more in (
        {"Limit": 0},
        {"Limit": -1},
        {"Limit": 2**31},
        {"ConsistentRead": True},
        {"NextToken": ""},
        {"NextToken": "x"},
        {"ReturnConsumedCapacity": "TOTAL"},
        {"ReturnConsumedCapacity": "INDEXES"},
        {"ReturnConsumedCapacity": "NOPE"},
        {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"},
        {"Statement": ""},
        {"Statement": " "},
        {"Statement": "x" * 8193},
        {"Statement": f'SELECT * FROM "{R}"."byG" WHERE g = \'g\'', "ConsistentRead": True},
    ):
        yield Step("ExecuteStatement", {**base, **more})
    for how in ("NONE", "ALL_OLD"):
        yield Step(
            "ExecuteStatement",
            {
                "Statement": f"UPDATE \"{T}\" SET a = 1 WHERE pk = 'p' AND a = 'no'",
                "ReturnValuesOnConditionCheckFailure": how,
            },
        )


def batches() -> Iterator[Step]:
    def batch(*texts: str, **more: Any) -> Step:
        statements = [{"Statement": text.replace("{T}", T).replace("{R}", R)} for text in texts]
        return Step("BatchExecuteStatement", {"Statements": statements, **more})

    get = "SELECT * FROM \"{R}\" WHERE pk = 'a' AND sk = "
    yield batch()
    yield batch(get + "1")
    yield batch(get + "1", get + "2", get + "99")
    yield batch(get + "1", get + "1")
    yield batch("SELECT * FROM \"{R}\" WHERE pk = 'a'")
    yield batch('SELECT * FROM "{R}"')
    yield batch('SELECT * FROM "{R}"."byG" WHERE g = \'g\'')
    yield batch("INSERT INTO \"{T}\" VALUE {'pk': 'b1'}", "INSERT INTO \"{T}\" VALUE {'pk': 'b2'}")
    yield batch("INSERT INTO \"{T}\" VALUE {'pk': 'b1'}", "INSERT INTO \"{T}\" VALUE {'pk': 'b3'}")
    yield batch("INSERT INTO \"{T}\" VALUE {'pk': 'b4'}", "DELETE FROM \"{T}\" WHERE pk = 'b4'")
    yield batch(get + "1", "DELETE FROM \"{T}\" WHERE pk = 'b1'")
    yield batch(get + "1", "SELECT * FROM \"no-such-table\" WHERE pk = 'a'")
    yield batch(get + "1", "nonsense")
    yield batch("UPDATE \"{T}\" SET a = 1 WHERE pk = 'b2' AND a = 'no'")
    yield batch("UPDATE \"{T}\" SET a = 1 WHERE pk = 'not-there'")
    yield batch(*[f"{get}{n}" for n in range(25)])
    yield batch(*[f"{get}{n}" for n in range(26)])
    yield batch(get + "1", ReturnConsumedCapacity="TOTAL")
    yield batch(get + "1", ReturnConsumedCapacity="INDEXES")
    yield batch("INSERT INTO \"{T}\" VALUE {'pk': 'b5'}", ReturnConsumedCapacity="TOTAL")


def transactions() -> Iterator[Step]:
    def transaction(*texts: str, **more: Any) -> Step:
        statements = [{"Statement": text.replace("{T}", T).replace("{R}", R)} for text in texts]
        return Step("ExecuteTransaction", {"TransactStatements": statements, **more})

    get = "SELECT * FROM \"{R}\" WHERE pk = 'a' AND sk = "
    yield transaction()
    yield transaction(get + "1")
    yield transaction(get + "1", get + "99")
    yield transaction(get + "1", get + "1")
    yield transaction("SELECT * FROM \"{R}\" WHERE pk = 'a'")
    yield transaction(
        "INSERT INTO \"{T}\" VALUE {'pk': 't1'}", "INSERT INTO \"{T}\" VALUE {'pk': 't2'}"
    )
    yield transaction(
        "INSERT INTO \"{T}\" VALUE {'pk': 't1'}", "INSERT INTO \"{T}\" VALUE {'pk': 't3'}"
    )
    yield transaction(
        "INSERT INTO \"{T}\" VALUE {'pk': 't4'}", "DELETE FROM \"{T}\" WHERE pk = 't4'"
    )
    yield transaction(get + "1", "DELETE FROM \"{T}\" WHERE pk = 't1'")
    yield transaction(
        "UPDATE \"{T}\" SET a = 1 WHERE pk = 't1'", "UPDATE \"{T}\" SET a = 1 WHERE pk = 'no'"
    )
    yield transaction(
        "EXISTS(SELECT * FROM \"{T}\" WHERE pk = 't1' AND a = 'no')",
        "UPDATE \"{T}\" SET a = 2 WHERE pk = 't2'",
    )
    yield transaction(
        "EXISTS(SELECT * FROM \"{T}\" WHERE pk = 't1' AND pk = 't1')",
        "UPDATE \"{T}\" SET a = 2 WHERE pk = 't2'",
    )
    yield transaction("EXISTS(SELECT * FROM \"{T}\" WHERE pk = 't1')")
    yield transaction("nonsense")
    yield transaction(get + "1", "SELECT * FROM \"no-such-table\" WHERE pk = 'a'")
    yield transaction(*[f"{get}{n}" for n in range(100)])
    yield transaction(*[f"{get}{n}" for n in range(101)])
    yield transaction(get + "1", ReturnConsumedCapacity="TOTAL")
    yield transaction("INSERT INTO \"{T}\" VALUE {'pk': 't6'}", ReturnConsumedCapacity="TOTAL")
    for _ in range(2):
        yield transaction("INSERT INTO \"{T}\" VALUE {'pk': 't7'}", ClientRequestToken="again")
    yield transaction("INSERT INTO \"{T}\" VALUE {'pk': 't8'}", ClientRequestToken="again")
