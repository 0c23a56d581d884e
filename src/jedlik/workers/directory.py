"""Upkeep of the directory: when keys were used, and what other processes have changed."""

from __future__ import annotations

from typing import Protocol


class Directory(Protocol):
    """See identity/directory.py."""

    async def refresh(self) -> bool: ...
    async def save_uses(self) -> None: ...


class KeyUses:
    """Writes down, some time after the fact, when access keys and roles were used."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def step(self, now_ms: int) -> bool:
        await self._directory.save_uses()
        return False


class DirectoryRefresh:
    """Looks for changes that another process made; only where there are several."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def step(self, now_ms: int) -> bool:
        await self._directory.refresh()
        return False
