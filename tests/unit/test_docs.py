"""What the pages point to is there: other pages, their headings, and the project's own files."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    page for place in ("*.md", "docs/**/*.md", "*/README.md", "charts/*/README.md") for page in sorted(ROOT.glob(place))
]
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


def test_every_promise_names_tests_that_are_there() -> None:
    named = list(_tests(ROOT / "docs/proved.md"))
    assert named
    assert [str(test) for test in named if not (ROOT / test).is_file()] == []
