"""DAX clusters of three nodes, in one process and in three, with AWS's Python client: what is
written is seen at every node, a node that is killed is noticed, and clients go on."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from amazondax import AmazonDaxClient

from tests.conftest import ACCESS_KEY, REGION, SECRET_KEY
from tests.support.oracles import free_port
from tests.support.server import Server
from tests.wire.dax.node import ENDPOINTS, GREETING, Connection, authorisation

SOON_S = 60.0
KEYS = {
    "region_name": REGION,
    "aws_access_key_id": ACCESS_KEY,
    "aws_secret_access_key": SECRET_KEY,
}


class Cluster:
    """A server whose default cluster has three nodes, with clients of all kinds."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.control = boto3.client("dax", endpoint_url=server.endpoint, **KEYS)
        self.dynamodb = boto3.client("dynamodb", endpoint_url=server.endpoint, **KEYS)
        self.dynamodb.create_table(
            TableName="items",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )

    def described(self) -> dict[str, Any]:
        cluster: dict[str, Any] = self.control.describe_clusters(ClusterNames=["jedlik"])[
            "Clusters"
        ][0]
        return cluster

    def ports(self) -> dict[str, int]:
        return {node["NodeId"]: node["Endpoint"]["Port"] for node in self.described()["Nodes"]}

    def client(self, *ports: int) -> AmazonDaxClient:
        session = botocore.session.get_session()
        session.set_credentials(ACCESS_KEY, SECRET_KEY)
        endpoints = [f"dax://127.0.0.1:{port}" for port in ports or self.ports().values()]
        return AmazonDaxClient(session, region_name=REGION, endpoints=endpoints)

    def roles(self, port: int) -> dict[int, int]:
        """What `endpoints` says at a node: role (1 leads, 2 follows) by port."""

        async def ask() -> dict[int, int]:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            connection = Connection(reader, writer)
            connection.send(GREETING + authorisation())
            _, found = await connection.call(ENDPOINTS)
            connection.close()
            return {node[3]: node[4] for node in found}

        return asyncio.run(ask())

    def metric(self, name: str) -> dict[str, float]:
        """A metric's value by node."""
        with urllib.request.urlopen(f"{self.server.endpoint}/_jedlik/metrics") as page:
            lines = page.read().decode().splitlines()
        return {
            line.split('node="')[1].split('"')[0]: float(line.rsplit(" ", 1)[1])
            for line in lines
            if line.startswith(name + "{")
        }

    def process_of(self, node: str) -> int:
        """The process id of a node that has a process of its own."""
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                arguments = (entry / "cmdline").read_bytes().split(b"\0")
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == self.server.pid and node.encode() in arguments:
                return int(entry.name)
        raise LookupError(node)

    def messages(self) -> list[str]:
        events = self.control.describe_events(SourceName="jedlik")["Events"]
        return [event["Message"] for event in events]


def soon(what: Callable[[], bool], told: str) -> None:
    deadline = time.monotonic() + SOON_S
    while not what():
        assert time.monotonic() < deadline, f"not in {SOON_S:g} s: {told}"
        time.sleep(0.05)


def put(client: Any, pk: str, value: int) -> None:
    client.put_item(TableName="items", Item={"pk": {"S": pk}, "v": {"N": str(value)}})


def read(client: Any, pk: str) -> int | None:
    item = client.get_item(TableName="items", Key={"pk": {"S": pk}}).get("Item")
    return None if item is None else int(item["v"]["N"])


@pytest.fixture(scope="module", params=["one process", "three processes"])
def cluster(request: pytest.FixtureRequest, target: str) -> Iterator[Cluster]:
    if target != "jedlik":
        pytest.skip("only Jedlik serves DAX here")
    more = ["--dax-processes"] if request.param == "three processes" else []
    with Server("--dax-nodes", "3", *more) as server:
        yield Cluster(server)


@pytest.fixture(scope="module")
def processes(target: str) -> Iterator[Cluster]:
    """A cluster of its own, whose nodes' processes are ended."""
    if target != "jedlik" or not Path("/proc/self/stat").exists():
        pytest.skip("only Jedlik serves DAX here, and processes are looked up in /proc")
    with Server("--dax-nodes", "3", "--dax-processes") as server:
        yield Cluster(server)


def test_every_node_tells_the_same_three_and_one_leads(cluster: Cluster) -> None:
    ports = list(cluster.ports().values())
    told = [cluster.roles(port) for port in ports]
    assert told[0] == told[1] == told[2]
    assert sorted(told[0]) == sorted(ports)
    assert sorted(told[0].values()) == [1, 2, 2]


def test_reads_are_spread_and_every_node_has_its_own_cache(cluster: Cluster) -> None:
    put(cluster.dynamodb, "spread", 1)
    before = cluster.metric("jedlik_dax_item_cache_misses_total")
    with cluster.client() as client:
        for _ in range(90):
            assert read(client, "spread") == 1

    def each_missed_once() -> bool:
        now = cluster.metric("jedlik_dax_item_cache_misses_total")
        return {node: now[node] - before[node] for node in now} == dict.fromkeys(now, 1.0)

    soon(each_missed_once, "each node's one miss in the metrics")


def test_what_is_written_at_any_node_is_seen_at_every_node_at_once(cluster: Cluster) -> None:
    dice = random.Random(5)
    model: dict[str, int | None] = {}
    # One client writes and reads through the whole cluster, so each read may go to any node.
    with cluster.client() as client:
        for step in range(300):
            pk = f"k{dice.randrange(5)}"
            action = dice.randrange(6)
            if action == 0:
                put(client, pk, step)
                model[pk] = step
            elif action == 1:
                client.delete_item(TableName="items", Key={"pk": {"S": pk}})
                model[pk] = None
            elif action == 2:
                client.update_item(
                    TableName="items",
                    Key={"pk": {"S": pk}},
                    UpdateExpression="SET v = :v",
                    ExpressionAttributeValues={":v": {"N": str(step)}},
                )
                model[pk] = step
            else:
                assert read(client, pk) == model.get(pk), f"step {step}"


def test_around_the_cache_is_seen_within_the_time_to_live_which_changes_live(
    cluster: Cluster,
) -> None:
    control, group = cluster.control, "short"
    control.create_parameter_group(ParameterGroupName=group)

    def live(record_ttl_ms: int) -> None:
        pair = {"ParameterName": "record-ttl-millis", "ParameterValue": str(record_ttl_ms)}
        control.update_parameter_group(ParameterGroupName=group, ParameterNameValues=[pair])

    live(600_000)
    control.update_cluster(ClusterName="jedlik", ParameterGroupName=group)
    soon(lambda: cluster.described()["Status"] == "available", "the cluster is available again")
    with cluster.client() as client:
        put(client, "around", 1)
        put(cluster.dynamodb, "around", 2)
        assert [read(client, "around") for _ in range(12)] == [1] * 12
        live(200)
        # What is there already is old by the new rule: each node looks again.
        soon(lambda: read(client, "around") == 2, "the new time to live governs")
        time.sleep(0.3)
        assert [read(client, "around") for _ in range(12)] == [2] * 12
        put(cluster.dynamodb, "around", 3)
        time.sleep(0.3)
        assert [read(client, "around") for _ in range(12)] == [3] * 12
    live(300_000)


def test_a_reboot_empties_the_cache_and_clients_go_on(cluster: Cluster) -> None:
    ports = cluster.ports()
    with cluster.client() as client:
        put(client, "reboot", 1)  # every node remembers it
        put(cluster.dynamodb, "reboot", 2)  # around them
        cluster.control.reboot_node(ClusterName="jedlik", NodeId="jedlik-b")
        failed = 0
        deadline = time.monotonic() + SOON_S
        while cluster.described()["Status"] != "available":
            failed += _fails(lambda: read(client, "reboot"))
            assert time.monotonic() < deadline
        assert failed <= 10
        assert cluster.ports() == ports
        seen: set[int | None] = set()
        soon(lambda: _fails(lambda: seen.add(read(client, "reboot"))) or 2 in seen, "b looked anew")
        assert read(client, "reboot") in (1, 2)


def test_a_node_added_and_taken_away_is_told_by_all(cluster: Cluster) -> None:
    control = cluster.control
    control.increase_replication_factor(ClusterName="jedlik", NewReplicationFactor=4)
    soon(lambda: cluster.described()["Status"] == "available", "a fourth node")
    ports = cluster.ports()
    assert len(ports) == 4
    soon(lambda: all(len(cluster.roles(p)) == 4 for p in ports.values()), "told of by all")
    control.decrease_replication_factor(
        ClusterName="jedlik", NewReplicationFactor=3, NodeIdsToRemove=["jedlik-d"]
    )
    soon(lambda: cluster.described()["Status"] == "available", "three nodes")
    soon(lambda: all(len(cluster.roles(p)) == 3 for p in cluster.ports().values()), "told of")


def test_kill_9_of_the_primary_is_noticed_and_clients_go_on(processes: Cluster) -> None:
    ports = processes.ports()
    by_port = {port: node for node, port in ports.items()}
    some = next(iter(ports.values()))
    leader = next(by_port[port] for port, role in processes.roles(some).items() if role == 1)
    other = next(port for node, port in ports.items() if node != leader)
    with processes.client() as client:
        for i in range(20):
            put(client, f"k{i}", i)
        os.kill(processes.process_of(leader), signal.SIGKILL)
        soon(lambda: ports[leader] not in processes.roles(other), "the others leave it out")
        assert sorted(processes.roles(other).values()) == [1, 2]
        failed = 0
        for i in range(200):
            failed += _fails(lambda i=i: put(client, f"k{i % 20}", i))
            assert failed <= 10, "clients go on"
        soon(lambda: processes.described()["ActiveNodes"] == 3, "it is started again")
        assert processes.ports() == ports
        for i in range(20):
            put(client, f"k{i}", -i)
        assert [read(client, f"k{i}") for i in range(20) for _ in range(6)] == [
            -i for i in range(20) for _ in range(6)
        ]
    assert f"Node {leader} has failed and is being started again." in processes.messages()
    # The new primary stays when the old one is back.
    assert processes.roles(other)[ports[leader]] == 2


def test_a_node_that_hangs_cannot_show_what_is_old(processes: Cluster) -> None:
    ports = processes.ports()
    soon(lambda: processes.described()["ActiveNodes"] == 3, "all nodes are up")
    roles = processes.roles(next(iter(ports.values())))
    replica = next(node for node, port in ports.items() if roles[port] == 2)
    healthy = [port for node, port in ports.items() if node != replica]
    with processes.client(*healthy) as client:
        put(client, "hang", 1)
        hanging = processes.process_of(replica)
        os.kill(hanging, signal.SIGSTOP)
        try:
            # Its writer is answered when the node is known not to answer anybody any more.
            deadline = time.monotonic() + SOON_S
            while _fails(lambda: put(client, "hang", 2)):
                assert time.monotonic() < deadline
            soon(lambda: not Path(f"/proc/{hanging}/cwd").exists(), "it was ended")
        finally:
            if Path(f"/proc/{hanging}/cwd").exists():
                os.kill(hanging, signal.SIGCONT)
    soon(lambda: processes.described()["ActiveNodes"] == 3, "it is started again")
    with processes.client() as client:
        assert [read(client, "hang") for _ in range(30)] == [2] * 30


def test_clusters_outlive_the_server(tmp_path: Path) -> None:
    first = ("--dax-port", str(free_port()), "--dax-tls-port", str(free_port()))
    with Server("--data", str(tmp_path), "--dax-nodes", "2", *first) as server:
        cluster = Cluster(server)
        ports = cluster.ports()
        with cluster.client() as client:
            put(client, "kept", 1)
        server.kill()
        server.restart()
        assert cluster.ports() == ports
        with cluster.client() as client:
            assert read(client, "kept") == 1


def _fails(call: Callable[[], object]) -> bool:
    """Whether a call ends in an error, which an application would answer by trying again."""
    try:
        call()
    except Exception:
        return True
    return False
