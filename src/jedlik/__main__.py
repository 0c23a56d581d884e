"""`python -m jedlik` and the `jedlik` command."""

from __future__ import annotations

import sys


def main() -> None:
    if sys.argv[1:2] == ["start"]:
        from jedlik import starting

        code = starting.run(sys.argv[2:])
        if code is not None:
            sys.exit(code)
    from jedlik.cli import jedlik

    jedlik(prog_name="jedlik")


if __name__ == "__main__":
    main()
