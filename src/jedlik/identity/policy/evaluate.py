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

from msgspec import Struct

from jedlik.identity.principals import Policy, PolicySets, Principal

from .compiled import CompiledPolicy, Statement
from .conditions import NOTHING, Owns, Test, Values
from .document import parse_document
from .principal import NOBODY, OwnKeys, named
from .residual import Clause, Decision, Kind, Matched, Residual

Compile = Callable[[Policy], CompiledPolicy]
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
    found.settle()
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


def _compiled(policy: Policy) -> CompiledPolicy:
    return parse_document(policy.document, name=policy.name)


def _owner(resource: str) -> str:
    """The account in an ARN; empty where there is none."""
    parts = resource.split(":", 5)
    return parts[4] if len(parts) == 6 else ""
