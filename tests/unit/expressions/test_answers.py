"""Hundreds of expressions, each with the exact answer: answers.jsonl.

A line is [parameter, expression, answer]: null for accepted, else the text, "…" standing for
"Invalid <parameter>:". Recorded from DynamoDB Local, whose expression engine is the real service's;
where it is known to differ (reserved word "size", names of types, "missed key schema element: x",
which of several overlapping paths is named) the answer is AWS's.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from jedlik.tables.expressions import (
    Placeholders,
    condition,
    parsed_key_condition,
    projection,
    update,
)
from jedlik.tables.model import KeyAttribute, KeySchema
from jedlik.values import Invalid

KEY = {"pk": {"S": "a"}, "sk": {"S": "b"}}
SCHEMA = KeySchema((KeyAttribute("pk", "S"),), (KeyAttribute("sk", "S"),))
VALUES: dict[str, dict[str, Any]] = {
    ":a": {"N": "1"},
    ":b": {"N": "5"},
    ":s": {"S": "x"},
    ":t": {"S": "y"},
    ":l": {"L": [{"N": "1"}]},
    ":ss": {"SS": ["a"]},
    ":ns": {"NS": ["1"]},
    ":n": {"NULL": True},
    ":bo": {"BOOL": True},
    ":m": {"M": {}},
    ":bin": {"B": "YQ=="},
    ":e": {"S": ""},
}
ANSWERS = [
    json.loads(line)
    for line in Path(__file__).with_name("answers.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize(("parameter", "text", "answer"), ANSWERS)
def test_answer(parameter: str, text: str, answer: str | None) -> None:
    if answer is None:
        answer_to(parameter, text)
        return
    with pytest.raises(Invalid) as refused:
        answer_to(parameter, text)
    assert refused.value.message == answer.replace("…", f"Invalid {parameter}:", 1)


def answer_to(parameter: str, text: str) -> None:
    names = None
    if "#n" in text:
        names = {"#n": "sk" if parameter == "KeyConditionExpression" else "n1"}
    values = {name: VALUES[name] for name in VALUES if re.search(rf"{name}\b", text)}
    if parameter == "ProjectionExpression":
        values = {}
    placeholders = Placeholders(names, values or None)
    if parameter == "ConditionExpression":
        condition(text, placeholders)
        placeholders.finish()
    elif parameter == "UpdateExpression":
        bound = update(text, placeholders)
        placeholders.finish()
        bound.check_keys(("pk", "sk"))
        bound.apply(KEY)
    elif parameter == "KeyConditionExpression":
        parsed = parsed_key_condition(text, placeholders)
        placeholders.finish()
        parsed.range(SCHEMA)
    else:
        projection(text, placeholders)
        placeholders.finish()
