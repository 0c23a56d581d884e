"""Each benchmark replaces its own part of the report."""

from __future__ import annotations

from bench.sections import with_section, with_sections_of


def test_a_section_replaces_only_itself() -> None:
    report = with_section("# Performance\n\n## GetItem\n", "one", "## One\n\n1")
    report = with_section(report, "two", "## Two")
    again = with_section(report, "one", "## One\n\n2\n")
    assert again.startswith("# Performance\n\n## GetItem\n\n<!-- ")
    assert again.count("## One") == 1
    assert "\n2\n" in again
    assert "## Two" in again
    assert with_section(again, "one", "## One\n\n2\n") == again


def test_a_new_report_keeps_the_sections() -> None:
    former = with_section("# Performance\n\nold\n", "one", "## One")
    fresh = with_sections_of("# Performance\n\nnew\n", former)
    assert "old" not in fresh
    assert fresh.endswith("<!-- one -->\n## One\n<!-- /one -->\n")
    assert with_sections_of("# Performance\n", "") == "# Performance\n"
