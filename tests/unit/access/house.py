"""A house with tables and people in it, without a network: requests are judged and run as the
gateway does it, by the short way and by the complete one."""

from __future__ import annotations

import copy
import time
from typing import Any

import orjson

from jedlik.api.context import Context
from jedlik.api.errors import ApiError
from jedlik.api.operation import load_registry
from jedlik.identity import Authoriser, Policy, PolicySets, Principal, Transport, root_principal
from jedlik.services import dynamodb, dynamodbstreams
from jedlik.settings import Settings
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.database import Database

ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"
REGION = "us-east-1"
ROOT = root_principal(ACCOUNT)


def policy(*statements: dict[str, Any], version: str = "2012-10-17") -> Policy:
    return Policy("test", {"Version": version, "Statement": list(statements)})


def allow(*actions: str, on: str | list[str] = "*", **condition: Any) -> dict[str, Any]:
    return _statement("Allow", actions, on, condition)


def deny(*actions: str, on: str | list[str] = "*", **condition: Any) -> dict[str, Any]:
    return _statement("Deny", actions, on, condition)


def _statement(
    effect: str, actions: tuple[str, ...], on: str | list[str], condition: dict[str, Any]
) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": effect, "Action": list(actions), "Resource": on}
    if "when" in condition:
        made["Condition"] = condition["when"]
    return made


def user(
    name: str, *policies: Policy, account: str = ACCOUNT, tags: Any = None, **sets: Any
) -> Principal:
    arn = f"arn:aws:iam::{account}:user/{name}"
    return Principal(
        account,
        arn,
        "user",
        id=f"AIDA{name.upper()}",
        name=name,
        tags=tags or {},
        policies=PolicySets(identity=policies, **sets),
        context={"aws:username": name, "aws:PrincipalArn": arn},
        issuer_arn=arn,
    )


def table_arn(name: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:dynamodb:{REGION}:{account}:table/{name}"


class House:
    """Call `open` first."""

    def __init__(self) -> None:
        self.db = Database(MemoryEngine())
        self.registry = load_registry([dynamodb, dynamodbstreams])
        self.authoriser = Authoriser()

    async def open(self) -> House:
        await self.db.open()
        return self

    async def call(self, principal: Principal | None, name: str, request: dict[str, Any]) -> Any:
        """The answer; raises ApiError. Judged twice: what the short way allows, the complete way
        must allow, too."""
        service = "dynamodbstreams" if name in STREAMS else "dynamodb"
        operation = self.registry.operation(service, name)
        assert operation is not None, name
        translate = self.registry.services[service].translate
        account = ACCOUNT if principal is None else principal.account
        ctx = Context(
            self.db, account, REGION, principal, "test", time.time(), Settings(memory=True)
        )
        try:
            operation.check(request)
            quick = self.authoriser.allows(ctx, operation, copy.deepcopy(request))
            try:
                await self.authoriser.require(ctx, operation, request, Transport("127.0.0.1"))
            except ApiError:
                assert not quick
                raise
            answer = await operation(ctx, request)
        except Exception as error:
            refusal = error if isinstance(error, ApiError) else translate(error)
            if refusal is None:
                raise
            raise refusal from None
        return orjson.loads(answer or b"{}") if isinstance(answer, bytes) else answer

    async def refused(self, principal: Principal, name: str, request: dict[str, Any]) -> str:
        """The text of AccessDeniedException; fails for whatever else is answered."""
        try:
            answer = await self.call(principal, name, request)
        except ApiError as error:
            assert error.code == "AccessDeniedException", f"{name}: {error}"
            return str(error.message)
        raise AssertionError(f"{name} was answered: {answer}")


STREAMS = ("ListStreams", "DescribeStream", "GetShardIterator", "GetRecords")
