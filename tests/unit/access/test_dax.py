"""DAX: the caller is asked for dax:… on the cluster, the cluster's role for the tables."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from jedlik.api.errors import ApiError
from jedlik.dax_doors import Doors
from jedlik.identity import Authenticator, Authoriser, Directory, Identity, Policy, PolicySets
from jedlik.identity.principals import Principal
from jedlik.services.dax.access import Guard
from jedlik.services.dax.attribute_lists import AttributeLists
from jedlik.services.dax.clusters import Cluster, Node
from jedlik.services.dax.data_plane import DataPlane
from jedlik.services.dax.records import CLUSTER, ClusterRecord, Records
from jedlik.settings import Settings

from .house import ACCOUNT, REGION, House, allow, policy, table_arn, user
from .test_rows import ONLY_PUBLIC, OWN_ROWS, SHOWING, TABLE, attempts, everything, hidden
from .test_rows import run as in_house

CLUSTER_ARN = f"arn:aws:dax:{REGION}:{ACCOUNT}:cache/test"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/DaxRole"
THROUGH_DAX = ("GetItem", "BatchGetItem", "Query", "Scan", "PutItem", "UpdateItem", "DeleteItem",
               "BatchWriteItem", "TransactGetItems", "TransactWriteItems")  # fmt: skip
USE_DAX: Policy = policy(allow("dax:*", on=CLUSTER_ARN))


class Cached:
    """One node of a cluster before the tables of a house. role: what its role may do, if there is
    such a role."""

    def __init__(self, house: House, role: Policy | None) -> None:
        cluster = Cluster(ACCOUNT, REGION, "test")
        node = Node(cluster, 1, "test-a", "a")
        cluster.nodes = [node]
        self.house = house
        self.role = None if role is None else _role(role)
        directory = Directory(house.db, account=ACCOUNT)
        authenticator = Authenticator(directory, mode="required", account=ACCOUNT)
        service = house.registry.services["dynamodb"]
        doors = Doors(Settings(memory=True), house.db, service, authenticator, folder=None)
        doors.furnish(node)
        guard = Guard(
            Authoriser(), house.db, cluster, lambda arn: self.role if arn == ROLE_ARN else None
        )
        lists = AttributeLists(house.db)
        self.plane = DataPlane(node, house.db, service, lists, guard=guard)

    async def open(self) -> Cached:
        records = Records(self.house.db, ACCOUNT, REGION)
        record = ClusterRecord(ACCOUNT, REGION, "test", "dax.t3.small", ROLE_ARN, 0)
        await records.add(CLUSTER, "test", record)
        return self

    async def call(self, who: Principal, name: str, request: dict[str, Any]) -> Any:
        """As the wire does it: first the key schema of each table, then the operation."""
        identity = Identity("AKIA", who.account, REGION, who)
        for table in _tables(request):
            await self.plane.key_schema(identity, table)
        return (await self.plane.run(name, identity, request, "id", time.time())).answer

    async def refused(self, who: Principal, name: str, request: dict[str, Any]) -> str:
        try:
            answer = await self.call(who, name, request)
        except ApiError as error:
            assert error.code == "AccessDeniedException", f"{name}: {error}"
            return str(error.message)
        raise AssertionError(f"{name} {request} was answered: {answer}")


def test_without_a_role_nobody_gets_more_than_dynamodb_would_give() -> None:
    """The cluster that is there from the start has no role: rows and attributes are the caller's
    own, though what the cache holds was read by everybody."""

    async def play(dax: Cached) -> None:
        alice, bob = user("alice", OWN_ROWS, USE_DAX), user("bob", OWN_ROWS, USE_DAX)
        carol = user("carol", ONLY_PUBLIC, USE_DAX)
        before = await everything(dax.house)
        for name, request in _through_dax(attempts("bob")):
            if name in ("GetItem", "Query", "BatchGetItem") and "alice" not in str(request):
                await dax.call(bob, name, request)  # now the caches have it
            await dax.refused(alice, name, request)
        for name, request in _through_dax([*hidden(own=False), *SHOWING]):
            await dax.refused(carol, name, request)
        assert await everything(dax.house) == before

    run(play, None)


def test_the_cluster_has_to_be_allowed_too() -> None:
    async def play(dax: Cached) -> None:
        get = {"TableName": TABLE, "Key": {"pk": {"S": "alice"}, "sk": {"S": "1"}}}
        not_dax = user("alice", OWN_ROWS)
        await dax.refused(not_dax, "GetItem", get)
        reader = user("alice", OWN_ROWS, policy(allow("dax:GetItem", on=CLUSTER_ARN)))
        assert "Item" in await dax.call(reader, "GetItem", get)
        text = await dax.refused(reader, "PutItem", {"TableName": TABLE, "Item": get["Key"]})
        assert text == (
            f"User: {reader.arn} is not authorized to perform: dax:PutItem on resource: "
            f"{CLUSTER_ARN} because no identity-based policy allows the dax:PutItem action"
        )

    run(play, None)


def test_with_a_role_it_is_the_role_that_counts() -> None:
    """As AWS warns: whoever may use the cluster can do what its role can, and nothing else."""

    async def play(dax: Cached) -> None:
        get = {"TableName": TABLE, "Key": {"pk": {"S": "bob"}, "sk": {"S": "1"}}}
        only_dax = user("alice", USE_DAX)
        assert "Item" in await dax.call(only_dax, "GetItem", get)
        everything_else = user("boss", policy(allow("*")))
        text = await dax.refused(everything_else, "PutItem", {"TableName": TABLE,
                                                              "Item": get["Key"]})  # fmt: skip
        assert text.startswith(f"User: {ROLE_ARN} is not authorized to perform: dynamodb:PutItem")
        dax.role = _role(policy(allow("dynamodb:PutItem", on=table_arn(TABLE))))
        await dax.refused(only_dax, "GetItem", get)  # what is cached is not told either

    run(play, policy(allow("dynamodb:GetItem", on=table_arn(TABLE))))


def test_transactions_are_asked_for_their_members() -> None:
    async def play(dax: Cached) -> None:
        key = {"pk": {"S": "alice"}, "sk": {"S": "1"}}
        check = {"TableName": TABLE, "Key": key, "ConditionExpression": "attribute_exists(pk)"}
        request = {"TransactItems": [{"ConditionCheck": check}]}
        may = policy(allow("dax:ConditionCheckItem", on=CLUSTER_ARN))
        await dax.call(user("alice", OWN_ROWS, may), "TransactWriteItems", request)
        may_not = policy(allow("dax:PutItem", on=CLUSTER_ARN))
        await dax.refused(user("alice", OWN_ROWS, may_not), "TransactWriteItems", request)
        enclosed = {"StringEquals": {"dax:EnclosingOperation": "TransactWriteItems"}}
        only = policy(allow("dax:*", on=CLUSTER_ARN, when=enclosed))
        await dax.call(user("alice", OWN_ROWS, only), "TransactWriteItems", request)
        await dax.refused(
            user("alice", OWN_ROWS, only), "GetItem", {"TableName": TABLE, "Key": key}
        )

    run(play, None)


def test_nobody_learns_which_tables_are_there() -> None:
    """DAX asks for key schemas before anything else; they are told to those who may use them."""

    async def play(dax: Cached) -> None:
        stranger = user("stranger", USE_DAX)
        told = []
        for table in (TABLE, "Nope"):
            get = {"TableName": table, "Key": {"pk": {"S": "bob"}, "sk": {"S": "1"}}}
            told.append(await dax.refused(stranger, "GetItem", get))
            identity = Identity("AKIA", ACCOUNT, REGION, stranger)
            try:
                await dax.plane.key_schema(identity, table)
            except ApiError as error:
                assert error.code == "AccessDeniedException"
            else:
                raise AssertionError("the key schema was told")
        assert told[0].replace(TABLE, "Nope") == told[1]

    run(play, None)


def _role(allowed: Policy) -> Principal:
    return Principal(
        ACCOUNT,
        ROLE_ARN,
        "assumed-role",
        id="AROA",
        name="DaxRole",
        policies=PolicySets((allowed,)),
        issuer_arn=ROLE_ARN,
    )


def _through_dax(made: list[Any]) -> list[tuple[str, dict[str, Any]]]:
    """Those attempts that DAX has: no PartiQL, and tables by their names."""
    return [(name, request) for name, request in made
            if name in THROUGH_DAX and "arn:" not in str(request)]  # fmt: skip


def _tables(request: dict[str, Any]) -> list[str]:
    if "TableName" in request:
        return [request["TableName"]]
    if "RequestItems" in request:
        return list(request["RequestItems"])
    return [part["TableName"] for one in request["TransactItems"] for part in one.values()]


def run(play: Callable[[Cached], Any], role: Policy | None) -> None:
    async def cached(house: House) -> None:
        await play(await Cached(house, role).open())

    in_house(cached)
