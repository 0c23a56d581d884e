"""Digest the service models that Jedlik answers for out of the pinned botocore.

    python tools/digest_models.py [--check]

Writes src/jedlik/api/models/<service>.json: operations, shapes, errors and constraints, without
documentation and examples. A test runs the same digest and compares, so the committed files never
drift from the pin. Order is kept as AWS publishes it, because violations are reported in it.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

BOTOCORE_VERSION = "1.44.5"
SERVICES = {  # our name: botocore's folder
    "applicationautoscaling": "application-autoscaling/2016-02-06",
    "athena": "athena/2017-05-18",
    "cloudwatch": "cloudwatch/2010-08-01",
    "dax": "dax/2017-04-19",
    "dynamodb": "dynamodb/2012-08-10",
    "dynamodbstreams": "dynamodbstreams/2012-08-10",
    "glue": "glue/2017-03-31",
    "firehose": "firehose/2015-08-04",
    "iam": "iam/2010-05-08",
    "kinesis": "kinesis/2013-12-02",
    "logs": "logs/2014-03-28",
    "s3": "s3/2006-03-01",
    "sts": "sts/2011-06-15",
}
PARTS = {  # of services of which we have a part, and that are too large to read for it
    "glue": (
        "BatchCreatePartition", "BatchDeletePartition", "BatchDeleteTable",
        "BatchDeleteTableVersion", "BatchGetPartition", "BatchUpdatePartition",
        "CreateDatabase", "CreatePartition", "CreateTable", "DeleteDatabase", "DeletePartition",
        "DeleteTable", "DeleteTableVersion", "GetDatabase", "GetDatabases", "GetPartition",
        "GetPartitionIndexes", "GetPartitions", "GetTable", "GetTableVersion", "GetTableVersions",
        "GetTables", "SearchTables", "UpdateDatabase", "UpdatePartition", "UpdateTable",
    ),
}  # fmt: skip
FOLDER = Path(__file__).resolve().parent.parent / "src" / "jedlik" / "api" / "models"

SHAPE_KEYS = (
    "type", "required", "members", "member", "key", "value", "enum", "min", "max", "pattern",
    "box", "sensitive", "exception", "fault", "error", "synthetic", "flattened",
    "payload", "locationName", "xmlNamespace", "timestampFormat",
)  # fmt: skip
METADATA_KEYS = (
    "apiVersion", "awsQueryCompatible", "endpointPrefix", "jsonVersion", "protocol", "protocols",
    "serviceFullName", "serviceId", "signatureVersion", "signingName", "targetPrefix",
    "xmlNamespace",
)  # fmt: skip
MEMBER_KEYS = (
    "shape", "location", "locationName", "queryName", "streaming", "xmlAttribute", "xmlNamespace",
    "flattened", "idempotencyToken", "hostLabel",
)  # fmt: skip


def main(arguments: list[str]) -> int:
    """Write the digests, or with --check say whether the committed ones are fresh."""
    stale = 0
    for service, folder in SERVICES.items():
        fresh = render(digest(part(read_model(folder), PARTS.get(service))))
        target = FOLDER / f"{service}.json"
        if "--check" in arguments:
            if not target.is_file() or target.read_text() != fresh:
                print(f"{target} is stale; run python tools/digest_models.py")
                stale = 1
        else:
            target.write_text(fresh)
            print(f"{target}: {len(fresh)} characters")
    return stale


def read_model(folder: str) -> dict[str, Any]:
    """A raw model of the installed botocore, which must be the pinned one."""
    import botocore  # type: ignore[import-untyped]

    if botocore.__version__ != BOTOCORE_VERSION:
        raise SystemExit(f"botocore {BOTOCORE_VERSION} is pinned, found {botocore.__version__}")
    source = Path(botocore.__file__).parent / "data" / folder / "service-2.json.gz"
    model: dict[str, Any] = json.loads(gzip.decompress(source.read_bytes()))
    return model


def part(model: dict[str, Any], names: tuple[str, ...] | None) -> dict[str, Any]:
    """A raw model with only those operations, and the shapes that they need."""
    if names is None:
        return model
    operations = {name: op for name, op in model["operations"].items() if name in names}
    needed: set[str] = set()
    _mark(model["shapes"], operations, needed)
    shapes = {name: shape for name, shape in model["shapes"].items() if name in needed}
    return {**model, "operations": operations, "shapes": shapes}


def _mark(shapes: dict[str, Any], within: Any, needed: set[str]) -> None:
    """Note every shape that is named somewhere inside."""
    if isinstance(within, list):
        for each in within:
            _mark(shapes, each, needed)
    if not isinstance(within, dict):
        return
    name = within.get("shape")
    if isinstance(name, str) and name not in needed:
        needed.add(name)
        _mark(shapes, shapes[name], needed)
    for each in within.values():
        _mark(shapes, each, needed)


def digest(model: dict[str, Any]) -> dict[str, Any]:
    """What Jedlik needs of a raw model."""
    return {
        "botocore": BOTOCORE_VERSION,
        "metadata": _keep(model["metadata"], METADATA_KEYS),
        "operations": {name: _operation(op) for name, op in model["operations"].items()},
        "shapes": {name: _shape(shape) for name, shape in model["shapes"].items()},
    }


def render(digested: dict[str, Any]) -> str:
    """JSON with a line per operation and shape: small, and readable in a diff."""
    sections = []
    for name, section in digested.items():
        if name in ("operations", "shapes"):
            lines = ",\n".join(f"{_json(key)}:{_json(value)}" for key, value in section.items())
            sections.append(f"{_json(name)}:{{\n{lines}\n}}")
        else:
            sections.append(f"{_json(name)}:{_json(section)}")
    return "{" + ",\n".join(sections) + "}\n"


def _operation(op: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {"http": op["http"]}
    for part in ("input", "output"):
        if part in op:
            kept[part] = op[part]["shape"]
    if "resultWrapper" in op.get("output", {}):
        kept["resultWrapper"] = op["output"]["resultWrapper"]
    if "authtype" in op:
        kept["authtype"] = op["authtype"]
    kept["errors"] = [error["shape"] for error in op.get("errors", ())]
    return kept


def _shape(shape: dict[str, Any]) -> dict[str, Any]:
    kept = _keep(shape, SHAPE_KEYS)
    if "members" in kept:
        kept["members"] = {name: _member(member) for name, member in kept["members"].items()}
    for part in ("member", "key", "value"):
        if part in kept:
            kept[part] = _member(kept[part])
    return kept


def _member(member: dict[str, Any]) -> Any:
    """A member is its shape's name, or a dict if there is more to say about it."""
    kept = _keep(member, MEMBER_KEYS)
    return kept["shape"] if len(kept) == 1 else kept


def _keep(source: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: source[key] for key in keys if key in source}


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
