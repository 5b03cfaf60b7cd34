"""Links lead somewhere, and no file knows the machine it was written on."""

import functools
import re
from pathlib import Path

import pytest

from tests.product import ROOT, written_by_hand

PAGES = written_by_hand({".md"})
READABLE = written_by_hand(
    {
        *(".py", ".md", ".toml", ".yaml", ".yml", ".json", ".sh", ".sql", ".html", ".css", ".js"),
        *(".lock", ".txt", ".mako", ".svg", ".cfg", ".ini"),
    }
) + [ROOT / name for name in ("Makefile", ".ci/run", "LICENSE", ".gitignore")]

LINK = re.compile(r"!?\[(?:[^\]\[]|\[[^\]]*\])*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
FOREIGN = re.compile(r"^(https?:|mailto:)")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)

# Put together here, so that this file is not the first to hold them.
MACHINE_PATHS = [
    "/".join(["", *parts, ""]) for parts in (("work", "main"), ("work", "shared"), ("root",))
]
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("repo1", "maven", "org"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
    )
]


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@functools.cache
def prose(page: Path) -> str:
    """A page without its code, where brackets mean something else."""
    return re.sub(
        r"`[^`\n]*`", lambda code: code[0].replace("[", "("), FENCED.sub("", page.read_text())
    )


@functools.cache
def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    found: dict[str, int] = {}
    text = FENCED.sub("", page.read_text())
    for heading in re.findall(r"^#{1,6}\s+(.+?)\s*#*$", text, re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        found[slug] = found.get(slug, -1) + 1
    again = {f"{slug}-{n}" for slug, most in found.items() for n in range(1, most + 1)}
    return set(found) | again | set(re.findall(r'<a (?:id|name)="([^"]+)"', text))


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere."""
    wrong = []
    for target in LINK.findall(prose(page)):
        if FOREIGN.match(target):
            continue
        path, _, anchor = target.partition("#")
        leads_to = (page.parent / path).resolve() if path else page
        there = leads_to.is_relative_to(ROOT) and leads_to.exists()
        if not there or (anchor and anchor not in anchors(leads_to)):
            wrong.append(target)
    return wrong


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_and_anchors_lead_somewhere(page):
    assert broken(page) == []


def test_every_page_of_docs_can_be_reached_from_its_index():
    index = ROOT / "docs" / "README.md"
    reached, waiting = set(), [index]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md" or not page.is_file():
            continue
        reached.add(page)
        targets = [t.partition("#")[0] for t in LINK.findall(prose(page)) if not FOREIGN.match(t)]
        waiting += [(page.parent / target).resolve() for target in targets if target]
    assert {named(p) for p in PAGES if p.is_relative_to(ROOT / "docs")} <= {
        named(p) for p in reached
    }


def test_no_page_is_empty():
    assert [named(page) for page in PAGES if len(page.read_text().split()) < 20] == []


def test_no_file_names_the_machine_it_was_written_on_or_a_registry():
    words = MACHINE_PATHS + REGISTRIES
    found = {
        (named(file), word)
        for file in READABLE
        if file.is_file()
        for word in words
        if word in file.read_text(errors="replace")
    }
    assert found == set()


def test_a_broken_link_and_a_missing_anchor_are_found(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.docs.test_links.ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text(
        "# One two\n\n[a](gone.md) [b](#one-two) [c](#three) [d](https://example.com)\n"
    )
    assert broken(page) == ["gone.md", "#three"]
