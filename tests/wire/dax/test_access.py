"""Open connections of DAX when keys and policies change, and refusals in its protocol."""

from __future__ import annotations

from typing import Any

from jedlik.dax_doors import Doors
from jedlik.identity import Authenticator, Credentials, Directory, Policy, PolicySets, Principal
from jedlik.identity.credentials import Credential
from tests.wire.dax import node as wire
from tests.wire.dax.node import ACCOUNT, KEY, REGION, SECRET, DaxNode, get

ACCESS_DENIED = [4, 37, 38, 42]
AUTHENTICATION_FAILED = [4, 23, 31, 33]
MAY_GET: list[dict[str, Any]] = [
    {"Effect": "Allow", "Action": "dax:*", "Resource": f"arn:aws:dax:{REGION}:{ACCOUNT}:cache/*"},
    {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"},
]


def user(*statements: dict[str, Any]) -> Credential:
    arn = f"arn:aws:iam::{ACCOUNT}:user/a"
    policies = PolicySets((Policy("p", {"Statement": list(statements)}),) if statements else ())
    principal = Principal(ACCOUNT, arn, "user", id="AIDA", name="a", policies=policies)
    return Credential(KEY, SECRET, principal)


class Guarded(DaxNode):
    """A node that judges, with one key that tests change."""

    def __init__(self) -> None:
        super().__init__(mode="required")
        self.keys = Credentials([user(*MAY_GET)])
        self.authenticator = Authenticator(self.keys, mode="required", account=ACCOUNT)
        self.doors = Doors(
            self.settings,
            self.db,
            self.registry.services["dynamodb"],
            self.authenticator,
            folder=None,
            directory=Directory(self.db, account=ACCOUNT),
        )


async def test_a_change_reaches_connections_that_are_open() -> None:
    node = await Guarded().start()
    try:
        await node.call("PutItem", {"TableName": "T1x", "Item": {"pk": {"S": "a"}}})
        connection = await node.connect()

        async def asked() -> list[Any]:
            connection.send(get("T1x", b"a"))
            return await connection.reply()

        for _ in range(3):
            assert (await asked())[0] == []
        node.keys.add(user())
        codes, text, _ = await asked()
        assert codes == ACCESS_DENIED
        assert text == (
            f"User: arn:aws:iam::{ACCOUNT}:user/a is not authorized to perform: "
            f"dax:DefineKeySchema on resource: arn:aws:dax:{REGION}:{ACCOUNT}:cache/test because "
            "no identity-based policy allows the dax:DefineKeySchema action"
        )
        node.keys.add(user(*MAY_GET))
        assert (await asked())[0] == []
        node.keys.remove(KEY)
        assert (await asked())[0] == AUTHENTICATION_FAILED
        assert (await connection.call(wire.ENDPOINTS))[0] == AUTHENTICATION_FAILED
    finally:
        await node.stop()


async def test_replies_are_not_kept_for_those_who_are_judged() -> None:
    """Known messages are answered without a look at them, so only for whoever may do anything."""
    node = await Guarded().start()
    try:
        connection = await node.connect()
        for _ in range(3):
            connection.send(get("T1x", b"a"))
            assert (await connection.reply())[0] == []
        denied = {"Effect": "Deny", "Action": "dynamodb:GetItem", "Resource": "*"}
        node.keys.add(user(*MAY_GET, denied))
        connection.send(get("T1x", b"a"))
        assert (await connection.reply())[0] == ACCESS_DENIED
    finally:
        await node.stop()
