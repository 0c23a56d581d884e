"""What all policies together say to a request: the one judgement behind every service.

AWS's logic (IAM user guide, "Policy evaluation logic"):

    explicit deny anywhere                                           → refused
    a service control policy that does not allow                     → refused
    same account:  the resource's policy names user or session       → allowed
                   it names the role, or an identity policy allows,
                   and boundary and session policy allow             → allowed
    other account: the resource's policy allows, and so do identity
                   policy, boundary and session policy                → allowed

It is done in two steps, because most of it is the same for every request of a caller: `narrow`
keeps, for one principal, action and resource, only what may still matter, with all conditions
decided that the principal's own keys decide; `Residual.decide` asks the rest of one request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Literal, NamedTuple

from msgspec import Struct, field

from jedlik.identity.principals import Policy, PolicySets, Principal

from .compiled import CompiledPolicy, Statement
from .conditions import NOTHING, KeyTest, Owns, Test, Values
from .document import parse_document
from .globs import Matches
from .principal import DIRECT, NOBODY, ROLE, OwnKeys, named

Kind = Literal["identity", "resource", "boundary", "session", "service_control"]
Compile = Callable[[Policy], CompiledPolicy]


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


ALLOWED = Decision(True)


class AccessRequest(Struct, frozen=True):
    """action: "dynamodb:PutItem". account: the resource's owner, where the ARN does not say.

    needs_resource_allow: the resource's policy must allow whatever else does, as a role's trust
    policy must.
    """

    action: str
    resource: str
    context: Values = NOTHING
    account: str = ""
    needs_resource_allow: bool = False


def evaluate(
    request: AccessRequest,
    principal: Principal,
    resource_policies: Iterable[CompiledPolicy] = (),
    *,
    policies: PolicySets | None = None,
    explain: bool = False,
) -> Decision:
    """Judge one request. policies: instead of the principal's own. explain: tell everything that
    matched and every key that was missed, not only what decided."""
    residual = narrow(
        principal,
        request.action,
        request.resource,
        tuple(resource_policies),
        account=request.account,
        policies=policies,
        needs_resource_allow=request.needs_resource_allow,
    )
    return residual.explained(request.context) if explain else residual.decide(request.context)


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
            _decide_early(found)
        return found

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
        clauses = [*self.denies, *(each for kind in self.allows.values() for each in kind)]
        clauses += [each for control in self.service_controls for each in control]
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
        clauses = [*self.denies, *(each for kind in self.allows.values() for each in kind)]
        clauses += [each for control in self.service_controls for each in control]
        return frozenset(key for each in clauses for test in each.tests for key in test.keys)

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


def narrow(
    principal: Principal,
    action: str,
    resource: str,
    resource_policies: Sequence[CompiledPolicy] = (),
    *,
    account: str = "",
    policies: PolicySets | None = None,
    needs_resource_allow: bool = False,
    compile: Compile | None = None,
) -> Residual:
    """What is left to ask. account: the resource's owner, where the ARN does not say.

    compile: from a policy to its statements, for callers that keep them.
    """
    sets = principal.policies if policies is None else policies
    owner = account or _owner(resource) or principal.account
    same = owner == principal.account
    found = Residual(
        same_account=same,
        is_root=principal.kind == "root",
        needs_resource_allow=needs_resource_allow,
    )
    if found.is_root and same and not needs_resource_allow:
        found.always = ALLOWED
        return found
    narrowing = _Narrowing(principal, action.lower(), resource, found)
    compile = compile or _compiled
    if not found.is_root:
        narrowing.add("identity", map(compile, sets.identity))
    if sets.boundary is not None:
        narrowing.add("boundary", [compile(sets.boundary)])
    if sets.session is not None:
        narrowing.add("session", map(compile, sets.session))
    for control in sets.service_control or ():
        found.service_controls.append(narrowing.clauses("service_control", compile(control)))
    narrowing.add("resource", resource_policies)
    _decide_early(found)
    only_identity = same and not (found.denies or found.service_controls or found.is_root)
    if only_identity and not needs_resource_allow and not found.allows["resource"]:
        if "boundary" not in found.allows and "session" not in found.allows:
            found.plain = tuple(clause.tests for clause in found.allows["identity"])
    return found


class _Narrowing:
    """Keeps of policies what may matter for one principal, action and resource."""

    def __init__(self, principal: Principal, action: str, resource: str, found: Residual) -> None:
        self._principal = principal
        self._own = OwnKeys(principal)
        self._action = action
        self._resource = resource
        self._found = found

    def add(self, kind: Kind, policies: Iterable[CompiledPolicy]) -> None:
        allows = self._found.allows.setdefault(kind, [])
        for policy in policies:
            allows += self.clauses(kind, policy)

    def clauses(self, kind: Kind, policy: CompiledPolicy) -> list[Clause]:
        """The policy's statements that may allow; those that may deny are noted."""
        allows = []
        for statement in policy.statements:
            clause = self._clause(kind, policy.name, statement)
            if clause is None:
                continue
            if statement.denies:
                self._found.denies.append(clause)
            else:
                allows.append(clause)
        return allows

    def _clause(self, kind: Kind, policy: str, statement: Statement) -> Clause | None:
        if not statement.is_about_action(self._action):
            return None
        more = statement.resource_tests(self._resource)
        if more is None:
            return None
        level = NOBODY
        if kind == "resource":
            level = named(statement, self._principal)
            if level == NOBODY:
                return None
        matched = Matched(kind, policy, statement.sid, statement.number, statement.denies)
        clause = Clause(matched, (*more, *statement.tests), level).bound(self._own, self._own.owns)
        if clause is None:
            return None
        return clause._replace(tests=tuple(_WithOwnKeys.around(clause.tests, self._own)))


class _WithOwnKeys:
    """Tests that also need the principal's own keys, such as a variable beside another."""

    @staticmethod
    def around(tests: Sequence[Test], own: OwnKeys) -> Iterable[Test]:
        for test in tests:
            yield _OwnTest(test, own) if any(map(own.owns, test.keys)) else test


class _OwnTest(Struct, frozen=True):
    test: Test
    own: OwnKeys

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(key for key in self.test.keys if not self.own.owns(key))

    def holds(self, values: Values) -> bool:
        return self.test.holds(_Both(values, self.own))

    def bound(self, fixed: Values, owns: Owns) -> Test | bool:
        return self.holds(fixed) if all(map(owns, self.keys)) else self


class _Both(Struct, frozen=True):
    values: Values
    own: OwnKeys

    def get(self, key: str, /) -> Sequence[str] | None:
        return self.own.get(key) if self.own.owns(key) else self.values.get(key)


def _decide_early(found: Residual) -> None:
    """Note the decision if nothing is left to ask."""
    for clause in found.denies:
        if not clause.tests:
            found.always = Decision(False, True, clause.matched.kind, (clause.matched,))
            return
    clauses = [*found.denies, *(each for kind in found.allows.values() for each in kind)]
    clauses += [each for control in found.service_controls for each in control]
    open_ones = [each for each in clauses if each.tests]
    decision = found.decide(NOTHING) if not open_ones else None
    if decision is None and not found.denies:
        # Allows without conditions may already be enough.
        certain = Residual(
            [],
            {kind: _certain(each) for kind, each in found.allows.items()},
            [_certain(each) for each in found.service_controls],
            found.same_account,
            found.is_root,
            found.needs_resource_allow,
        )
        decision = certain.decide(NOTHING)
        if not decision.allowed:
            return
    elif decision is None:
        return
    found.always = decision


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


def _compiled(policy: Policy) -> CompiledPolicy:
    return parse_document(policy.document, name=policy.name)


def _owner(resource: str) -> str:
    """The account in an ARN; empty where there is none."""
    parts = resource.split(":", 5)
    return parts[4] if len(parts) == 6 else ""
