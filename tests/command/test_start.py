"""`jedlik start`: how it begins, ends and refuses. The tests own their servers."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from dataclasses import asdict
from pathlib import Path

import pytest

from jedlik.settings import Settings
from tests.support.oracles import free_port
from tests.support.raw import Raw
from tests.support.server import Server

START_S_MAX = 60
STOP_S_MAX = 60
FIRST_ANSWER_CPU_S_MAX = 4.0
SAMPLES = {"Forum": 3, "ProductCatalog": 8, "Reply": 8, "Thread": 5}


def start(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A start that is expected to fail."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("JEDLIK_")}
    return subprocess.run(
        [sys.executable, "-m", "jedlik", "start", *arguments],
        capture_output=True,
        text=True,
        env={**kept, **environment},
        stdin=subprocess.DEVNULL,
        timeout=START_S_MAX,
    )


def assert_one_plain_line(done: subprocess.CompletedProcess[str], text: str) -> None:
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 1, done.stderr
    assert len(lines) == 1, done.stderr
    assert text in lines[0]


def test_what_was_written_survives_kill_9(tmp_path: Path) -> None:
    server = Server("--data", str(tmp_path / "data"), "--samples").start()
    try:
        put = server.client().put_item
        put(TableName="Forum", Item={"Name": {"S": "Mine"}, "Threads": {"N": "1"}})
        server.kill()
        dynamodb = server.restart().client()
        counts = {name: dynamodb.scan(TableName=name)["Count"] for name in SAMPLES}
        assert counts == {**SAMPLES, "Forum": 4}
        found = dynamodb.query(
            TableName="Reply",
            IndexName="PostedBy-Message-Index",
            KeyConditionExpression="Id = :id AND begins_with(PostedBy, :by)",
            ExpressionAttributeValues={
                ":id": {"S": "Amazon DynamoDB#Choosing a sort key"},
                ":by": {"S": "bram"},
            },
        )
        assert found["Count"] == 1
    finally:
        server.stop()


def test_samples_are_for_new_folders_only(tmp_path: Path) -> None:
    arguments = ("--data", str(tmp_path / "data"), "--samples")
    with Server(*arguments) as server:
        assert server.client().list_tables()["TableNames"] == sorted(SAMPLES)
        server.client().delete_table(TableName="Forum")
    with Server(*arguments) as server:
        assert server.client().list_tables()["TableNames"] == sorted(SAMPLES.keys() - {"Forum"})


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_stops_cleanly_on_a_signal(tmp_path: Path, how: signal.Signals) -> None:
    server = Server("--data", str(tmp_path / "data")).start()
    assert server.process is not None
    server.process.send_signal(how)
    assert server.process.wait(STOP_S_MAX) == 0
    assert "Traceback" not in server.output()
    assert '"stopping"' in server.output()


def test_a_port_in_use_is_said_and_leaves_no_folder(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = start("--port", str(port), "--data", str(tmp_path / "data"))
    assert_one_plain_line(done, f"port {port} on 127.0.0.1 is in use")
    assert not (tmp_path / "data").exists()


def test_a_second_process_on_the_folder_is_refused(tmp_path: Path) -> None:
    folder = str(tmp_path / "data")
    with Server("--data", folder) as server:
        done = start("--port", "0", "--data", folder)
        assert_one_plain_line(done, f"the data folder {folder} is in use by process {server.pid}")
        server.client().list_tables()


def test_a_damaged_store_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "store.sqlite").write_bytes(b"not a database, but long enough" * 100)
    assert_one_plain_line(start("--port", "0", "--data", str(folder)), "is damaged or not a")


def test_an_empty_store_in_a_folder_that_was_used_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with Server("--data", str(folder)):
        pass
    (folder / "store.sqlite").write_bytes(b"")
    done = start("--port", "0", "--data", str(folder))
    assert_one_plain_line(done, "is empty, but this folder was in use before")
    # A first start that was cut off is no such case.
    (folder / "credentials").unlink()
    with Server("--data", str(folder)) as server:
        assert server.client().list_tables()["TableNames"] == []


def test_a_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = start("--port", "0", "--data", str(tmp_path / "file" / "data"))
    assert_one_plain_line(done, "cannot be used")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--host", "0.0.0.0"), "will not listen on 0.0.0.0 with --auth open"),
        (("--store", "postgresql://db/x?parts=0"), "parts is a whole number from 1 to 4096"),
        (("--host", "203.0.113.7", "--auth", "required"), "this machine has no such address"),
        (("--host", "no.such.host.invalid", "--auth", "required"), "--host no.such.host.invalid:"),
        (("--config", "absent.toml"), "cannot read absent.toml"),
    ],
)
def test_settings_that_cannot_be_are_one_line(
    tmp_path: Path, arguments: tuple[str, ...], text: str
) -> None:
    done = start(*arguments, "--port", "0", "--data", str(tmp_path / "data"))
    assert_one_plain_line(done, text)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--throttling", "report"),
        ("--durability", "relaxed"),
        ("--region", "eu-west-1", "--account", "123456789012"),
    ],
)
def test_every_flag_of_the_design_starts(arguments: tuple[str, ...]) -> None:
    with Server(*arguments) as server:
        assert server.client().list_tables()["TableNames"] == []


def test_the_account_is_in_the_arns() -> None:
    with Server("--account", "123456789012", "--samples") as server:
        arn = server.client().describe_table(TableName="Forum")["Table"]["TableArn"]
        assert arn == "arn:aws:dynamodb:us-east-1:123456789012:table/Forum"


def test_root_keys_are_made_kept_and_required(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with Server("--data", str(folder), "--auth", "required") as server:
        file = folder / "credentials"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        kept = dict(line.split(" = ") for line in file.read_text().splitlines() if " = " in line)
        server.client(keys=[*kept.values()]).list_tables()
        with pytest.raises(Exception, match="UnrecognizedClientException"):
            server.client().list_tables()
        with pytest.raises(Exception, match="InvalidSignatureException"):
            server.client(keys=(kept["aws_access_key_id"], "wrong")).list_tables()
        before = file.read_bytes()
    with Server("--data", str(folder)) as server:
        assert file.read_bytes() == before
        with pytest.raises(Exception, match="InvalidSignatureException"):
            server.client(keys=(kept["aws_access_key_id"], "wrong")).list_tables()
        server.client(keys=("stranger", "x")).list_tables()


def test_root_keys_may_come_from_the_environment() -> None:
    environment = {"JEDLIK_ACCESS_KEY_ID": "ROOT", "JEDLIK_SECRET_ACCESS_KEY": "secret"}
    with Server("--auth", "required", environment=environment) as server:
        server.client(keys=("ROOT", "secret")).list_tables()
        assert "secret" not in server.output()


def test_health_tells_the_figures_and_no_paths(tmp_path: Path) -> None:
    folder = str(tmp_path / "data")
    with Server("--data", folder) as server:
        with urllib.request.urlopen(f"{server.endpoint}/_jedlik/health", timeout=60) as reply:
            text = reply.read().decode()
    health = json.loads(text)
    assert health["status"] == "healthy"
    assert health["store"]["engine"] == "sqlite"
    assert 0 < health["memory_bytes"] < 200_000_000
    assert folder not in text


def test_the_first_answer_comes_soon_and_idle_memory_is_small(tmp_path: Path) -> None:
    # The promises are 0.5 s and 80 MB on a quiet machine; tests run beside each other, so what is
    # allowed here, of the process's own time, only catches a start that has become slow in kind.
    with Server("--data", str(tmp_path / "data")) as server:
        assert _cpu_s(server.pid) < FIRST_ANSWER_CPU_S_MAX
        with urllib.request.urlopen(f"{server.endpoint}/_jedlik/health", timeout=60) as reply:
            assert json.load(reply)["memory_bytes"] < 80_000_000


@pytest.mark.parametrize("first", ["ListTables", "ExecuteStatement", "ListBackups"])
def test_whatever_is_asked_first_is_answered(tmp_path: Path, first: str) -> None:
    # Before the server has said that it is there, and has all that it will have.
    port = free_port()
    arguments = ["--port", str(port), "--data", str(tmp_path / "data"), "--dax-nodes", "0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "jedlik", "start", *arguments], stderr=subprocess.DEVNULL
    )
    try:
        raw = Raw(f"http://127.0.0.1:{port}")
        body = {"Statement": "SELECT * FROM Nowhere"} if first == "ExecuteStatement" else {}
        for _ in range(START_S_MAX * 50):
            try:
                answer = raw.call(first, body)
                break
            except ConnectionRefusedError:
                time.sleep(0.02)
        if body:
            assert (answer.status, answer.message) == (400, "Requested resource not found")
        else:
            assert answer.status == 200
    finally:
        process.terminate()
        assert process.wait(START_S_MAX) == 0


def test_a_server_at_rest_does_next_to_nothing(tmp_path: Path) -> None:
    # Workers wait for events instead of looking every few milliseconds; what is left is the
    # server's tick of a second. Counted in wake-ups, which do not depend on the machine's speed.
    with Server("--data", str(tmp_path / "data")) as server:
        woken = []
        while not woken or woken[-1] >= 20:
            assert len(woken) < 10, f"it never rests: {woken}"
            before = _wake_ups(server.pid)
            time.sleep(2)  # the first time, SQLite takes over what the start has written
            woken.append(_wake_ups(server.pid) - before)


def _cpu_s(pid: int) -> float:
    """What a process has taken of the processors so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _wake_ups(pid: int) -> int:
    """How often the threads of a process have gone to sleep by themselves so far."""
    count = 0
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        found = re.search(r"^voluntary_ctxt_switches:\s*(\d+)", status.read_text(), re.MULTILINE)
        assert found is not None
        count += int(found[1])
    return count


def test_a_worker_whose_supervisor_has_died_meanwhile_ends_quietly(tmp_path: Path) -> None:
    """Its supervisor is killed before it can say that it serves."""
    settings = asdict(Settings(memory=True, port=0, dax_nodes=0, data=str(tmp_path)))
    reading, writing = os.pipe()
    worker = subprocess.Popen(
        [sys.executable, "-m", "jedlik.serving_process", str(writing)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(writing,),
    )
    os.close(reading)
    os.close(writing)
    begin = {"settings": settings, "number": 1, "is_first": False}
    said, _ = worker.communicate(json.dumps(begin).encode() + b"\n", timeout=START_S_MAX)
    assert worker.returncode == 0, said.decode()
    assert b"Traceback" not in said
