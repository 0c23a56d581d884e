"""What is left of policies for one principal, action and resource, and its decision of a request.

Made by `evaluate.py`, which tells the logic. Whoever remembers a Residual asks it again about
requests that differ only in their keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Literal, NamedTuple

from msgspec import Struct, field

from .conditions import NOTHING, KeyTest, Owns, Test, Values
from .globs import Matches
from .principal import DIRECT, NOBODY, ROLE

Kind = Literal["identity", "resource", "boundary", "session", "service_control"]


class Matched(NamedTuple):
    """A statement that applied. policy: the ARN or name of its policy; number: from 0."""

    kind: Kind
    policy: str
    sid: str | None
    number: int
    denies: bool


class Decision(Struct, frozen=True):
    """kind: of the policies that deny or do not allow; None where it is allowed.

    missing: condition keys that statements asked for and the request has not got.
    """

    allowed: bool
    explicit_deny: bool = False
    kind: Kind | None = None
    matched: tuple[Matched, ...] = ()
    missing: tuple[str, ...] = ()


class Clause(NamedTuple):
    """What is left of a statement: it applies if all tests hold. level: see principal.py."""

    matched: Matched
    tests: tuple[Test, ...]
    level: int = NOBODY

    def applies(self, values: Values) -> bool:
        return all(test.holds(values) for test in self.tests)

    def bound(self, fixed: Values, owns: Owns) -> Clause | None:
        """The same once the fixed keys are known; None where it cannot apply any more."""
        left: list[Test] = []
        for test in self.tests:
            bound = test.bound(fixed, owns)
            if bound is False:
                return None
            if bound is not True:
                left.append(bound)
        return self._replace(tests=tuple(left))


class Residual(Struct):
    """What is left of all policies for one principal, action and resource.

    allows: by kind, the statements that may allow; a kind that is not there does not restrict.
    service_controls: each of them has to allow. root: the principal owns what it asks for.
    """

    denies: list[Clause] = field(default_factory=list)
    allows: dict[Kind, list[Clause]] = field(default_factory=dict)
    service_controls: list[list[Clause]] = field(default_factory=list)
    same_account: bool = True
    is_root: bool = False
    needs_resource_allow: bool = False
    always: Decision | None = None
    """The decision, where no request can make another."""
    plain: tuple[tuple[Test, ...], ...] | None = None
    """Where all depends on allows of identity policies: their tests, one of which must hold."""

    def holds(self, values: Values) -> bool:
        """Whether the request is allowed."""
        if self.always is not None:
            return self.always.allowed
        if self.plain is None:
            return self.decide(values).allowed
        for tests in self.plain:
            for test in tests:
                if not test.holds(values):
                    break
            else:
                return True
        return False

    def decide(self, values: Values) -> Decision:
        if self.always is not None:
            return self.always
        for clause in self.denies:
            if clause.applies(values):
                return Decision(False, True, clause.matched.kind, (clause.matched,))
        for control in self.service_controls:
            if _first(control, values) is None:
                return Decision(False, False, "service_control")
        return self._grant(values)

    def bound(self, fixed: Values, owns: Owns) -> Residual:
        """What is left once the fixed keys are known, too."""

        def left(clauses: Iterable[Clause]) -> list[Clause]:
            found = (clause.bound(fixed, owns) for clause in clauses)
            return [clause for clause in found if clause is not None]

        found = Residual(
            left(self.denies),
            {kind: left(clauses) for kind, clauses in self.allows.items()},
            [left(control) for control in self.service_controls],
            self.same_account,
            self.is_root,
            self.needs_resource_allow,
            self.always,
        )
        if found.always is None:
            found.settle()
        return found

    def settle(self) -> None:
        """Note the decision if nothing is left to ask."""
        for clause in self.denies:
            if not clause.tests:
                self.always = Decision(False, True, clause.matched.kind, (clause.matched,))
                return
        if not any(each.tests for each in self._clauses):
            self.always = self.decide(NOTHING)
        elif not self.denies:
            # Allows without conditions may already be enough.
            certain = Residual(
                [],
                {kind: _certain(each) for kind, each in self.allows.items()},
                [_certain(each) for each in self.service_controls],
                self.same_account,
                self.is_root,
                self.needs_resource_allow,
            )
            decision = certain.decide(NOTHING)
            if decision.allowed:
                self.always = decision

    def by_value(self, keys: frozenset[str]) -> Callable[[str], bool] | None:
        """Whether a request is allowed by the one value that all of `keys` have, where nothing else
        is left to ask and all depends on identity policies; None where that is not so."""
        if self.always is not None:
            return _constant(self.always.allowed)
        others = [kind for kind, clauses in self.allows.items() if clauses and kind != "identity"]
        narrowed = "boundary" in self.allows or "session" in self.allows or self.service_controls
        if others or narrowed or self.needs_resource_allow or not self.same_account or self.is_root:
            return None
        denies = [_value_tests(clause, keys) for clause in self.denies]
        allows = [_value_tests(clause, keys) for clause in self.allows.get("identity", ())]
        if None in denies or None in allows:
            return None
        if not denies and len(allows) == 1 and allows[0] is not None and len(allows[0]) == 1:
            matches, wanted = allows[0][0]
            if wanted:
                return matches
        return partial(_allowed, tuple(denies), tuple(allows))  # type: ignore[arg-type]

    def explained(self, values: Values) -> Decision:
        """The decision with all statements that applied and all keys that were missed."""
        always, self.always = self.always, None
        decision = self.decide(values)
        self.always = always
        clauses = self._clauses
        matched = [each.matched for each in clauses if each.applies(values)]
        asked = dict.fromkeys(key for each in clauses for test in each.tests for key in test.keys)
        missing = [key for key in asked if values.get(key) is None]
        return Decision(
            decision.allowed,
            decision.explicit_deny,
            decision.kind,
            tuple(matched),
            tuple(missing),
        )

    def asks_for(self, prefix: str) -> bool:
        """Whether a condition key that begins so is asked for."""
        return any(key.startswith(prefix) for key in self.keys)

    @property
    def keys(self) -> frozenset[str]:
        """The condition keys that a request is asked for."""
        return frozenset(key for each in self._clauses for test in each.tests for key in test.keys)

    @property
    def _clauses(self) -> list[Clause]:
        clauses = [*self.denies, *(each for kind in self.allows.values() for each in kind)]
        return clauses + [each for control in self.service_controls for each in control]

    def _grant(self, values: Values) -> Decision:
        """Without an explicit deny: whether there is an allow of everybody who must allow."""
        resource, level = None, NOBODY
        for clause in self.allows.get("resource", ()):
            if clause.level > level and clause.applies(values):
                resource, level = clause.matched, clause.level
        if self.needs_resource_allow or not self.same_account:
            if resource is None:
                return Decision(False, False, "resource")
        if resource is not None and self.same_account and level == DIRECT:
            return Decision(True, matched=(resource,))
        identity = None
        if not self.is_root and not (self.same_account and level == ROLE):
            identity = _first(self.allows.get("identity", ()), values)
            if identity is None:
                return Decision(False, False, "identity")
        for kind in ("boundary", "session"):
            if kind in self.allows and _first(self.allows[kind], values) is None:
                return Decision(False, False, kind)
        found = tuple(each for each in (resource, identity) if each is not None)
        return Decision(True, matched=found)


ValueTests = tuple[tuple[Matches, bool], ...]
"""All of them have to hold for a clause to apply: a comparison, and the answer that is wanted."""


def _value_tests(clause: Clause, keys: frozenset[str]) -> ValueTests | None:
    """The tests of a clause for one value of `keys`; None where it asks anything else."""
    found = []
    for test in clause.tests:
        if not isinstance(test, KeyTest) or test.key not in keys or test.matches is None:
            return None
        found.append((test.matches, not test.operator.negated))
    return tuple(found)


def _allowed(denies: tuple[ValueTests, ...], allows: tuple[ValueTests, ...], value: str, /) -> bool:
    for tests in denies:
        for matches, wanted in tests:
            if matches(value) is not wanted:
                break
        else:
            return False
    for tests in allows:
        for matches, wanted in tests:
            if matches(value) is not wanted:
                break
        else:
            return True
    return False


def _constant(allowed: bool) -> Callable[[str], bool]:
    return lambda value: allowed


def _certain(clauses: Iterable[Clause]) -> list[Clause]:
    return [clause for clause in clauses if not clause.tests]


def _first(clauses: Iterable[Clause], values: Values) -> Matched | None:
    return next((clause.matched for clause in clauses if clause.applies(values)), None)
