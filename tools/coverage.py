"""Write docs/coverage.md, the table of operations that are there.

python tools/coverage.py [--check]
"""

from __future__ import annotations

import sys
from pathlib import Path

from jedlik.api import load_registry
from jedlik.api.coverage import render
from jedlik.services import (
    applicationautoscaling,
    athena,
    cloudwatch,
    dax,
    dynamodb,
    dynamodbstreams,
    firehose,
    glue,
    iam,
    kinesis,
    logs,
    s3,
    sts,
)

FILE = Path(__file__).resolve().parent.parent / "docs" / "coverage.md"


def main(arguments: list[str]) -> int:
    """Write the page, or with --check say whether the committed one is fresh."""
    services = [
        dynamodb,
        dynamodbstreams,
        dax,
        iam,
        kinesis,
        firehose,
        sts,
        cloudwatch,
        applicationautoscaling,
        s3,
        logs,
        athena,
        glue,
    ]
    fresh = render(load_registry(services))
    if "--check" not in arguments:
        FILE.write_text(fresh)
        return 0
    if FILE.is_file() and FILE.read_text() == fresh:
        return 0
    print(f"{FILE} is stale; run python tools/coverage.py")
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
