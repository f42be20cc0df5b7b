"""Terms are rendered from Markdown, and nothing that could act gets through."""

from html.parser import HTMLParser

import pytest

from approvals.terms import defaults, markdown


class Elements(HTMLParser):
    """Return the elements that a browser would make of the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def test_title_is_the_first_heading_which_html_omits() -> None:
    text = "# Terms of use\n\nBe kind.\n\n## Data\n\n* Lock it\n"
    assert markdown.title(text, "none") == "Terms of use"
    assert markdown.title("Be kind.", "none") == "none"
    assert markdown.html(text) == (
        '<p class="govuk-body">Be kind.</p>\n<h2 class="govuk-heading-m">Data</h2>\n'
        '<ul class="govuk-list govuk-list--bullet">\n<li>Lock it</li>\n</ul>\n'
    )


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,x)",
        "![x](https://elsewhere.example/pixel.png)",
        '<img src=x onerror="alert(1)">',
        '[x](https://a.example "title onclick=alert(1)")',
        '<https://a.example/"onmouseover=alert(1)>',
    ],
)
def test_html_drops_scripts_and_loaded_content(text: str) -> None:
    found = Elements(markdown.html(text)).found
    assert {tag for tag, _attributes in found} <= markdown.TAGS
    for tag, attributes in found:
        assert set(attributes) <= {"class", "href", "rel"}
        if tag == "a":
            assert attributes["href"].startswith(("https://", "mailto:"))


def test_html_links_send_no_referrer() -> None:
    html = markdown.html("[Law](https://law.example/a?b=1&c=2)")
    assert 'href="https://law.example/a?b=1&amp;c=2"' in html
    assert 'rel="noopener noreferrer"' in html


def test_shipped_texts_have_one_first_level_heading() -> None:
    for path in defaults.TEXTS.glob("*.md"):
        text = path.read_text(encoding="utf-8")
        assert markdown.title(text, "").startswith("Terms of use of")
        assert len(markdown.HEADING.findall(text)) == 1
