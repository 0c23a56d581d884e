"""Ion text is read in two ways, a quick one for what exporters write: both say the same."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from jedlik.services.dynamodb.ion_text import (
    MARKER,
    BadIon,
    NotPlain,
    any_structs,
    ion_item,
    ion_structs,
    plain_structs,
)

ALPHABET = "aé \\\"'{}[],:\n\t\u0001$/*-1x😀"


def item(r: Random, depth: int = 0) -> dict[str, Any]:
    names = ["pk", "true", "a-b", "_x1", *("".join(r.choices(ALPHABET, k=3)) for _ in range(2))]
    return {name: value(r, depth) for name in r.sample(names, r.randrange(1, 6))}


def value(r: Random, depth: int) -> dict[str, Any]:
    text = "".join(r.choices(ALPHABET, k=r.randrange(8)))
    number = r.choice(["0", "-1", "12.5", "1E+30", "-2.5E-7", "100"])
    kinds: list[dict[str, Any]] = [
        {"S": text},
        {"N": number},
        {"B": r.choice(["", "AP8=", "YWJj"])},
        {"BOOL": r.random() < 0.5},
        {"NULL": True},
        {"SS": [text, "other"]},
        {"NS": [number, "7"]},
        {"BS": ["AA==", "YWJj"]},
    ]
    if depth < 4:
        kinds += [
            {"M": item(r, depth + 1)},
            {"M": {}},
            {"L": [value(r, depth + 1) for _ in range(r.randrange(3))]},
        ]
    return r.choice(kinds)


def same_number(found: Any) -> Any:
    """Exponents as they are written here."""
    if isinstance(found, dict):
        return {
            name: each.replace("E+", "E") if name == "N" and isinstance(each, str) else
            [text.replace("E+", "E") for text in each] if name == "NS" else same_number(each)
            for name, each in found.items()
        }  # fmt: skip
    return [same_number(each) for each in found] if isinstance(found, list) else found


@pytest.mark.parametrize("seed", range(100))
def test_what_is_written_is_read_in_both_ways(seed: int) -> None:
    r = Random(seed)
    items = [item(r) for _ in range(r.randrange(1, 4))]
    text = "".join(f"{MARKER}{{Item:{ion_item(each)}}}\n" for each in items)
    read = [{"Item": {"M": each}} for each in items]
    assert same_number(ion_structs(text)) == same_number(read)
    assert same_number(any_structs(text)) == same_number(read)
    if "E" not in str([each for each in items if "N" in str(each)]):
        assert plain_structs(text) == read


@pytest.mark.parametrize("seed", range(20))
def test_the_quick_way_reads_nothing_differently_and_nothing_else(seed: int) -> None:
    r = Random(seed)
    for _ in range(40):
        text = f"{MARKER}{{Item:{ion_item(item(r))}}}\n"
        for _ in range(r.randrange(1, 4)):
            at = r.randrange(len(text))
            wrong = r.choice(["", *"{}[]\",:'.1d_ /$n\\", "::", "//x\n"])
            text = text[:at] + wrong + text[at + 1 :]
        try:
            quick = plain_structs(text)
        except (NotPlain, BadIon):
            continue
        assert quick == any_structs(text)


def test_forms_that_only_the_whole_of_ion_has() -> None:
    text = "/* c */ {Item:{a:'''long ''' '''text''', b:0xff, c:+1_000, d:null.string, 'e':1e2}} //"
    with pytest.raises(NotPlain):
        plain_structs(text)
    (found,) = ion_structs(text)
    assert found["Item"]["M"] == {
        "a": {"S": "long text"},
        "b": {"N": "255"},
        "c": {"N": "1000"},
        "d": {"NULL": True},
        "e": {"N": "1E2"},
    }
