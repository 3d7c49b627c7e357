"""What the pages point to is there: other pages, their headings, and the project's own files. So are the pages that
code points to."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    page for place in ("*.md", "docs/**/*.md", "*/README.md", "charts/*/README.md") for page in sorted(ROOT.glob(place))
]
THEIRS = {
    "docs/configuration.md",
    "docs/driver-parameters.md",
    "docs/guide/ingress/annotations.md",
    "docs/storage/prometheus.md",
    "docs/tagging.md",
}
"""Pages of other projects, as comments cite them."""
FOLDERS = "tests|components|stacks|ops|services|charts|sandbox|configs|dashboards|docs"


def _named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _anchors(page: Path) -> set[str]:
    """Of each heading, as GitHub makes it."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _tests(page: Path) -> Iterator[Path]:
    """The tests that a page names: one without a folder is in the folder of the one before it, within a line."""
    for line in page.read_text().splitlines():
        folder = Path()
        for name in re.findall(r"`((?:tests/)?[\w/]*test_\w+\.py)`", line):
            folder = Path(name).parent if "/" in name else folder
            yield folder / Path(name).name


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_every_link_leads_to_a_page_and_a_heading_that_are_there(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if link.startswith("http"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in _anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_every_file_of_the_project_that_a_page_names_is_there(page: Path) -> None:
    for path in re.findall(rf"`((?:{FOLDERS})/[\w./-]+)`", page.read_text()):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("index", sorted(ROOT.glob("docs/*/README.md")), ids=_named)
def test_a_folders_first_page_leads_to_every_other(index: Path) -> None:
    leads = re.findall(r"\]\(([\w-]+\.md)[)#]", index.read_text())
    assert {*leads, index.name} == {page.name for page in index.parent.glob("*.md")}


def test_every_page_that_code_names_is_there() -> None:
    """In a message or a comment, where no link shows that the page went."""
    command = ["git", "grep", "-ohE", r"docs/[A-Za-z0-9/_-]+\.md", "--", ":!*.md", ":!tests/unit/test_docs.py"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert [page for page in sorted(set(found) - THEIRS) if not (ROOT / page).is_file()] == []


def test_every_promise_names_tests_that_are_there() -> None:
    pages = sorted(ROOT.glob("docs/proved/*.md"))
    named = [test for page in pages for test in _tests(page)]
    assert named
    assert [str(test) for test in named if not (ROOT / test).is_file()] == []
