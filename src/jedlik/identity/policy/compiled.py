"""Statements ready to be matched. Made by `document.py`, asked by `evaluate.py`."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct

from .conditions import ResourceTest, Test
from .globs import Matches
from .templates import Template


class Principals(NamedTuple):
    """A Principal element: ARNs, account ids and "*"; services; identity providers."""

    aws: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    federated: frozenset[str] = frozenset()


class Statement(Struct, frozen=True):
    """One statement. `but_…`: the element is there as its Not form.

    templates: resources that have variables. any_resource: there is no Resource element, as in
    trust policies.
    """

    number: int
    sid: str | None
    denies: bool
    actions: tuple[Matches, ...]
    but_actions: bool
    resources: tuple[Matches, ...]
    templates: tuple[Template, ...]
    but_resources: bool
    any_resource: bool
    principals: Principals | None
    but_principals: bool
    tests: tuple[Test, ...]

    def is_about_action(self, action: str) -> bool:
        """action: in lower case."""
        return any(matches(action) for matches in self.actions) != self.but_actions

    def resource_tests(self, resource: str) -> tuple[Test, ...] | None:
        """What must still be asked for the resource to be meant; None: it is not."""
        if self.any_resource:
            return ()
        named = any(matches(resource) for matches in self.resources)
        if named:
            return None if self.but_resources else ()
        if not self.templates:
            return () if self.but_resources else None
        return (ResourceTest(resource, self.templates, self.but_resources, self.denies),)


class CompiledPolicy(Struct, frozen=True):
    name: str
    statements: tuple[Statement, ...]
