"""Random attribute values, items and expressions, right and wrong ones, from a seeded Random.

Names and values come from small sets, so that the parts of a request meet: a condition on
`a` is asked of items that have an `a`, of some type, more often than not.
"""

from __future__ import annotations

import base64
from random import Random
from typing import Any

ATTRIBUTES = ["a", "b", "c", "d", "m", "l", "size", "a.b", "Ünï", "x-y", "_q"]
STRINGS = ["", "a", "ab", "abc", "b", "é", "日本", "😀", "1", "S", "z" * 20]
NUMBERS = [
    "0", "-0", "1", "-1", "1.0", "01", "1.50", "10", "100", "1e2", "1E+2", "-1.5e-3", "0.001",
    "123456789012345678901234567890", "0.1", "9.99e125", "1e-130", "-9.9E125", "3", "2", "5",
    "99999999999999999999999999999999999999", "0.00000000000000000000000000000000000001",
    "1.0000000000000000000000000000000000000", "+7", ".5", "5.", "00.10",
]  # fmt: skip
BROKEN_NUMBERS = [
    "", "x", "1x", "--1", "1e", "e1", "NaN", "Infinity", "0x10", "1,0", " 1", "1 ", "1_0", "١",
    "1e126", "1e-131", "-1e126", "1e999999", "999999999999999999999999999999999999999",
    "1.00000000000000000000000000000000000001", "1e99999999999999999999", "+", "-", ".", "1.2.3",
]  # fmt: skip
KINDS = ["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "M", "L"]


def value(r: Random, depth: int = 0, kinds: list[str] = KINDS) -> dict[str, Any]:
    """A valid attribute value."""
    kind = r.choice(kinds if depth < 3 else [k for k in kinds if k not in "ML"] or ["S"])
    return {kind: content(r, kind, depth)}


def content(r: Random, kind: str, depth: int = 0) -> Any:
    match kind:
        case "S":
            return r.choice(STRINGS)
        case "N":
            return number(r)
        case "B":
            return binary(r)
        case "BOOL":
            return r.random() < 0.5
        case "NULL":
            return True
        case "SS":
            return r.sample(STRINGS, r.randint(1, 3))
        case "NS":
            return r.sample(["1", "2", "3", "4.5", "-6", "7e3"], r.randint(1, 3))
        case "BS":
            return sorted({binary(r) for _ in range(3)})
        case "L":
            return [value(r, depth + 1) for _ in range(r.randint(0, 4))]
        case _:
            return {name: value(r, depth + 1) for name in r.sample(ATTRIBUTES, r.randint(0, 3))}


def number(r: Random) -> str:
    if r.random() < 0.6:
        return r.choice(NUMBERS)
    return f"{r.choice(['', '-'])}{r.randint(0, 10 ** r.randint(1, 19))}e{r.randint(-20, 20)}"


def binary(r: Random) -> str:
    return base64.b64encode(r.randbytes(r.randint(0, 4))).decode()


def broken_value(r: Random) -> Any:
    """What is sent where a value belongs, and is none."""
    return r.choice(
        [
            {},
            {"S": 1},
            {"S": None},
            {"N": 1},
            {"N": r.choice(BROKEN_NUMBERS)},
            {"N": r.choice(BROKEN_NUMBERS)},
            {"B": "not base64!"},
            {"B": "YQ"},
            {"BOOL": "true"},
            {"NULL": False},
            {"SS": []},
            {"NS": []},
            {"BS": []},
            {"SS": ["a", "a"]},
            {"NS": ["1", "1.0"]},
            {"NS": ["x"]},
            {"SS": [1]},
            {"BS": ["YQ==", "YQ=="]},
            {"SS": ["a", None]},
            {"S": "a", "N": "1"},
            {"X": "a"},
            {"L": {}},
            {"L": [{}]},
            {"L": ["a"]},
            {"M": []},
            {"M": {"a": {}}},
            {"M": {"a": "b"}},
            {"M": {"": {"S": "a"}}},
            "a",
            1,
            [],
            None,
            {"s": "a"},
        ]
    )


def item(r: Random, key: dict[str, Any], attributes_max: int = 6) -> dict[str, Any]:
    names = r.sample(ATTRIBUTES, r.randint(0, attributes_max))
    made = {name: value(r) for name in names}
    if r.random() < 0.5:  # documents that the paths below lead into
        made["m"] = {"M": {"a": value(r), "b": {"L": [value(r, 2), value(r, 2)]}}}
    if r.random() < 0.5:
        made["l"] = {"L": [value(r, 1), {"M": {"a": value(r, 2)}}, value(r, 1)]}
    if r.random() < 0.6:
        made["a"] = {"N": number(r)}
    return {**made, **key}


class Expressions:
    """Makes expressions, and gathers the names and values that they use.

    `broken` is the chance that something is put wrong on purpose.
    """

    def __init__(self, r: Random, *, broken: float = 0.0, keys: tuple[str, ...] = ("pk",)) -> None:
        self.r = r
        self.broken = broken
        self.keys = keys
        self.names: dict[str, str] = {}
        self.values: dict[str, Any] = {}
        self.targets = [*ATTRIBUTES[:6], "e", "f"]

    def request(self) -> dict[str, Any]:
        """The two maps, as members of a request; now and then with one too many or too few."""
        names, values = dict(self.names), dict(self.values)
        if self._wrong():
            match self.r.randint(0, 7):
                case 0:
                    names["#unused"] = "a"
                case 1:
                    values[":unused"] = {"S": "a"}
                case 2 if names:
                    names.popitem()
                case 3 if values:
                    values.popitem()
                case 4:
                    names[self.r.choice(["noSharp", "#", "#a-b", ""])] = "a"
                case 5:
                    values[self.r.choice(["noColon", ":", ":a-b", ""])] = {"S": "a"}
                case 6 if values:
                    values[next(iter(values))] = broken_value(self.r)
                case 7 if names:
                    names[next(iter(names))] = ""
        members: dict[str, Any] = {}
        if names:
            members["ExpressionAttributeNames"] = names
        if values:
            members["ExpressionAttributeValues"] = values
        return members

    def target(self) -> str:
        """What an update changes: seldom twice in one expression the same."""
        if not self.targets or self.r.random() < 0.03 or self._wrong(0.3):
            return self.path()
        return self.path(root=self.targets.pop(self.r.randrange(len(self.targets))))

    def path(self, depth: int = 0, root: str = "") -> str:
        roots = [*ATTRIBUTES[:6], *ATTRIBUTES[:4], *self.keys[:1]]
        name = root or self.r.choice(roots)
        if self._wrong(0.1):
            return self.r.choice(["and", "SIZE", "name", "status", "1a", "_x", "", "a b", ":v"])
        plain = name.isidentifier() and name.isascii() and name not in ("size", "_q")
        if not plain or self.r.random() < 0.2:
            name = self._name(name)
        text = name
        while self.r.random() < 0.3 and depth < 3:
            depth += 1
            if self.r.random() < 0.5:
                text += f"[{self.r.choice([0, 0, 1, 2, 7])}]"
            else:
                text += "." + self.r.choice(["a", "b", self._name("a.b"), "c"])
        return text

    def _name(self, name: str) -> str:
        placeholder = f"#n{len(self.names)}"
        self.names[placeholder] = name
        return placeholder

    def value(self, kinds: list[str] = KINDS) -> str:
        placeholder = f":v{len(self.values)}"
        self.values[placeholder] = value(self.r, kinds=kinds)
        return placeholder

    def operand(self) -> str:
        pick = self.r.random()
        if pick < 0.45:
            return self.path()
        if pick < 0.85:
            return self.value(self.r.choice([KINDS, ["N"], ["S"]]))
        return f"size({self.path()})" if pick < 0.95 else f"size ( {self.value()} )"

    def condition(self, depth: int = 0) -> str:
        pick = self.r.random()
        if depth < 3 and pick < 0.35:
            return self._spoiled(self._compound(depth))
        return self._spoiled(self._simple())

    def _compound(self, depth: int) -> str:
        left = self.condition(depth + 1)
        match self.r.randint(0, 3):
            case 0:
                return f"NOT {left}"
            case 1:
                return f"({left})"
            case 2:
                return f"{left} {self.r.choice(['AND', 'and', 'And'])} {self.condition(depth + 1)}"
            case _:
                return f"{left} {self.r.choice(['OR', 'or'])} ({self.condition(depth + 1)})"

    def _simple(self) -> str:
        r = self.r
        match r.randint(0, 9):
            case 0 | 1 | 2:
                sign = r.choice(["=", "<>", "<", "<=", ">", ">="])
                return f"{self.operand()}{r.choice([' ', ''])}{sign} {self.operand()}"
            case 3:
                return f"{self.operand()} BETWEEN {self.operand()} AND {self.operand()}"
            case 4:
                inside = ", ".join(self.operand() for _ in range(r.randint(1, 4)))
                return f"{self.operand()} IN ({inside})"
            case 5:
                return f"attribute_exists({self.path()})"
            case 6:
                return f"attribute_not_exists({self.path()})"
            case 7:
                placeholder = f":v{len(self.values)}"
                kind = r.choice(KINDS) if r.random() < 0.9 else r.choice(["X", "", "s", "STRING"])
                self.values[placeholder] = {"S": kind}
                return f"attribute_type({self.path()}, {placeholder})"
            case 8:
                prefix = self.value(r.choice([["S"], ["B"], KINDS]))
                return f"begins_with({self.path()}, {prefix})"
            case _:
                return f"contains({self.operand()}, {self.operand()})"

    def update(self) -> str:
        r = self.r
        clauses = r.sample(["SET", "REMOVE", "ADD", "DELETE"], r.choice([1, 1, 1, 2, 3]))
        if self._wrong(0.2):
            clauses.append(r.choice(["SET", "PUT", "ADD"]))
        return self._spoiled(" ".join(f"{c} {self._actions(c)}" for c in clauses))

    def _actions(self, clause: str) -> str:
        r = self.r
        return ", ".join(self._action(clause) for _ in range(r.choice([1, 1, 2, 3])))

    def _action(self, clause: str) -> str:
        r = self.r
        match clause:
            case "SET":
                sign = r.choice([" = ", "=", " ="])
                return f"{self.target()}{sign}{self._set_value()}"
            case "ADD":
                kinds = r.choice([["N"], ["SS", "NS", "BS"]]) if r.random() < 0.95 else KINDS
                return f"{self.target()} {self.value(kinds)}"
            case "DELETE":
                kinds = ["SS", "NS", "BS"] if r.random() < 0.95 else KINDS
                return f"{self.target()} {self.value(kinds)}"
            case _:
                return self.target()

    def _set_value(self) -> str:
        r = self.r
        match r.randint(0, 6):
            case 0 | 1:
                return self.value()
            case 2:
                return self.path()
            case 3:
                left = r.choice([self.path(), self._default()])
                return f"{left} {r.choice('+-')} {self.value(r.choice([['N'], ['N'], KINDS]))}"
            case 4:
                return self._default()
            case 5:
                operands = [self.path(), self.value(r.choice([["L"], KINDS]))]
                r.shuffle(operands)
                return f"list_append({operands[0]}, {operands[1]})"
            case _:
                return f"{self.value(['N'])} {r.choice('+-')} {self.path()}"

    def _default(self) -> str:
        return f"if_not_exists({self.path()}, {self.r.choice([self.value(), self.path()])})"

    def projection(self) -> str:
        return self._spoiled(", ".join(self.path() for _ in range(self.r.randint(1, 4))))

    def _wrong(self, part: float = 1.0) -> bool:
        return self.r.random() < self.broken * part

    def _spoiled(self, text: str) -> str:
        """Now and then with one token too many, too few, or exchanged."""
        return spoiled(self.r, text) if self._wrong(0.3) else text


def spoiled(r: Random, text: str) -> str:
    """`text` with one token taken away, put in, or exchanged."""
    tokens = text.split(" ")
    at = r.randrange(len(tokens))
    match r.randint(0, 4):
        case 0:
            del tokens[at]
        case 1:
            tokens.insert(at, r.choice(["AND", "(", ")", ",", "=", ":v0", "a", "@", "!"]))
        case 2:
            tokens[at] = r.choice(["<", "foo(a)", "size(a)", "NOT", "a.", "[0]", "#", "1"])
        case 3:
            tokens.append(r.choice([")", "extra", ",", ";"]))
        case _:
            tokens[at] = tokens[at].replace("(", "").replace(",", "")
    return " ".join(tokens)
