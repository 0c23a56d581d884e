"""`python -m jedlik` and the `jedlik` command."""

from __future__ import annotations


def main() -> None:
    from jedlik.cli import jedlik

    jedlik(prog_name="jedlik")


if __name__ == "__main__":
    main()
