"""Flags before environment before file, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from jedlik import settings
from jedlik.settings import Settings, SettingsError


def load(
    tmp_path: Path, file: str = "", environment: dict[str, str] | None = None, **flags: object
) -> Settings:
    config = tmp_path / "jedlik.toml"
    config.write_text(file)
    return settings.load(flags, environment=environment or {}, config=str(config))


def test_flags_win_over_environment_over_file_over_defaults(tmp_path: Path) -> None:
    file = 'port = 1\nregion = "file"\nlog-level = "debug"\n'
    environment = {"JEDLIK_PORT": "2", "JEDLIK_REGION": "environment"}
    chosen = load(tmp_path, file, environment, port=3)
    assert (chosen.port, chosen.region, chosen.log_level) == (3, "environment", "debug")
    assert chosen.host == "127.0.0.1"


def test_the_environment_may_name_the_file(tmp_path: Path) -> None:
    config = tmp_path / "other.toml"
    config.write_text("memory = true\n")
    assert settings.load({}, environment={"JEDLIK_CONFIG": str(config)}).memory is True


@pytest.mark.parametrize("text", ["1", "true", "YES", "on"])
def test_true_in_the_environment(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, environment={"JEDLIK_MEMORY": text}).memory is True


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.com"])
def test_open_auth_stays_on_loopback(tmp_path: Path, host: str) -> None:
    with pytest.raises(SettingsError, match="with --auth open"):
        load(tmp_path, host=host)
    assert load(tmp_path, host=host, auth="required").host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback_may_be_open(tmp_path: Path, host: str) -> None:
    assert load(tmp_path, host=host).auth == "open"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"flags": {"port": 70000}}, "--port is between 0 and 65535, not 70000"),
        ({"flags": {"workers": 0}}, "--workers is at least 1, not 0"),
        (
            {"flags": {"workers": 3}},
            "--workers 3 needs --store: the store in a data folder belongs to one process. Leave "
            "--workers out, or keep the data in PostgreSQL",
        ),
        (
            {"flags": {"store": "postgresql://x", "dax_processes": True}},
            "--dax-processes and --store exclude each other: with --store, --workers is what uses "
            "several processors",
        ),
        ({"flags": {"memory": True, "blobs": "x"}}, "--memory and --blobs exclude each other"),
        ({"flags": {"account": "12"}}, "--account is 12 digits, not '12'"),
        ({"flags": {"store": "mysql://x"}}, "--store is a postgresql:// URL"),
        (
            {"flags": {"store": "postgresql://x", "memory": True}},
            "--memory and --store exclude each other",
        ),
        ({"environment": {"JEDLIK_PORT": "x"}}, "JEDLIK_PORT is a whole number, not 'x'"),
        ({"environment": {"JEDLIK_MEMORY": "x"}}, "JEDLIK_MEMORY is true or false, not 'x'"),
        ({"environment": {"JEDLIK_AUTH": "no"}}, "--auth is one of open, required, not 'no'"),
        ({"file": "port = '1'"}, "port in the settings file is a whole number, not '1'"),
    ],
)
def test_what_cannot_be_is_refused_plainly(
    tmp_path: Path, given: dict[str, dict[str, str]], message: str
) -> None:
    file = str(given.get("file", ""))
    with pytest.raises(SettingsError) as refused:
        load(tmp_path, file, given.get("environment"), **given.get("flags", {}))
    assert str(refused.value) == message


def test_a_misspelt_setting_in_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"sets prot: there is no such setting"):
        load(tmp_path, "prot = 1")


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot read .*absent.toml: No such file"):
        settings.load({}, environment={}, config=str(tmp_path / "absent.toml"))
    with pytest.raises(SettingsError, match="is not TOML"):
        load(tmp_path, "port 1")
