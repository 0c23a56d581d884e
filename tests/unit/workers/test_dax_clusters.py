"""The worker that brings DAX clusters about, with the clock and the nodes in the test's hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jedlik.services.dax.clusters import Cluster, Clusters, Node
from jedlik.services.dax.default_cluster import NAME, make_default_cluster
from jedlik.services.dax.nodes import with_nodes, without_nodes
from jedlik.services.dax.records import (
    CLUSTER,
    EVENT,
    PARAMETER_GROUP,
    ClusterRecord,
    NodeRecord,
    ParameterGroupRecord,
    Records,
)
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.database import Database
from jedlik.tables.internal import InternalTable
from jedlik.workers.dax_clusters import DaxClusters, Unstartable

ACCOUNT, REGION = "000000000000", "us-east-1"


class Clock:
    def __init__(self) -> None:
        self.ms = 1_800_000_000_000

    def now_ms(self) -> int:
        return self.ms


class FakeNodes:
    """slow: nodes are up when `arrive` says so, as if in processes of their own."""

    def __init__(self, *, slow: bool = False) -> None:
        self.slow = slow
        self.starting: list[Node] = []
        self.dead: set[str] = set()
        self.refused: set[str] = set()
        self.calls: list[str] = []
        self.views: list[list[tuple[str, bool]]] = []

    async def start(self, node: Node, *, record: NodeRecord, cluster: ClusterRecord) -> None:
        self.calls.append(f"start {node.name}")
        if node.name in self.refused:
            raise Unstartable("no room")
        self.dead.discard(node.name)
        node.port = record.port or 40_000 + node.number
        if self.slow:
            self.starting.append(node)
        else:
            node.is_up = True

    def is_starting(self, node: Node) -> bool:
        return node in self.starting

    async def stop(self, node: Node) -> None:
        self.calls.append(f"stop {node.name}")
        node.is_up = False

    def has_died(self, node: Node) -> bool:
        return node.name in self.dead

    async def views_changed(self, cluster: Cluster) -> None:
        self.views.append([(node.name, node.is_up) for node in cluster.nodes])

    def arrive(self) -> None:
        for node in self.starting:
            node.is_up = True
        self.starting = []


class World:
    def __init__(self, *, slow: bool = False) -> None:
        self.clock = Clock()
        self.db = Database(MemoryEngine(), clock=self.clock)
        self.nodes = FakeNodes(slow=slow)
        self.clusters = Clusters()
        self.job = DaxClusters(self.db, self.clusters, self.nodes)
        self.records = Records(self.db, ACCOUNT, REGION)

    async def make(self, nodes: int) -> None:
        await self.db.open()
        await make_default_cluster(self.db, account=ACCOUNT, region=REGION, nodes=nodes)

    async def step(self) -> None:
        assert not await self.job.step(self.clock.ms)

    async def record(self) -> ClusterRecord:
        found = await self.records.get(CLUSTER, NAME)
        assert found is not None
        return found

    async def want(self, **changes: object) -> None:
        def change(old: ClusterRecord) -> tuple[ClusterRecord, list[object]]:
            return replace(old, **changes), []  # type: ignore[arg-type]

        await self.records.change(CLUSTER, NAME, change)  # type: ignore[arg-type]

    async def messages(self) -> list[str]:
        return [event.message for event in await self.records.range(EVENT)]

    @property
    def cluster(self) -> Cluster:
        found = self.clusters.get(ACCOUNT, REGION, NAME)
        assert found is not None
        return found


async def test_what_is_written_down_is_brought_about_and_then_left_alone() -> None:
    world = World()
    await world.make(2)
    await world.step()
    record = await world.record()
    assert record.status == "available"
    assert [(n.name, n.status, n.port) for n in record.nodes] == [
        (f"{NAME}-a", "available", 40_001),
        (f"{NAME}-b", "available", 40_002),
    ]
    assert world.job.wake.is_set()  # its own writing woke it
    await world.step()
    assert not world.job.wake.is_set()
    assert world.nodes.calls == [f"start {NAME}-a", f"start {NAME}-b"]


async def test_the_default_cluster_is_made_once_in_a_stores_life() -> None:
    world = World()
    await world.make(1)
    await world.step()
    await world.want(
        status="deleting", nodes=without_nodes(await world.record(), [f"{NAME}-a"]).nodes
    )
    await world.step()
    assert await world.records.get(CLUSTER, NAME) is None
    assert not await make_default_cluster(world.db, account=ACCOUNT, region=REGION, nodes=1)
    assert await world.records.get(CLUSTER, NAME) is None
    assert list(world.clusters) == []


async def test_states_last_as_long_as_they_are_told_to() -> None:
    world = World()
    await world.make(1)
    await world.want(settles_at_ms=world.clock.ms + 500)
    await world.step()
    assert (await world.record()).status == "creating"
    assert world.nodes.calls == [] and world.job.wake.is_set()
    world.clock.ms += 500
    await world.step()
    assert (await world.record()).status == "available"


async def test_a_dead_node_is_left_out_at_once_and_started_again() -> None:
    world = World(slow=True)
    await world.make(3)
    await world.step()
    assert (await world.record()).status == "creating"
    world.nodes.arrive()
    await world.step()
    assert (await world.record()).status == "available"
    assert world.cluster.leader == 1
    world.nodes.dead.add(f"{NAME}-a")
    await world.step()
    assert [end.node for end in world.cluster.endpoints(tls=False)] == [2, 3]
    assert world.cluster.leader == 2
    assert world.nodes.views[-1] == [(f"{NAME}-a", False), (f"{NAME}-b", True), (f"{NAME}-c", True)]
    assert [n.status for n in (await world.record()).nodes] == [
        "rebooting",
        "available",
        "available",
    ]
    calls = len(world.nodes.calls)
    await world.step()
    assert len(world.nodes.calls) == calls  # it is on its way
    world.nodes.arrive()
    for _ in range(3):
        await world.step()
    assert len(world.nodes.calls) == calls
    assert world.cluster.leader == 2  # the primary stays
    assert {n.status for n in (await world.record()).nodes} == {"available"}
    assert (await world.messages())[-2:] == [
        f"Node {NAME}-a has failed and is being started again.",
        f"Rebooted node {NAME}-a.",
    ]


@pytest.mark.parametrize("slow", [False, True])
async def test_a_reboot_stops_and_starts_a_node_once(slow: bool) -> None:
    world = World(slow=slow)
    await world.make(2)
    await world.step()
    world.nodes.arrive()
    await world.step()
    world.nodes.calls.clear()
    first, second = (await world.record()).nodes
    await world.want(status="modifying", nodes=(first, replace(second, status="rebooting")))
    for _ in range(4):
        await world.step()
        world.nodes.arrive()
    assert world.nodes.calls == [f"stop {NAME}-b", f"start {NAME}-b"]
    record = await world.record()
    assert record.status == "available"
    assert [(n.status, n.port) for n in record.nodes] == [
        ("available", 40_001),
        ("available", 40_002),
    ]


async def test_one_that_cannot_start_is_tried_again() -> None:
    world = World()
    await world.make(1)
    world.nodes.refused.add(f"{NAME}-a")
    await world.step()
    await world.step()
    assert (await world.record()).status == "creating" and world.job.wake.is_set()
    world.nodes.refused.clear()
    await world.step()
    assert (await world.record()).status == "available"
    assert world.nodes.calls == [f"start {NAME}-a"] * 3


async def test_nodes_come_and_go_and_numbers_are_not_given_twice() -> None:
    world = World()
    await world.make(3)
    await world.step()
    record = without_nodes(await world.record(), [f"{NAME}-a", f"{NAME}-b"])
    await world.want(status="modifying", nodes=record.nodes)
    await world.step()
    assert [n.name for n in (await world.record()).nodes] == [f"{NAME}-c"]
    assert world.cluster.leader == 3
    more = with_nodes(await world.record(), 1, (), world.clock.ms)
    await world.want(status="modifying", nodes=more.nodes, next_number=more.next_number)
    await world.step()
    assert [(n.name, n.number) for n in (await world.record()).nodes] == [
        (f"{NAME}-c", 3),
        (f"{NAME}-a", 4),
    ]


async def test_times_are_handed_to_running_caches() -> None:
    world = World()
    await world.make(1)
    await world.step()
    assert world.cluster.times.record_ttl_ms == 300_000
    await world.records.add(PARAMETER_GROUP, "quick", ParameterGroupRecord("quick"))
    await world.want(parameter_group="quick")
    await world.records.change(
        PARAMETER_GROUP, "quick", lambda group: (replace(group, record_ttl_ms=7), [])
    )
    await world.step()
    assert world.cluster.times.record_ttl_ms == 7


async def test_a_start_brings_back_what_was_there_on_its_ports() -> None:
    world = World()
    await world.make(2)
    await world.want(
        nodes=tuple(
            replace(node, port=50_000 + node.number) for node in (await world.record()).nodes
        )
    )
    await world.step()
    await world.job.stop()
    assert list(world.clusters) == []
    again = DaxClusters(world.db, world.clusters, FakeNodes())
    await again.settle(5)
    assert [node.port for node in world.cluster.nodes] == [50_001, 50_002]


async def test_events_are_forgotten_after_two_weeks() -> None:
    world = World()
    await world.make(1)
    await world.step()
    assert await world.messages()
    world.clock.ms += 15 * 24 * 3_600_000
    await world.step()
    assert await world.messages() == []


async def test_internal_tables_are_in_no_listing() -> None:
    world = World()
    await world.make(1)
    assert await world.db.catalog.names(ACCOUNT, REGION, after=None, limit=100) == []
    assert [table.name async for table in world.db.catalog.tables()] == ["dax"]
    assert await InternalTable(world.db, "dax").range("cluster")
