"""kill -9 while a query of Logs Insights runs: its process ends, and the query is run again."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.support.server import Server

WAIT_S_MAX = 60
ENDLESS = "filter @message like /^(a+)+$/"


def query_process(server: int) -> int | None:
    """The process of a query of that server, if there is one."""
    for found in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(found.read_text().rpartition(")")[2].split()[1])
            words = found.with_name("cmdline").read_bytes()
        except (OSError, ValueError):
            continue  # it has just ended
        if parent == server and b"jedlik.services.logs.insights" in words:
            return int(found.parent.name)
    return None


def gone(process: int) -> bool:
    """Ended, whether or not anybody has looked at how."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def until(holds: Any) -> Any:
    deadline = time.monotonic() + WAIT_S_MAX
    while not (found := holds()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def busy(process: int) -> bool:
    """Whether it has used a second, which is more than reading a query takes."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) > 100


def test_the_process_of_a_query_ends_with_its_server(tmp_path: Path, make_client: Any) -> None:
    with Server("--data", str(tmp_path / "data")) as server:
        logs = make_client("logs", endpoint_url=server.endpoint)
        logs.create_log_group(logGroupName="g")
        logs.create_log_stream(logGroupName="g", logStreamName="s")
        now = int(time.time())
        event = {"timestamp": now * 1000, "message": "a" * 60 + "!"}
        logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[event])
        asked = {"logGroupName": "g", "startTime": now - 60, "endTime": now + 60}
        query = logs.start_query(**asked, queryString=ENDLESS)["queryId"]
        left = until(lambda: query_process(server.pid))
        until(lambda: busy(left))
        server.kill()
        until(lambda: gone(left))
        server.restart()
        logs = make_client("logs", endpoint_url=server.endpoint)
        again = until(lambda: query_process(server.pid))
        assert logs.get_query_results(queryId=query)["status"] == "Running"
        other = logs.start_query(**asked, queryString="fields @message")["queryId"]
        until(lambda: logs.get_query_results(queryId=other)["status"] == "Complete")
        logs.stop_query(queryId=query)
        until(lambda: gone(again))
        logs.start_query(**asked, queryString=ENDLESS)
        last = until(lambda: query_process(server.pid))
        assert server.stop() == 0
        until(lambda: gone(last))
