"""Service models: what AWS publishes about an API, and where AWS itself answers differently.

`models/<service>.json` is a digest of a pinned botocore (see tools/digest_models.py) and is never
edited; `overlays/<service>.json` corrects it, each entry with its evidence. Both are read once.
"""

from __future__ import annotations

import functools
import json
from importlib import resources
from typing import Any

from .shapes import InputShape

Shape = dict[str, Any]


class ServiceModel:
    """One API: its operations, shapes and errors, overlay applied.

    operations: name -> {"input": shape name, "output": shape name, "errors": [shape names], ...}.
    shapes: name -> {"type", "members" | "member" | "key"/"value", "required", constraints}.
    """

    __slots__ = ("_inputs", "metadata", "name", "opaque", "operations", "shapes")

    def __init__(self, name: str, digest: dict[str, Any], overlay: dict[str, Any]) -> None:
        self.name = name
        self.metadata: dict[str, Any] = digest["metadata"]
        self.operations: dict[str, dict[str, Any]] = digest["operations"]
        self.shapes: dict[str, Shape] = digest["shapes"]
        self.opaque: frozenset[str] = frozenset(overlay.get("opaque", {}))
        self._inputs: dict[str, InputShape] = {}
        for entry in overlay.get("shapes", []):
            _apply(self.shapes, entry)

    @property
    def target_prefix(self) -> str:
        """Empty for a service that is not called by awsJson."""
        prefix: str = self.metadata.get("targetPrefix", "")
        return prefix

    @property
    def signing_name(self) -> str:
        """What a client's credential scope calls the service; several may share one name."""
        name: str = self.metadata.get("signingName") or self.metadata["endpointPrefix"]
        return name

    @property
    def json_version(self) -> str:
        version: str = self.metadata.get("jsonVersion", "1.0")
        return version

    @property
    def protocols(self) -> tuple[str, ...]:
        """The protocols that the service speaks: "json", "query", "rest-xml" …"""
        return tuple(self.metadata.get("protocols") or [self.metadata["protocol"]])

    @property
    def query_compatible(self) -> bool:
        """Whether clients that once spoke the query protocol still expect its error codes."""
        return "awsQueryCompatible" in self.metadata

    def input_shape(self, operation: str) -> InputShape:
        """The compiled checks of an operation's input."""
        found = self._inputs.get(operation)
        if found is None:
            name = self.operations[operation].get("input")
            found = self._inputs[operation] = InputShape(self.shapes, name, self.opaque)
        return found


@functools.cache
def load_model(service: str) -> ServiceModel:
    """The model of a service by its folder name, "dynamodb". Raises LookupError without one."""
    package = resources.files(__package__)
    source = package / "models" / f"{service}.json"
    if not source.is_file():
        raise LookupError(f"no model of {service}")
    overlay = package / "overlays" / f"{service}.json"
    return ServiceModel(
        service,
        json.loads(source.read_bytes()),
        json.loads(overlay.read_bytes()) if overlay.is_file() else {},
    )


def _apply(shapes: dict[str, Shape], entry: dict[str, Any]) -> None:
    """One overlay entry: {"shape", "evidence", "set": {...}, "remove": [...]}.

    "shape" may name a new shape ("set" then gives all of it); "members" changes the shapes of
    single members. An entry without evidence is a mistake in the file.
    """
    if not entry.get("evidence"):
        raise ValueError(f"overlay entry without evidence: {entry}")
    shape = shapes.setdefault(entry["shape"], {})
    for key in entry.get("remove", ()):
        del shape[key]
    shape.update(entry.get("set", {}))
    for member, target in entry.get("members", {}).items():
        shape["members"][member] = target
