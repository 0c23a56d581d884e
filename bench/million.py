"""`make bench-million`: what large tables cost whoever else asks: backups, restores, exports,
imports and expiry of a million items, while others read and write.

    python -m bench.million [--items 1000000] [--only "Export, Ion"]… [--output docs/performance.md]

One server on disk, on both cores, with a table of that many items of 300 to 1,000 bytes. Before the
operations and between them, when the server has come to rest, GetItem and PutItem are measured at
16 connections, in two ways: paced (RATE requests a second, latency counted from when each was due)
and as fast as they are answered: TURNS short turns of each, not counting those in which the machine
was not ours. The same is asked while each operation runs; when there were as many, or LOADED_S_MAX
is over, the rest of it runs alone. Told is the p99 of all latencies of a kind beside an operation,
and of all quiet ones. Memory is that of the server and its helper processes, looked at twenty times
a second. Beside each operation a file with as many bytes is copied and synced. What was imported
and restored is compared with the table: the count, and items picked at random.

Only --output, or a whole million, writes the report; smaller runs print.
"""

from __future__ import annotations

import argparse
import array
import contextlib
import gzip
import io
import json
import os
import platform
import shutil
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import boto3
from botocore.config import Config

from bench import generator, sections
from bench.generator import Signed
from bench.targets import Jedlik, Usage
from bench.workloads import WARM, Workload, _empty
from tests.support.raw import ACCESS_KEY, REGION, SECRET_KEY, Raw

REPORT = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
TABLE, BUCKET = "million", "million"
SECTION = "bench-million"
CONNECTIONS = 16
RATE = 2000.0
TURN_S = 0.25  # a host that takes something a few times a second leaves some of these alone
TURNS = 12
QUIET_S_MAX = 30.0
LOADED_S_MAX = 45.0
POLL_S = 0.3
FOREIGN_S_MAX = 0.03
"""Of processor time that neither we nor the server had during a turn, without the kernel's, which
writes for the server; if it was more, the turn is none."""
STOLEN_S_MAX = 0.005
"""The same, of what the host of a virtual machine took."""
REST_S_MAX = 30.0
REST_SHARE = 0.03
"""Of a core; a server that takes less is at rest."""
ASKED = 20_000
"""Distinct requests of each kind; each asks for another item."""
OBJECT_ITEMS = 100_000
LOOKED_AT = 300
"""Items that are compared after each import and restore."""
KINDS = ("GetItem paced", "PutItem paced", "GetItem unthrottled", "PutItem unthrottled")
TIMES_MAX, MEMORY_MB_MAX = 2.0, 300.0
LONG_AGO = int(time.time()) - 30 * 86_400

_words = ["lorem", "ipsum", "dolor", "sit", "amet", "elit", "sed", "do", "eiusmod", "tempor"]
_random = Random(1)
POOL = " ".join(
    _random.choice(_words) + str(_random.randrange(10_000)) for _ in range(40_000)
)  # compresses about as text with numbers does


def key(n: int) -> str:
    return f"k{n:08d}"


def item(n: int) -> dict[str, Any]:
    at, length = n * 7919 % (len(POOL) - 1000), 200 + n * 104_729 % 700
    return {
        "pk": {"S": key(n)},
        "v": {"S": POOL[at : at + length]},
        "n": {"N": str(n)},
        "gone": {"N": str(LONG_AGO)},
        "flags": {"M": {"a": {"BOOL": True}, "b": {"L": [{"N": "1.5"}, {"S": "x"}]}}},
    }


@dataclass
class Outcome:
    """What one operation cost. latencies: in microseconds, by kind."""

    name: str
    items: int
    seconds: float
    size_bytes: int
    copy_s: float = 0.0
    peak_mb: float = 0.0
    loaded: bool = False
    latencies: dict[str, array.array[int]] = field(default_factory=dict)


def p99_ms(latencies: array.array[int] | None) -> float | None:
    if not latencies:
        return None
    return sorted(latencies)[int(0.99 * (len(latencies) - 1))] / 1000


class Memory:
    """The most that a server and the processes it started had resident, while this is entered."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._over = threading.Event()
        self.peak_mb = 0.0

    def __enter__(self) -> Memory:
        Path(f"/proc/{self._pid}/clear_refs").write_text("5")  # its peak begins anew
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()
        self.peak_mb = max(self.peak_mb, Usage(self._pid).peak_mb())

    def _look(self) -> None:
        _make_way()
        while not self._over.wait(0.05):
            self.peak_mb = max(self.peak_mb, resident_mb(self._pid))


def _make_way() -> None:
    """The thread that calls this runs only while nobody else wants a processor, so that the server
    does not wait for whoever looks at it."""
    with contextlib.suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def resident_mb(pid: int) -> float:
    total = 0.0
    for each in (pid, *_children(pid)):
        try:
            total += Usage(each).resident_mb()
        except (OSError, LookupError):
            continue  # it has just ended
    return total


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            for child in map(int, tasks.read_text().split()):
                found += [child, *_children(child)]
        except OSError:
            continue
    return found


class Bench:
    """One server, its clients, and what is measured."""

    def __init__(self, server: Restartable, items: int, folder: Path) -> None:
        self.server, self.items, self.folder = server, items, folder
        self.raw = Raw(server.endpoint)
        self.s3 = boto3.client(
            "s3",
            endpoint_url=server.endpoint,
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=Config(s3={"addressing_style": "path"}),
        )
        self.program = generator.compile_generator()
        self.quiet: dict[str, array.array[int]] = {kind: array.array("I") for kind in KINDS}
        self.outcomes: list[Outcome] = []
        self.idle_mb = 0.0
        self.data_bytes = 0
        self.measured = False
        self.turns = self.disturbed_turns = 0
        host = self.raw.host
        count = min(ASKED, items)
        order = Random(2).sample(range(items), count)

        def get(r: Random, n: int) -> dict[str, Any]:
            return {"TableName": TABLE, "Key": {"pk": {"S": key(order[n])}}, "ConsistentRead": True}

        def got(request: dict[str, Any], answer: dict[str, Any]) -> bool:
            wanted = item(int(request["Key"]["pk"]["S"][1:]))
            return bool(answer["Item"]["v"] == wanted["v"])

        def put(r: Random, n: int) -> dict[str, Any]:
            # Each time round, every item changes.
            new = item(order[n // 2]) | {"turn": {"N": str(n % 2)}}
            return {"TableName": TABLE, "Item": new}

        self._signed = {
            "GetItem": Signed(Workload("million get", "GetItem", count, get, got), host, 1, folder),
            "PutItem": Signed(
                Workload("million put", "PutItem", count, put, _empty), host, 1, folder
            ),
        }

    def ask(self, operation: str, **request: Any) -> Any:
        answer = self.raw.call(operation, request)
        if answer.status != 200:
            raise RuntimeError(f"{operation}: {answer.body!r}")
        return answer.json

    def turns_of(
        self, pools: dict[str, array.array[int]], go_on: Callable[[], bool], times: int = TURNS
    ) -> None:
        """Add to each kind's latencies those of some turns in which the machine was ours."""
        counts = dict.fromkeys(KINDS, 0)
        while min(counts.values()) < times:
            for kind in KINDS:
                if counts[kind] == times:
                    continue
                if not go_on():
                    return
                before = self._foreign_s()
                found = self._turn(kind, TURN_S)
                foreign, stolen = (
                    now - then for now, then in zip(self._foreign_s(), before, strict=True)
                )
                if not go_on():
                    return
                self.turns += 1
                if foreign > FOREIGN_S_MAX or stolen > STOLEN_S_MAX:
                    self.disturbed_turns += 1
                    continue
                pools[kind].extend(found)
                counts[kind] += 1

    def _foreign_s(self) -> tuple[float, float]:
        """The processor time that others have had so far, and what of it the host took."""
        try:
            words = Path("/proc/stat").read_text().split(maxsplit=9)[1:9]
        except OSError:
            return 0.0, 0.0
        user, nice, *_, stolen = (int(word) / os.sysconf("SC_CLK_TCK") for word in words)
        spent = os.times()
        ours = spent.user + spent.children_user
        for pid in (self.server.pid, *_children(self.server.pid)):
            with contextlib.suppress(OSError):
                ours += Usage(pid).user_s()
        return user + nice + stolen - ours, stolen

    def _turn(self, kind: str, seconds: float) -> array.array[int]:
        operation, how = kind.split()
        told = self.folder / "latencies"
        generator.run(
            self.program,
            self._signed[operation],
            connections=CONNECTIONS,
            seconds=seconds,
            rate=RATE if how == "paced" else None,
            latencies=told,
            urgent=True,
        )
        found = array.array("I")
        found.frombytes(told.read_bytes())
        return found

    def measure_quiet(self) -> None:
        """After what the last operation left to be done."""
        self._rest()
        until = time.monotonic() + QUIET_S_MAX
        self.turns_of(self.quiet, lambda: time.monotonic() < until)

    def _rest(self) -> None:
        usage, until = Usage(self.server.pid), time.monotonic() + REST_S_MAX
        while time.monotonic() < until:
            before = usage.cpu_s()
            time.sleep(1.0)
            if usage.cpu_s() - before < REST_SHARE:
                return

    def watch(
        self,
        name: str,
        begin: Callable[[], Callable[[], bool]],
        *,
        size_bytes: int = 0,
        loaded: bool = True,
        ends: bool = True,
    ) -> Outcome:
        """Run an operation to its end, with requests beside it at first; or for as long as there
        are any."""
        say(f"{name} …")
        ended = threading.Event()
        finished_at = 0.0
        latencies: dict[str, array.array[int]] = {kind: array.array("I") for kind in KINDS}
        with Memory(self.server.pid) as memory:
            begun = time.monotonic()
            done = begin()

            def look() -> None:
                nonlocal finished_at
                _make_way()
                while not ended.is_set():
                    if done():
                        finished_at = time.monotonic()
                        ended.set()
                        return
                    time.sleep(POLL_S)

            looking = threading.Thread(target=look, daemon=True)
            looking.start()
            if loaded and self.measured:
                until = begun + LOADED_S_MAX
                self.turns_of(latencies, lambda: not ended.is_set() and time.monotonic() < until)
            if not ends:
                finished_at = time.monotonic()
                ended.set()
            looking.join()
        outcome = Outcome(name, self.items, finished_at - begun, size_bytes or self.data_bytes)
        outcome.peak_mb, outcome.latencies = memory.peak_mb, latencies
        outcome.loaded = loaded and self.measured
        outcome.copy_s = plain_copy(self.folder, outcome.size_bytes)
        self.outcomes.append(outcome)
        say(
            f"{name}: {outcome.seconds:.1f} s, {outcome.items / outcome.seconds:,.0f} items/s, "
            f"{outcome.peak_mb:.0f} MB, "
            + ", ".join(f"{kind} {p99_ms(latencies[kind])}" for kind in KINDS)
        )
        if self.measured and ends:
            self.measure_quiet()
        return outcome

    # The operations

    def fill(self) -> None:
        """The table, by an import, without requests beside it."""
        self.s3.create_bucket(Bucket=BUCKET)
        total = 0
        for first in range(0, self.items, OBJECT_ITEMS):
            plain = io.BytesIO()
            for n in range(first, min(first + OBJECT_ITEMS, self.items)):
                plain.write(json.dumps({"Item": item(n)}, separators=(",", ":")).encode() + b"\n")
            total += plain.tell()
            packed = gzip.compress(plain.getvalue(), compresslevel=1)
            self.s3.put_object(Bucket=BUCKET, Key=f"fill/{first:09d}.json.gz", Body=packed)
        self.data_bytes = total
        say(f"{self.items:,} items, {total / 1e6:,.0f} MB as JSON")
        self.watch(
            "Import, DynamoDB JSON", self._import(TABLE, "fill/", "DYNAMODB_JSON"), loaded=False
        )
        self._compare(TABLE)
        # So that the limits of on-demand capacity are not what is measured.
        self.ask("UpdateTable", TableName=TABLE, **WARM)
        self.ask(
            "UpdateContinuousBackups",
            TableName=TABLE,
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        )

    def _import(
        self, table: str, prefix: str, kind: str, compression: str = "GZIP"
    ) -> Callable[[], Callable[[], bool]]:
        def begin() -> Callable[[], bool]:
            made = self.ask(
                "ImportTable",
                S3BucketSource={"S3Bucket": BUCKET, "S3KeyPrefix": prefix},
                InputFormat=kind,
                InputCompressionType=compression,
                TableCreationParameters={
                    "TableName": table,
                    "BillingMode": "PAY_PER_REQUEST",
                    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                },
            )
            arn = made["ImportTableDescription"]["ImportArn"]
            raw = Raw(self.server.endpoint)  # a connection of its own, in a thread of its own

            def done() -> bool:
                shown = raw.call("DescribeImport", {"ImportArn": arn}).json
                return _completed(shown["ImportTableDescription"], "ImportStatus")

            return done

        return begin

    def _export(self, prefix: str, **request: Any) -> Callable[[], Callable[[], bool]]:
        def begin() -> Callable[[], bool]:
            arn = self.ask("DescribeTable", TableName=TABLE)["Table"]["TableArn"]
            made = self.ask(
                "ExportTableToPointInTime",
                TableArn=arn,
                S3Bucket=BUCKET,
                S3Prefix=prefix,
                **request,
            )["ExportDescription"]["ExportArn"]
            raw = Raw(self.server.endpoint)

            def done() -> bool:
                shown = raw.call("DescribeExport", {"ExportArn": made}).json["ExportDescription"]
                self._last_export = shown
                return _completed(shown, "ExportStatus")

            return done

        return begin

    def backup(self) -> str:
        made: list[str] = []

        def begin() -> Callable[[], bool]:
            details = self.ask("CreateBackup", TableName=TABLE, BackupName="million")
            made.append(details["BackupDetails"]["BackupArn"])
            raw = Raw(self.server.endpoint)

            def done() -> bool:
                shown = raw.call("DescribeBackup", {"BackupArn": made[0]}).json
                status = shown["BackupDescription"]["BackupDetails"]["BackupStatus"]
                return bool(status == "AVAILABLE")

            return done

        self.watch("CreateBackup", begin)
        return made[0]

    def restore(self, name: str, target: str, operation: str, **request: Any) -> None:
        def begin() -> Callable[[], bool]:
            self.ask(operation, TargetTableName=target, **request)
            raw = Raw(self.server.endpoint)

            def done() -> bool:
                shown = raw.call("DescribeTable", {"TableName": target}).json["Table"]
                return bool(shown["TableStatus"] == "ACTIVE")

            return done

        self.watch(name, begin)
        self._compare(target)

    def all(self, only: Sequence[str] = ()) -> None:
        """Everything, in order; or these operations, and without measuring what they need."""
        self.fill()
        # What a server has in memory that serves such a table, and does nothing else.
        self.server.restart()
        self.raw = Raw(self.server.endpoint)
        self.measure_quiet()
        self.idle_mb = resident_mb(self.server.pid)
        say(f"idle: {self.idle_mb:.0f} MB; quiet p99: {self.quiet_line()}")
        since = time.time()

        def wanted(name: str, *needed_by: str) -> bool:
            """Whether it is to be done; it is measured only if it was asked for itself."""
            self.measured = not only or name in only
            return self.measured or bool(set(needed_by) & set(only))

        if wanted("CreateBackup", "RestoreTableFromBackup", "Expiry"):
            backup = self.backup()
        if wanted("RestoreTableFromBackup", "Expiry"):
            self.restore(
                "RestoreTableFromBackup", "from-backup", "RestoreTableFromBackup", BackupArn=backup
            )
        if wanted("RestoreTableToPointInTime"):
            self.restore(
                "RestoreTableToPointInTime",
                "from-time",
                "RestoreTableToPointInTime",
                SourceTableName=TABLE,
                UseLatestRestorableTime=True,
            )
        if wanted("Export, DynamoDB JSON", "Import, exported JSON"):
            self.watch("Export, DynamoDB JSON", self._export("json", ExportFormat="DYNAMODB_JSON"))
            json_data = self._data_prefix()
            self._all_exported()
        if wanted("Export, Ion", "Import, exported Ion"):
            self.watch("Export, Ion", self._export("ion", ExportFormat="ION"))
            ion_data = self._data_prefix()
            self._all_exported()
        if wanted("Export, incremental"):
            self._incremental(since)
        if wanted("Import, exported JSON"):
            self.watch("Import, exported JSON", self._import("json", json_data, "DYNAMODB_JSON"))
            self._compare("json")
        if wanted("Import, exported Ion"):
            self.watch("Import, exported Ion", self._import("ion", ion_data, "ION"))
            self._compare("ion")
        if wanted("Import, CSV"):
            self._csv()
        if wanted("Expiry"):
            self._expiry("from-backup")

    def _incremental(self, since: float) -> None:
        outcome = self.watch(
            "Export, incremental",
            self._export(
                "incremental",
                ExportType="INCREMENTAL_EXPORT",
                IncrementalExportSpecification={"ExportFromTime": since},
            ),
        )
        outcome.items = self._last_export["ItemCount"]
        outcome.size_bytes = self._last_export["BilledSizeBytes"]

    def _csv(self) -> None:
        total = 0
        for first in range(0, self.items, OBJECT_ITEMS):
            lines = ["pk,v,n\n"]
            for n in range(first, min(first + OBJECT_ITEMS, self.items)):
                there = item(n)
                lines.append(f"{key(n)},{there['v']['S']},{n}\n")
            data = "".join(lines).encode()
            total += len(data)
            self.s3.put_object(Bucket=BUCKET, Key=f"csv/{first:09d}.csv", Body=data)
        self.watch("Import, CSV", self._import("csv", "csv/", "CSV", "NONE"), size_bytes=total)
        self._compare("csv")

    def _expiry(self, table: str) -> None:
        """All items of a table expire at once."""
        raw = Raw(self.server.endpoint)

        def left() -> int:
            shown = raw.call("DescribeTable", {"TableName": table}).json["Table"]
            return int(shown["ItemCount"])

        def begin() -> Callable[[], bool]:
            self.ask(
                "UpdateTimeToLive",
                TableName=table,
                TimeToLiveSpecification={"Enabled": True, "AttributeName": "gone"},
            )
            return lambda: left() == 0

        before = left()
        outcome = self.watch("Expiry", begin, ends=False)
        outcome.items = before - left()
        outcome.size_bytes = 0

    def _data_prefix(self) -> str:
        manifest: str = self._last_export["ExportManifest"]
        return manifest.removesuffix("manifest-summary.json") + "data/"

    def _all_exported(self) -> None:
        if self._last_export["ItemCount"] != self.items:
            raise generator.WrongAnswer(f"{self._last_export['ItemCount']} items of {self.items}")

    def _compare(self, table: str) -> None:
        """Raises WrongAnswer if the table has not what it should."""
        count = self.ask("DescribeTable", TableName=table)["Table"]["ItemCount"]
        if count != self.items:
            raise generator.WrongAnswer(f"{table} has {count} items of {self.items}")
        for n in Random(3).sample(range(self.items), min(LOOKED_AT, self.items)):
            found = self.ask("GetItem", TableName=table, Key={"pk": {"S": key(n)}}).get("Item", {})
            found.pop("turn", None)
            wanted = item(n)
            if table == "csv":
                wanted = {"pk": wanted["pk"], "v": wanted["v"], "n": {"S": str(n)}}
            if found != wanted:
                raise generator.WrongAnswer(f"{table}: {found} is not {wanted}")

    def quiet_line(self) -> str:
        return ", ".join(f"{kind} {p99_ms(self.quiet[kind])} ms" for kind in KINDS)


def _completed(shown: dict[str, Any], status: str) -> bool:
    if shown[status] not in ("IN_PROGRESS", "COMPLETED"):
        raise RuntimeError(shown)
    return bool(shown[status] == "COMPLETED")


class Restartable(Jedlik):
    """On disk, on all cores, with the files kept from one start to the next."""

    def __init__(self) -> None:
        super().__init__("--throttling", "off", wrap=())

    def restart(self) -> None:
        process, self.process = self.process, None
        assert process is not None
        process.terminate()
        process.wait(120)
        self.folder.mkdir(exist_ok=True)
        self.start()


def plain_copy(folder: Path, size_bytes: int) -> float:
    """Seconds that `cp` and a sync of as many bytes take."""
    if not size_bytes:
        return 0.0
    source, target = folder / "plain", folder / "copy"
    with source.open("wb") as out:
        block = (POOL * (1 + (1 << 20) // len(POOL)))[: 1 << 20].encode()
        for _ in range(-(-size_bytes // len(block))):
            out.write(block)
        out.truncate(size_bytes)
        os.fsync(out.fileno())
    begun = time.monotonic()
    with source.open("rb") as data, target.open("wb") as out:
        shutil.copyfileobj(data, out, 1 << 20)
        out.flush()
        os.fsync(out.fileno())
    took = time.monotonic() - begun
    source.unlink()
    target.unlink()
    return took


def say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


def main() -> None:
    asked = _arguments()
    begun, load_before = time.time(), os.getloadavg()[0]
    server = Restartable()
    with server, tempfile.TemporaryDirectory(prefix="million-", dir=server.data.parent) as place:
        bench = Bench(server, asked.items, Path(place))
        bench.all(asked.only)
    text = "\n".join(_lines(bench, begun, load_before))
    print(text)
    if asked.output or (asked.items >= 1_000_000 and not asked.only):
        report = Path(asked.output) if asked.output else REPORT
        former = report.read_text() if report.exists() else ""
        report.write_text(sections.with_section(former, SECTION, text))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.million", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument(
        "--only", action="append", default=[], help="an operation's name; may be repeated"
    )
    parser.add_argument("--output", default="", help="the report whose section is to be replaced")
    return parser.parse_args()


def _lines(bench: Bench, begun: float, load_before: float) -> Iterator[str]:
    quiet = {kind: p99_ms(values) or 0.0 for kind, values in bench.quiet.items()}
    yield "## Large tables"
    yield ""
    day = time.strftime("%Y-%m-%d", time.gmtime(begun))
    yield from textwrap.wrap(
        f"Written by `make bench-million`: {bench.items:,} items of 300 to 1,000 bytes "
        f"({bench.data_bytes / 1e6:,.0f} MB as JSON) on disk, synced; {day}, "
        f"{(time.time() - begun) / 60:.0f} min, Python {platform.python_version()}, "
        f"{os.cpu_count()} cores, load average before {load_before:.1f}. During each operation "
        f"requests are made over {CONNECTIONS} connections, {TURNS} turns of {TURN_S:g} s of each "
        f"kind, one after the other: paced, {RATE:,.0f} a second with latency counted from when "
        "each was due, and unthrottled, as fast as they are answered. The server has both cores; "
        "the generator comes first on one of them, so that its own waiting is not measured. Told "
        "is the p99 in ms, and how many times the quiet value it is: that of the same turns before "
        "the operations and after each, begun when the server had come to rest. A turn is repeated "
        f"if others had more than {1000 * FOREIGN_S_MAX:.0f} ms of the processors, or the host of "
        f"this virtual machine had any that could be seen ({bench.disturbed_turns} of "
        f"{bench.turns} turns). MB: the most memory above the {bench.idle_mb:.0f} MB of a server "
        "that serves the table and does nothing else. Items/s are those of the whole operation, "
        "with the requests beside it; a copy is a plain file of as many bytes, copied and synced "
        "in the same run.",
        width=100,
    )
    yield ""
    yield (
        "| operation | items | s | items/s | plain copy s | MB | "
        + " | ".join(KINDS)
        + " | unthrottled | paced |"
    )
    yield "| --- | ---: | ---: | ---: | ---: | ---: | " + "---: | " * len(KINDS) + "--- | --- |"
    cells = " | ".join(f"{quiet[kind]:.2f}" for kind in KINDS)
    yield f"| quiet | | | | | | {cells} | | |"
    for each in bench.outcomes:
        yield _row(bench, each, quiet)
    yield ""
    yield from textwrap.wrap(
        f"✓: less than {TIMES_MAX:g} × the quiet p99 and at most {MEMORY_MB_MAX:.0f} MB. The first "
        "import, which makes the table, has nothing beside it. Expiry is that of as many items "
        "that are due at once, at its default rate (`--ttl-rate`), watched from when the time to "
        "live was switched on until the last turn.",
        width=100,
    )


def _row(bench: Bench, each: Outcome, quiet: dict[str, float]) -> str:
    bounded = each.peak_mb - bench.idle_mb <= MEMORY_MB_MAX
    good = {"unthrottled": bounded, "paced": bounded}
    cells = []
    for kind in KINDS:
        value = p99_ms(each.latencies.get(kind))
        how = kind.split()[1]
        if value is None:
            cells.append("–")
            good[how] &= not each.loaded  # nobody asked, or none of the turns was ours
            continue
        times = value / quiet[kind]
        good[how] &= times < TIMES_MAX
        cells.append(f"{value:.2f} ({times:.1f}×)")
    copy = f"{each.copy_s:.1f}" if each.size_bytes else "–"
    marks = " | ".join("✓" if good[how] else "✗" for how in good)
    return (
        f"| {each.name} | {each.items:,} | {each.seconds:.1f} | {each.items / each.seconds:,.0f} | "
        f"{copy} | {max(0.0, each.peak_mb - bench.idle_mb):.0f} | {' | '.join(cells)} | {marks} |"
    )


if __name__ == "__main__":
    main()
