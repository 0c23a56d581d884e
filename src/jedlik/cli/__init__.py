"""The `jedlik` command: a file per subcommand, imported only when it is the one that runs.

`start` becomes the server, `migrate` opens two stores itself; every other subcommand is an ordinary
client that speaks signed HTTP to a running server (client.py) and needs nothing but its endpoint.
"""

from __future__ import annotations

import importlib

import click

from jedlik import __version__

COMMANDS = (
    "start",
    "sample",
    "load",
    "dump",
    "backup",
    "restore",
    "export",
    "import",
    "migrate",
    "tail",
    "status",
)


class Lazy(click.Group):
    """Start-up time is a promise: a subcommand's imports are paid by that subcommand alone."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        python_name = "import_" if name == "import" else name
        module = importlib.import_module(f"jedlik.cli.{python_name}")
        command: click.Command = getattr(module, python_name)
        return command


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="jedlik")
def jedlik() -> None:
    """A self-hosted DynamoDB that AWS's own clients cannot tell from the real one."""
