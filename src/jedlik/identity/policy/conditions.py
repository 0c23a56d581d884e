"""A Condition element as tests: each asks one key of a request, all have to hold.

AWS's rules for keys that a request has not got (IAM user guide, "Condition operators"): an
operator is false without its key, a negated one true, IfExists true; ForAllValues is true of
nothing, ForAnyValue false.

    "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}
     quantifier   operator        key                      templates
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from msgspec import Struct, structs

from .globs import Matches, Part, arn_glob
from .operators import OPERATORS, Operator
from .templates import Template, Variable, template

Quantifier = Literal["", "forallvalues", "foranyvalue"]


class Values(Protocol):
    """What is known of a request. key: a condition key in lower case; None: it has no value."""

    def get(self, key: str, /) -> Sequence[str] | None: ...


class Keys:
    """Values from a mapping, as simulations and tests give them: any case, one or several."""

    def __init__(self, keys: Mapping[str, str | Sequence[str]] | None = None) -> None:
        self._found = {
            key.lower(): (value,) if isinstance(value, str) else tuple(value)
            for key, value in (keys or {}).items()
        }

    def get(self, key: str, /) -> Sequence[str] | None:
        return self._found.get(key)


NOTHING = Keys()


class Test(Protocol):
    """One thing that must hold for a statement to apply."""

    def holds(self, values: Values) -> bool: ...
    def bound(self, fixed: Values, owns: Owns) -> Test | bool:
        """The same test once the fixed keys are known; whether it holds, if they are all it asks.

        owns: whether a key belongs to what is fixed, so that its absence is final, too.
        """
        ...

    @property
    def keys(self) -> tuple[str, ...]:
        """The condition keys that it looks at."""
        ...


class Owns(Protocol):
    def __call__(self, key: str, /) -> bool: ...


@dataclass(frozen=True, slots=True)
class KeyTest:
    """A key compared with values. denies: whether the statement is a Deny, for the one case in
    which a variable has no value: the statement is then read so that less is allowed."""

    key: str
    operator: Operator
    templates: tuple[Template, ...]
    quantifier: Quantifier = ""
    if_exists: bool = False
    denies: bool = False
    matches: Matches | None = field(default=None, compare=False)
    """The comparison, made once, where no variable is left."""
    plainly_all: bool = False
    """Whether it is ForAllValues without Not."""

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.key, *(key for each in self.templates for key in each.keys))

    def holds(self, values: Values) -> bool:
        given = values.get(self.key)
        matches = self.matches
        if matches is not None and given and self.plainly_all:
            # The way of leading keys: nearly always one value and a set to look it up in.
            return all(map(matches, given)) if len(given) > 1 else matches(given[0])
        negated = self.operator.negated
        if not given:
            if self.if_exists or self.quantifier == "forallvalues":
                return True
            return negated and self.quantifier == ""
        if matches is None:
            found = [each.resolve(values.get) for each in self.templates]
            texts = [text for text in found if text is not None]
            if negated and len(texts) < len(found) and not self.denies:
                # Unverified: an Allow that excludes what nobody knows excludes everything.
                return False
            matches = self.operator.build(texts)
        if self.quantifier == "forallvalues":
            if negated:
                return not any(map(matches, given))
            return all(map(matches, given))
        if self.quantifier == "foranyvalue" and negated:
            return not all(map(matches, given))
        return any(map(matches, given)) != negated

    def bound(self, fixed: Values, owns: Owns) -> Test | bool:
        if all(map(owns, self.keys)):
            return self.holds(fixed)
        if self.matches is not None:
            return self
        texts = [_bound(each, fixed, owns) for each in self.templates]
        return ready(replace(self, templates=tuple(texts)))


class NullTest(Struct, frozen=True):
    """Null: whether a key has no value. wanted: the answers that will do."""

    key: str
    wanted: frozenset[bool]

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.key,)

    def holds(self, values: Values) -> bool:
        return (not values.get(self.key)) in self.wanted

    def bound(self, fixed: Values, owns: Owns) -> Test | bool:
        return self.holds(fixed) if owns(self.key) else self


class ResourceTest(Struct, frozen=True):
    """Whether a resource is meant by patterns that have variables. inverted: NotResource."""

    resource: str
    templates: tuple[Template, ...]
    inverted: bool
    denies: bool

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(key for each in self.templates for key in each.keys)

    def holds(self, values: Values) -> bool:
        found = [each.resolve(values.get) for each in self.templates]
        texts = [text for text in found if text is not None]
        if self.inverted and len(texts) < len(found) and not self.denies:
            return False
        return any(arn_glob(text)(self.resource) for text in texts) != self.inverted

    def bound(self, fixed: Values, owns: Owns) -> Test | bool:
        return self.holds(fixed) if all(map(owns, self.keys)) else self


def ready(test: KeyTest) -> KeyTest:
    """The same test with its comparison made, if no variable is left in it."""
    if any(each.keys for each in test.templates):
        return test
    texts = [_parts(each) for each in test.templates]
    every = test.quantifier == "forallvalues" and not test.operator.negated
    return replace(test, matches=test.operator.build(texts), plainly_all=every)


def conditions(
    block: Mapping[str, Mapping[str, object]], *, variables: bool, denies: bool
) -> tuple[Test, ...]:
    """The tests of a Condition element that is known to be well-formed."""
    found: list[Test] = []
    for name, keys in block.items():
        quantifier, operator_name, if_exists = split_operator(name)
        for key, value in keys.items():
            texts = [_text(each) for each in (value if isinstance(value, list) else [value])]
            if operator_name == "null":
                found.append(
                    NullTest(key.lower(), frozenset(text.lower() == "true" for text in texts))
                )
                continue
            found.append(
                ready(
                    KeyTest(
                        key.lower(),
                        OPERATORS[operator_name],
                        tuple(template(text, variables=variables) for text in texts),
                        quantifier,
                        if_exists,
                        denies,
                    )
                )
            )
    return tuple(found)


def split_operator(name: str) -> tuple[Quantifier, str, bool]:
    """ "ForAllValues:StringLikeIfExists" as quantifier, operator and IfExists, in lower case."""
    rest = name.lower()
    quantifier: Quantifier = ""
    if rest.startswith("forallvalues:"):
        quantifier, rest = "forallvalues", rest[len("forallvalues:") :]
    elif rest.startswith("foranyvalue:"):
        quantifier, rest = "foranyvalue", rest[len("foranyvalue:") :]
    if rest.endswith("ifexists"):
        return quantifier, rest[: -len("ifexists")], True
    return quantifier, rest, False


def _bound(text: Template, fixed: Values, owns: Owns) -> Template:
    """The template with the fixed variables replaced, as far as they have values."""
    parts: list[Part | Variable] = []
    for part in text.parts:
        if isinstance(part, Part) or not owns(part.key):
            parts.append(part)
            continue
        values = fixed.get(part.key)
        if values is not None and len(values) == 1:
            parts.append(Part(values[0], False))
        elif part.default is not None:
            parts.append(Part(part.default, False))
        else:
            parts.append(part)  # never has a value: found out again by `holds`
    return structs.replace(text, parts=tuple(parts))


def _parts(text: Template) -> list[Part]:
    return [part for part in text.parts if isinstance(part, Part)]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
