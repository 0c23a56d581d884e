"""ExecuteStatement: reads, pages, writes, what they cost and how they are refused."""

from __future__ import annotations

import base64

import pytest
from botocore.exceptions import ClientError

FULL_KEY = "Where clause does not contain a mandatory equality on all key attributes"


@pytest.fixture
def run(ask):
    """run(statement, *parameters, **members): the answer to ExecuteStatement."""

    def call(statement, *parameters, **members):
        if parameters:
            members["Parameters"] = list(parameters)
        return ask("ExecuteStatement", Statement=statement, **members)

    return call


@pytest.fixture
def refused(refusal):
    """refused(statement, *parameters, **members): the code and text of the error."""

    def call(statement, *parameters, **members):
        if parameters:
            members["Parameters"] = list(parameters)
        return refusal("ExecuteStatement", Statement=statement, **members)

    return call


@pytest.fixture
def people(ask, indexed_table):
    """indexed_table with items pk a…c, sk 0…3; n = 10 * sk, g = "g0" or "g1" by sk's parity."""
    for pk in "abc":
        for sk in range(4):
            ask(
                "PutItem",
                TableName=indexed_table,
                Item={
                    "pk": {"S": pk},
                    "sk": {"N": str(sk)},
                    "n": {"N": str(sk * 10)},
                    "g": {"S": f"g{sk % 2}"},
                    "gs": {"N": str(sk)},
                    "l": {"S": f"l{9 - sk}"},
                    "m": {"M": {"x": {"L": [{"N": "1"}, {"S": "two"}]}}},
                },
            )
    return indexed_table


def keys(answer):
    return [item["pk"]["S"] + item["sk"]["N"] for item in answer["Items"]]


# Reading


def test_a_whole_key_is_one_item(run, people):
    answer = run(f"SELECT * FROM \"{people}\" WHERE pk = 'a' AND sk = ?", {"N": "1.0"})
    assert keys(answer) == ["a1"]
    assert answer["Items"][0]["m"] == {"M": {"x": {"L": [{"N": "1"}, {"S": "two"}]}}}
    assert run(f"SELECT * FROM \"{people}\" WHERE pk = 'a' AND sk = 9") == {"Items": []}


def test_ranges_filters_and_order(run, people):
    def found(where):
        return keys(run(f'SELECT pk, sk FROM "{people}" WHERE {where}'))

    assert found("pk = 'a' AND sk > 0 AND sk < 3") == ["a1", "a2"]
    assert found("pk = 'a' AND sk BETWEEN 1 AND 2 ORDER BY sk DESC") == ["a2", "a1"]
    assert found("pk = 'a' AND n >= 20") == ["a2", "a3"]
    assert found("2 > sk AND 'a' = pk") == ["a0", "a1"]
    assert found("pk = 'a' AND NOT sk IN [0, 3]") == ["a1", "a2"]
    assert found("pk = 'a' AND pk = 'b'") == []
    assert found("pk = 'a' AND sk IN [3, 1]") == ["a1", "a3"]


def test_several_partition_keys(run, people):
    def found(where):
        return keys(run(f'SELECT pk, sk FROM "{people}" WHERE {where}'))

    assert found("pk IN ['c', 'a'] AND sk = 1 ORDER BY pk") == ["a1", "c1"]
    assert found("pk IN ['a', 'c'] AND sk < 2 ORDER BY pk DESC, sk DESC") == [
        "c1",
        "c0",
        "a1",
        "a0",
    ]
    assert found("(pk = 'a' AND sk = 1) OR (pk = 'b' AND sk = 2) ORDER BY pk") == ["a1", "b2"]
    assert found("pk = 'a' OR (pk = 'a' AND sk > 1)") == ["a0", "a1", "a2", "a3"]


def test_without_a_partition_key_everything_is_looked_at(run, people):
    def found(where):
        return sorted(keys(run(f'SELECT * FROM "{people}" WHERE {where}')))

    assert found("sk = 1") == ["a1", "b1", "c1"]
    assert found("pk = 'a' OR n = 10") == ["a0", "a1", "a2", "a3", "b1", "c1"]
    assert len(run(f'SELECT * FROM "{people}"')["Items"]) == 12


def test_projected_parts_have_their_last_names(run, people):
    answer = run(f"SELECT m.x[1], gone, n FROM \"{people}\" WHERE pk = 'a' AND sk = 1")
    assert answer == {"Items": [{"x[1]": {"S": "two"}, "n": {"N": "10"}}]}


def test_reading_a_global_index(run, people, refused):
    answer = run(f'SELECT pk, sk FROM "{people}"."by_g" WHERE g = \'g1\' AND gs > 1')
    assert sorted(keys(answer)) == ["a3", "b3", "c3"]
    every = run(f'SELECT * FROM "{people}"."by_g" WHERE g = \'g1\' AND gs = 1')
    assert all(item.keys() == {"pk", "sk", "g", "gs"} for item in every["Items"])
    assert refused(f'SELECT n FROM "{people}"."by_g" WHERE g = \'g1\'') == (
        "ValidationException",
        "One or more parameter values were invalid: Global secondary index by_g does not project "
        "[n]",
    )
    assert refused(f'SELECT * FROM "{people}"."by_g"', ConsistentRead=True)[0] == (
        "ValidationException"
    )


def test_reading_a_local_index_fetches_what_it_lacks(run, people):
    where = "WHERE pk = 'a' AND l > 'l6' ORDER BY l DESC"
    answer = run(
        f'SELECT pk, sk, n FROM "{people}"."by_l" {where}', ReturnConsumedCapacity="INDEXES"
    )
    assert [item["n"]["N"] for item in answer["Items"]] == ["0", "10", "20"]
    told = answer["ConsumedCapacity"]
    assert told["Table"] == {"CapacityUnits": 1.5}
    assert told["LocalSecondaryIndexes"] == {"by_l": {"CapacityUnits": 0.5}}
    every = run(f'SELECT * FROM "{people}"."by_l" WHERE pk = \'a\' AND n > 10')
    assert keys(every) == ["a3", "a2"]
    assert all("n" not in item for item in every["Items"])


@pytest.mark.parametrize(
    ("where", "text"),
    [
        (
            "ORDER BY sk",
            "Must have WHERE clause in the statement when using ORDER BY clause.",
        ),
        (
            "WHERE n = 1 ORDER BY sk",
            "Must have at least one non-optional hash key condition in WHERE clause when using "
            "ORDER BY clause.",
        ),
        (
            "WHERE pk = 'a' ORDER BY n",
            "Variable reference n in ORDER BY clause must be part of the primary key",
        ),
        (
            "WHERE pk = 1",
            "Key attribute's data type should match its data type in table's schema: Key pk",
        ),
        ("WHERE pk = 'a' AND", "Statement wasn't well formed, can't be processed: Unexpected term"),
        ("WHERE pk = ?", "Number of parameters in request and statement don't match."),
        ("WHERE n < true", "Incorrect operand type for operator or function; "
                           "operator or function: <, operand type: BOOL"),
    ],
)  # fmt: skip
def test_refused_reads(refused, indexed_table, where, text):
    assert refused(f'SELECT * FROM "{indexed_table}" {where}') == ("ValidationException", text)


def test_unknown_tables_and_indexes(refused, table, new_name):
    assert refused(f'SELECT * FROM "{new_name()}"') == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )
    assert refused(f'SELECT * FROM "{table}"."nowhere"') == (
        "ValidationException",
        "The table does not have the specified index: nowhere",
    )


def test_exists_is_for_transactions(refused, table):
    assert refused(f"EXISTS(SELECT * FROM \"{table}\" WHERE pk = 'a')") == (
        "ValidationException",
        "EXISTS can only be used in ExecuteTransaction write requests.",
    )


def test_wrong_parameters_are_refused_as_values_are(refused, table):
    statement = f'SELECT * FROM "{table}" WHERE pk = ?'
    assert refused(statement, {"N": "x"}) == (
        "ValidationException",
        "The parameter cannot be converted to a numeric value: x",
    )
    assert refused(statement, {"S": "a", "N": "1"}) == (
        "ValidationException",
        "Supplied AttributeValue has more than one datatypes set, "
        "must contain exactly one of the supported datatypes",
    )


# Pages


@pytest.mark.parametrize(
    "where", ["", "WHERE pk IN ['b', 'a', 'c']", "WHERE pk IN ['a', 'b'] AND sk IN [1, 2]"]
)
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_pages_give_every_item_once(run, people, where, limit):
    statement = f'SELECT pk, sk FROM "{people}" {where}'
    pages = list(pages_of(run, statement, Limit=limit))
    assert all(len(page["Items"]) <= limit for page in pages)
    whole = [key for page in pages_of(run, statement) for key in keys(page)]
    assert [key for page in pages for key in keys(page)] == whole
    assert len(set(whole)) == len(whole) >= 4


def pages_of(run, statement, **members):
    """The answers of a statement, to the last page."""
    answer = run(statement, **members)
    yield answer
    while "NextToken" in answer:
        answer = run(statement, NextToken=answer["NextToken"], **members)
        yield answer


def test_keys_listed_by_in_come_in_pages_of_ten(run, ask, make_table):
    name = make_table(keys="pk:S sk:N")
    puts = [
        {"PutRequest": {"Item": {"pk": {"S": pk}, "sk": {"N": str(sk)}}}}
        for pk in "ab"
        for sk in range(12)
    ]
    ask("BatchWriteItem", RequestItems={name: puts[:12]})
    ask("BatchWriteItem", RequestItems={name: puts[12:]})
    listed = ", ".join(map(str, range(12)))
    for where, sizes in (
        (f"pk = 'a' AND sk IN [{listed}]", [10, 2]),
        ("pk IN ['a', 'b']", [10, 10, 4]),
        ("pk = 'a' OR pk = 'b'", [20, 4]),
    ):
        pages = pages_of(run, f'SELECT sk FROM "{name}" WHERE {where}', Limit=20)
        found = [len(page["Items"]) for page in pages]
        assert found == sizes


def test_limit_counts_what_is_looked_at(run, people):
    answer = run(f"SELECT pk, sk FROM \"{people}\" WHERE pk = 'a' AND n = 30", Limit=3)
    assert answer["Items"] == []
    assert answer["LastEvaluatedKey"] == {"pk": {"S": "a"}, "sk": {"N": "2"}}
    again = run(
        f"SELECT pk, sk FROM \"{people}\" WHERE pk = 'a' AND n = 30", NextToken=answer["NextToken"]
    )
    assert keys(again) == ["a3"]


def test_a_page_ends_at_a_megabyte(run, ask, make_table):
    name = make_table(keys="pk:S sk:N")
    for sk in range(4):
        item = {"pk": {"S": "a"}, "sk": {"N": str(sk)}, "x": {"S": "x" * 390_000}}
        ask("PutItem", TableName=name, Item=item)
    first = run(f"SELECT sk FROM \"{name}\" WHERE pk = 'a'")
    assert len(first["Items"]) == 3
    second = run(f"SELECT sk FROM \"{name}\" WHERE pk = 'a'", NextToken=first["NextToken"])
    assert second == {"Items": [{"sk": {"N": "3"}}]}


def test_tokens_belong_to_their_statement(run, refused, people):
    statement = f'SELECT pk FROM "{people}" WHERE pk > ?'
    token = run(statement, {"S": "A"}, Limit=1)["NextToken"]
    other = ("ValidationException", "NextToken does not match request")
    assert refused(statement, {"S": "B"}, NextToken=token) == other
    assert refused(f'SELECT sk FROM "{people}" WHERE pk > ?', {"S": "A"}, NextToken=token) == other


def test_garbage_is_no_token(run, refused, people):
    statement = f'SELECT pk FROM "{people}"'
    token = run(statement, Limit=1)["NextToken"]
    raw = bytearray(base64.urlsafe_b64decode(token))
    raw[-3] ^= 1
    bent = base64.urlsafe_b64encode(bytes(raw)).decode()
    for garbage in ("x", "garbage!", "ű", token[:-4], token[:8], bent, "A" * 4000):
        assert refused(statement, NextToken=garbage) == ("ValidationException", "Invalid NextToken")


# Writing


def test_insert_then_duplicate(run, refused, ask, table):
    statement = f"INSERT INTO \"{table}\" VALUE {{'pk': 'a', 'n': 1.50, 's': <<1, 2>>, 'p': ?}}"
    assert run(statement, {"L": [{"BOOL": True}]}) == {"Items": []}
    assert ask("GetItem", TableName=table, Key={"pk": {"S": "a"}})["Item"] == {
        "pk": {"S": "a"},
        "n": {"N": "1.5"},
        "s": {"NS": ["1", "2"]},
        "p": {"L": [{"BOOL": True}]},
    }
    assert refused(statement, {"N": "1"}) == (
        "DuplicateItemException",
        "Duplicate primary key exists in table",
    )


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ("{'n': 1}", "Key attribute should be present in the item: Key pk"),
        (
            "{'pk': 1}",
            "Key attribute's data type should match its data type in table's schema: Key pk",
        ),
        (
            "{'pk': ''}",
            "One or more parameter values are not valid. The AttributeValue for a key attribute "
            "cannot contain an empty string value. Key: pk",
        ),
        (
            "{'pk': '" + "x" * 2049 + "'}",
            "One or more parameter values were invalid: "
            "Size of hashkey has exceeded the maximum size limit of2048 bytes",
        ),
    ],
)
def test_items_that_cannot_be_inserted(refused, table, item, text):
    assert refused(f'INSERT INTO "{table}" VALUE {item}') == ("ValidationException", text)


def test_update_returns_what_is_asked_for(run, table):
    run(f"INSERT INTO \"{table}\" VALUE {{'pk': 'a', 'n': 1, 'm': {{'x': 1, 'y': 2}}}}")

    def updated(returning):
        return run(
            f"UPDATE \"{table}\" SET n = n + 1, m.x = ? WHERE pk = 'a' {returning}", {"N": "7"}
        )

    assert updated("") == {"Items": []}
    assert updated("RETURNING MODIFIED OLD *") == {
        "Items": [{"n": {"N": "2"}, "m": {"M": {"x": {"N": "7"}}}}]
    }
    assert updated("RETURNING MODIFIED NEW *")["Items"][0]["n"] == {"N": "4"}
    whole = {"pk": {"S": "a"}, "m": {"M": {"x": {"N": "7"}, "y": {"N": "2"}}}}
    assert updated("RETURNING ALL OLD *") == {"Items": [{**whole, "n": {"N": "4"}}]}
    assert updated("RETURNING ALL NEW *") == {"Items": [{**whole, "n": {"N": "6"}}]}
    nothing = run(f"UPDATE \"{table}\" REMOVE gone WHERE pk = 'a' RETURNING MODIFIED OLD *")
    assert nothing == {"Items": []}


def test_an_update_needs_its_item(refused, table):
    assert refused(f"UPDATE \"{table}\" SET n = 1 WHERE pk = 'gone'") == (
        "ConditionalCheckFailedException",
        "The conditional request failed",
    )


def test_a_failed_condition_can_show_the_item(ask, run, table):
    run(f"INSERT INTO \"{table}\" VALUE {{'pk': 'a', 'n': 1}}")
    with pytest.raises(ClientError) as failed:
        run(
            f"UPDATE \"{table}\" SET n = 2 WHERE pk = 'a' AND n > 1",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert failed.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert failed.value.response["Item"] == {"pk": {"S": "a"}, "n": {"N": "1"}}
    run(f"UPDATE \"{table}\" SET n = 2 WHERE pk = 'a' AND n = 1")
    assert ask("GetItem", TableName=table, Key={"pk": {"S": "a"}})["Item"]["n"] == {"N": "2"}


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ('UPDATE "{}" SET n = 1', FULL_KEY),
        ("UPDATE \"{}\" SET n = 1 WHERE pk IN ['a']", FULL_KEY),
        ("DELETE FROM \"{}\" WHERE pk = 'a' OR pk = 'b'", FULL_KEY),
        (
            "UPDATE \"{}\" SET n = 1 WHERE pk = 'a' AND pk = 'b'",
            "Multiple conditions on same key pk. "
            "Only single item Update/Insert/Delete are supported",
        ),
        (
            "UPDATE \"{}\" SET pk = 'b' WHERE pk = 'a'",
            "One or more parameter values were invalid: "
            "Cannot update attribute pk. This attribute is part of the key",
        ),
        (
            "UPDATE \"{}\" SET n = 1 REMOVE n WHERE pk = 'a'",
            "Two document paths overlap with each other; must remove or rewrite one of these "
            "paths; path one: [n], path two: [n]",
        ),
    ],
)
def test_refused_writes(refused, table, statement, text):
    assert refused(statement.format(table)) == ("ValidationException", text)


def test_an_update_that_does_not_fit_the_item(run, refused, table):
    run(f"INSERT INTO \"{table}\" VALUE {{'pk': 'a', 's': 'text'}}")
    assert refused(f"UPDATE \"{table}\" SET s = s + 1 WHERE pk = 'a'") == (
        "ValidationException",
        "An operand in the update expression has an incorrect data type",
    )


def test_delete(run, refused, table):
    run(f"INSERT INTO \"{table}\" VALUE {{'pk': 'a', 'n': 1}}")
    assert refused(f"DELETE FROM \"{table}\" WHERE pk = 'a' AND n = 2") == (
        "ConditionalCheckFailedException",
        "The conditional request failed",
    )
    gone = run(f"DELETE FROM \"{table}\" WHERE pk = 'a' RETURNING ALL OLD *")
    assert gone == {"Items": [{"pk": {"S": "a"}, "n": {"N": "1"}}]}
    # The developer guide: no item of that key, no error.
    assert run(f"DELETE FROM \"{table}\" WHERE pk = 'a' RETURNING ALL OLD *") == {"Items": []}


def test_writes_keep_indexes(run, people):
    run(f"UPDATE \"{people}\" SET g = 'new', gs = 5 WHERE pk = 'a' AND sk = 1")
    assert keys(run(f'SELECT pk, sk FROM "{people}"."by_g" WHERE g = \'new\'')) == ["a1"]
    run(f"DELETE FROM \"{people}\" WHERE pk = 'a' AND sk = 1")
    assert run(f'SELECT * FROM "{people}"."by_g" WHERE g = \'new\'') == {"Items": []}


# Capacity


def test_capacity(run, people):
    def units(statement, **members):
        answer = run(statement, ReturnConsumedCapacity="INDEXES", **members)
        return answer["ConsumedCapacity"]

    one = units(f"SELECT * FROM \"{people}\" WHERE pk = 'a' AND sk = 1")
    assert one == {"TableName": people, "CapacityUnits": 0.5, "Table": {"CapacityUnits": 0.5}}
    strong = units(f"SELECT * FROM \"{people}\" WHERE pk = 'a' AND sk = 9", ConsistentRead=True)
    assert strong["CapacityUnits"] == 1.0
    assert units(f"SELECT * FROM \"{people}\" WHERE pk IN ['a', 'b', 'c']")["CapacityUnits"] == 1.5
    written = units(f"UPDATE \"{people}\" SET g = 'other' WHERE pk = 'a' AND sk = 1")
    assert written["Table"] == {"CapacityUnits": 1.0}
    # A changed index key is a delete and a put, in each of the three indexes on g.
    assert {each["CapacityUnits"] for each in written["GlobalSecondaryIndexes"].values()} == {2.0}


def test_the_shape_of_the_request_is_checked_first(invalid):
    assert invalid("ExecuteStatement", Statement="") == (
        "1 validation error detected: Value '' at 'statement' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1"
    )
    text = invalid("ExecuteStatement", Statement="x" * 8193)
    assert text.endswith("Member must have length less than or equal to 8192")
    assert "'limit' failed to satisfy" in invalid("ExecuteStatement", Statement="x", Limit=0)


@pytest.mark.parametrize(
    ("statement", "level"),
    [
        ('SELECT pk.x FROM "{}"', "Key: pk"),
        ('SELECT n FROM "{}" WHERE sk[0] = 1', "Key: sk"),
        ("SELECT n FROM \"{}\" WHERE pk = 'a' AND g.x = 1", "IndexKey: g"),
    ],
)
def test_no_path_leads_into_a_key(refused, people, statement, level):
    assert refused(statement.format(people)) == (
        "ValidationException",
        "Key attributes must be scalars; list random access '[]' and map lookup '.' "
        f"are not allowed: {level}",
    )
