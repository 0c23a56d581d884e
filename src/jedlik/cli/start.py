"""`jedlik start`: become the server."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import click

from jedlik import settings, starting


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    """One option per field of Settings. Its default is None, so that "not given" can be told."""
    for each in reversed(fields(settings.Settings)):
        text = each.metadata["help"]
        if isinstance(each.default, bool):
            made = click.option(settings.flag(each.name), is_flag=True, default=None, help=text)
        else:
            choices = each.metadata["choices"]
            shown = f"  [default: {each.default}]" if each.default != "" else ""
            made = click.option(
                settings.flag(each.name),
                type=click.Choice(choices) if choices else type(each.default),
                default=None,
                metavar=each.metadata["metavar"] or None,
                help=text + shown,
            )
        command = made(command)
    return command


@click.command()
@_options
@click.option("--config", metavar="FILE", help="Settings file.  [default: jedlik.toml, if there]")
def start(config: str | None, **flags: Any) -> None:
    """Start the server.

    Every option may also be an environment variable (--log-level is JEDLIK_LOG_LEVEL) or a line
    of the settings file (log_level = "debug"); the option wins, then the variable.
    """
    try:
        chosen = settings.load(flags, config=config)
    except settings.SettingsError as fault:
        raise click.ClickException(str(fault)) from None

    sys.exit(starting.serve(chosen))
