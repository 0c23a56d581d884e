"""The documents tell the truth: links lead somewhere, commands exist, tables are fresh."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+\s+(.*)$", re.MULTILINE)
# A name in backquotes that looks like a file of ours.
MENTION = re.compile(r"`((?:src|tests|docs|tools|bench|requirements|examples)/[\w./*-]+)`")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text()
    broken = []
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        file = (document.parent / path) if path else document
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_that_are_mentioned_exist(document: Path) -> None:
    missing = [
        mention
        for mention in MENTION.findall(document.read_text())
        if not any(ROOT.glob(mention.rstrip("/"))) and "…" not in mention
    ]
    assert not missing


def anchors(document: Path) -> set[str]:
    """As the hosting sites make them from headings."""
    words = (heading.lower().strip() for heading in HEADING.findall(document.read_text()))
    return {re.sub(r"[^\w\- ]", "", each).replace(" ", "-") for each in words}


def test_make_verbs_in_the_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for document in DOCUMENTS:
        named = set(re.findall(r"(?:^|`|\n)\s*make ([a-z]+)", document.read_text()))
        assert named <= targets, document


def test_jedlik_commands_and_flags_in_the_documents_exist() -> None:
    from jedlik.cli import COMMANDS, jedlik

    options: dict[str, set[str]] = {}
    for name in COMMANDS:
        command = jedlik.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        options[name] = {flag for parameter in command.params for flag in parameter.opts}
    pattern = re.compile(r"(?:^|[`/ ])jedlik ([a-z]+)((?: +[^`\n|]*)?)", re.MULTILINE)
    for document in (ROOT / "README.md", ROOT / "docs" / "running.md"):
        blocks = "\n".join(re.findall(r"```.*?```|`[^`\n]+`", document.read_text(), re.DOTALL))
        for name, rest in pattern.findall(blocks):
            assert name in COMMANDS, f"{document.name}: jedlik {name}"
            for flag in re.findall(r"(?<=\s)(--[a-z-]+)", rest):
                assert flag in options[name] | {"--help"}, f"{document.name}: jedlik {name} {flag}"


def test_every_setting_is_in_the_guide() -> None:
    from dataclasses import fields

    from jedlik import settings

    guide = (ROOT / "docs" / "running.md").read_text()
    missing = [
        settings.flag(each.name)
        for each in fields(settings.Settings)
        if f"`{settings.flag(each.name)}" not in guide
    ]
    assert not missing


def test_decisions_are_numbered_in_order() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [record.name[:4] for record in records]
    assert numbers == [f"{number:04}" for number in range(1, len(records) + 1)]
    for record, number in zip(records, numbers, strict=True):
        assert record.read_text().startswith(f"# {number}: "), record.name


def test_no_committed_file_names_a_package_registry_or_a_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, timeout=30
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    wrong = re.compile(
        "|".join([r"registry\.npm" + r"js", r"files\.python" + r"hosted", r"pypi\." + r"org",
                  "/work" + "/main", "/root" + "/"])
    )  # fmt: skip
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        file = ROOT / name
        if file.is_file() and wrong.search(file.read_bytes().decode("utf-8", "replace")):
            found.append(name)
    assert not found
