"""What an operator can set, in one table: flags, then environment, then a TOML file, then defaults.

`--port 9000`, `JEDLIK_PORT=9000` and `port = 9000` in jedlik.toml are the same setting; the
first of them that is given wins. The command line is made from this table (cli/start.py), so a
new setting is one new field here.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

CONFIG_FILE = "jedlik.toml"
PREFIX = "JEDLIK_"
TRUE = ("1", "true", "yes", "on")
FALSE = ("0", "false", "no", "off", "")


class SettingsError(Exception):
    """A setting that cannot be; the text is for the operator."""


def setting(default: Any, help: str, *, choices: tuple[str, ...] = (), metavar: str = "") -> Any:
    return field(default=default, metadata={"help": help, "choices": choices, "metavar": metavar})


@dataclass(frozen=True)
class Settings:
    """Every field is a flag of `jedlik start`, an environment variable and a key of the file."""

    host: str = setting("127.0.0.1", "Address to listen on.", metavar="ADDRESS")
    port: int = setting(8000, "Port to listen on; 0 takes a free one.")
    data: str = setting(".jedlik", "Folder that holds everything Jedlik keeps.", metavar="DIR")
    memory: bool = setting(False, "Keep everything in memory: nothing is left when it stops.")
    store: str = setting("", "A postgresql:// URL instead of the data folder.", metavar="URL")
    auth: str = setting(
        "open",
        "open: an unknown access key may do anything; required: unknown keys are refused.",
        choices=("open", "required"),
    )
    throttling: Literal["on", "off", "report"] = setting(
        "on",
        "Whether tables take no more than AWS's would; report: only tell of it.",
        choices=("on", "off", "report"),
    )
    durability: str = setting(
        "full",
        "full: answered when it is on disk; relaxed: answered before.",
        choices=("full", "relaxed"),
    )
    blobs: str = setting(
        "",
        "Where object bytes go: a folder, with --store one that all machines share, or "
        "s3://BUCKET/PREFIX?endpoint=URL.  [default: objects, in --data; with --store none]",
        metavar="DIR|URL",
    )
    workers: int = setting(1, "Serving processes that share the port; needs --store.")
    region: str = setting("us-east-1", "Region of requests that name none.", metavar="NAME")
    account: str = setting("000000000000", "Account that the tables belong to.", metavar="ID")
    samples: bool = setting(False, "Load the sample tables when the data folder is new.")
    transition_ms: int = setting(
        0, "How long tables stay CREATING, UPDATING and DELETING, to try waiters.", metavar="MS"
    )
    dax_port: int = setting(
        8111, "Port of the DAX cluster's first node; 0, or --port 0, takes a free one."
    )
    dax_tls_port: int = setting(9111, "The same, for TLS (daxs://).")
    dax_nodes: int = setting(
        1, "Nodes of the DAX cluster that is there from the start; 0: no DAX at all."
    )
    dax_processes: bool = setting(False, "Give each DAX node a process of its own.")
    dax_memory_mb: int = setting(256, "What the caches of one DAX node may take.", metavar="MB")
    dax_address: str = setting(
        "", "IP address at which clients reach DAX nodes.  [default: that of --host]", metavar="IP"
    )
    dax_certificate: str = setting(
        "", "Certificate (PEM) for daxs:// instead of one of Jedlik's own.", metavar="FILE"
    )
    dax_certificate_key: str = setting(
        "", "Its private key, where that is another file.", metavar="FILE"
    )
    athena_memory_mb: int = setting(
        1024, "What one query of Athena may take of memory.", metavar="MB"
    )
    athena_timeout_s: int = setting(1800, "How long one query of Athena may run.", metavar="S")
    ttl_interval_ms: int = setting(
        1000, "How often to look for items that have expired.", metavar="MS"
    )
    ttl_rate: int = setting(2000, "Most expired items to delete in a second.", metavar="ITEMS")
    stream_shard_s: int = setting(
        4 * 3600, "Age at which a stream's shard is closed and followed by another.", metavar="S"
    )
    alarm_interval_s: int = setting(
        60, "How often alarms are evaluated, and auto scaling with them.", metavar="S"
    )
    log_level: str = setting(
        "info", "Least severe message to log.", choices=("debug", "info", "warning", "error")
    )

    def __post_init__(self) -> None:
        for each in fields(self):
            choices = each.metadata["choices"]
            value = getattr(self, each.name)
            if choices and value not in choices:
                raise SettingsError(
                    f"{flag(each.name)} is one of {', '.join(choices)}, not {value!r}"
                )
        for name in ("port", "dax_port", "dax_tls_port"):
            if not 0 <= (port := getattr(self, name)) <= 65535:
                raise SettingsError(f"{flag(name)} is between 0 and 65535, not {port}")
        if not 0 <= self.dax_nodes <= 11:
            raise SettingsError(f"--dax-nodes is between 0 and 11, not {self.dax_nodes}")
        if not 1 <= self.alarm_interval_s <= 60:
            raise SettingsError(
                f"--alarm-interval-s is between 1 and 60, not {self.alarm_interval_s}"
            )
        if self.dax_memory_mb < 1:
            raise SettingsError(f"--dax-memory-mb is at least 1, not {self.dax_memory_mb}")
        if self.dax_address and not _is_address(self.dax_address):
            raise SettingsError(f"--dax-address is an IP address, not {self.dax_address!r}")
        if self.workers < 1:
            raise SettingsError(f"--workers is at least 1, not {self.workers}")
        if self.workers > 1 and not self.store:
            raise SettingsError(
                f"--workers {self.workers} needs --store: the store in a data folder belongs to "
                "one process. Leave --workers out, or keep the data in PostgreSQL"
            )
        if self.dax_processes and self.store:
            raise SettingsError(
                "--dax-processes and --store exclude each other: with --store, --workers is what "
                "uses several processors"
            )
        if self.blobs and self.memory:
            raise SettingsError("--memory and --blobs exclude each other")
        if self.blobs.startswith("s3://"):
            from jedlik.storage import blobs_s3

            try:
                blobs_s3.parse(self.blobs)
            except ValueError as fault:
                raise SettingsError(f"--blobs: {fault}") from None
        for name in (
            "ttl_interval_ms",
            "ttl_rate",
            "stream_shard_s",
            "athena_memory_mb",
            "athena_timeout_s",
        ):
            if getattr(self, name) < 1:
                raise SettingsError(f"{flag(name)} is at least 1, not {getattr(self, name)}")
        if not (len(self.account) == 12 and self.account.isdigit()):
            raise SettingsError(f"--account is 12 digits, not {self.account!r}")
        if not self.region:
            raise SettingsError("--region must not be empty")
        if self.memory and self.store:
            raise SettingsError("--memory and --store exclude each other")
        if self.store and not self.store.startswith(("postgresql://", "postgres://")):
            raise SettingsError("--store is a postgresql:// URL")  # it may hold a password
        if self.auth == "open" and not is_loopback(self.host):
            raise SettingsError(
                f"will not listen on {self.host} with --auth open: whoever reaches that address "
                "could read and change everything. Add --auth required, or listen on 127.0.0.1"
            )

    @property
    def dax_advertised(self) -> str:
        """The IP address that DAX clients are told to connect to."""
        if self.dax_address:
            return self.dax_address
        if _is_address(self.host) and not ipaddress.ip_address(self.host).is_unspecified:
            return self.host
        return "127.0.0.1"


def load(
    flags: Mapping[str, Any],
    *,
    environment: Mapping[str, str] = os.environ,
    config: str | None = None,
) -> Settings:
    """Put the settings together. Raises SettingsError.

    flags: what the command line gave, by field name; None means not given.
    config: the TOML file; by default JEDLIK_CONFIG, then ./jedlik.toml if there is one.
    """
    chosen: dict[str, Any] = {}
    from_file = _read_file(config or environment.get(PREFIX + "CONFIG"))
    for each in fields(Settings):
        variable = PREFIX + each.name.upper()
        if flags.get(each.name) is not None:
            chosen[each.name] = flags[each.name]
        elif variable in environment:
            chosen[each.name] = _parse(each, environment[variable], variable)
        elif each.name in from_file:
            chosen[each.name] = _typed(each, from_file[each.name])
    return Settings(**chosen)


def flag(name: str) -> str:
    """The command-line flag of a field."""
    return "--" + name.replace("_", "-")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False  # a name may resolve to anything: take the careful view


def _read_file(path: str | None) -> dict[str, Any]:
    file = Path(path or CONFIG_FILE)
    if path is None and not file.exists():
        return {}
    try:
        found = tomllib.loads(file.read_text())
    except OSError as fault:
        raise SettingsError(f"cannot read {file}: {fault.strerror}") from fault
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise SettingsError(f"{file} is not TOML: {fault}") from fault
    known = {each.name for each in fields(Settings)}
    named = {key.replace("-", "_"): value for key, value in found.items()}
    if unknown := sorted(named.keys() - known):
        raise SettingsError(f"{file} sets {', '.join(unknown)}: there is no such setting")
    return named


def _parse(each: Field[Any], text: str, variable: str) -> Any:
    """The value of an environment variable."""
    if isinstance(each.default, bool):
        if text.lower() in TRUE:
            return True
        if text.lower() in FALSE:
            return False
        raise SettingsError(f"{variable} is true or false, not {text!r}")
    if isinstance(each.default, int):
        try:
            return int(text)
        except ValueError:
            raise SettingsError(f"{variable} is a whole number, not {text!r}") from None
    return text


def _typed(each: Field[Any], value: Any) -> Any:
    """The value from the TOML file, if it has the type of the setting."""
    wanted = type(each.default)
    if type(value) is not wanted:
        names = {bool: "true or false", int: "a whole number", str: "a text in quotes"}
        raise SettingsError(f"{each.name} in the settings file is {names[wanted]}, not {value!r}")
    return value
