"""Progress on a terminal of what a server does by itself."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

import click


class ItemBar:
    """A bar over a number of items that is only estimated."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def reach(self, done: int) -> None:
        """Show that so many items are done."""
        self._bar.update(min(done, self._bar.length) - self._bar.pos)


@contextlib.contextmanager
def item_bar(items: int, label: str) -> Iterator[ItemBar]:
    """A bar on standard error, where that is a terminal."""
    with click.progressbar(
        length=max(items, 1), label=label, file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        yield ItemBar(bar)


class Counter:
    """How far something has come whose end nobody knows, on one line of a terminal."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._is_shown = sys.stderr.isatty()
        self._turn = 0

    def reach(self, items: int, size_bytes: int) -> None:
        if self._is_shown:
            self._turn += 1
            mark = "|/-\\"[self._turn % 4]
            text = f"{self._label}  {mark}  {items:,} items, {size_bytes / 1e6:,.1f} MB"
            click.echo(f"\r{text}\x1b[K", nl=False, err=True)


@contextlib.contextmanager
def counter(label: str) -> Iterator[Counter]:
    """A count on standard error, where that is a terminal."""
    shown = Counter(label)
    try:
        yield shown
    finally:
        if sys.stderr.isatty():
            click.echo(err=True)


@contextlib.contextmanager
def server_goes_on(message: str) -> Iterator[None]:
    """On Ctrl-C leave quietly, and say what the server does all the same."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo(f"\n{message}", err=True)
        raise SystemExit(130) from None
