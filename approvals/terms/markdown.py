"""Terms of use as a page shows them: Markdown rendered, then cleaned."""

import re
from functools import lru_cache

import nh3

TAGS = {"h2", "h3", "h4", "p", "ul", "ol", "li", "strong", "em", "a", "br", "hr", "blockquote"}
CLASSES = {
    "h2": "govuk-heading-m",
    "h3": "govuk-heading-s",
    "h4": "govuk-heading-s",
    "p": "govuk-body",
    "ul": "govuk-list govuk-list--bullet",
    "ol": "govuk-list govuk-list--number",
    "a": "govuk-link",
    "hr": "govuk-section-break govuk-section-break--m govuk-section-break--visible",
    "blockquote": "govuk-inset-text",
}
HEADING = re.compile(r"^#\s+(?P<title>.+?)\s*#*\s*$", re.MULTILINE)


def title(text: str, otherwise: str) -> str:
    """Return the text's first heading of the first level."""
    match = HEADING.search(text)
    return match["title"] if match else otherwise


@lru_cache(maxsize=64)
def html(text: str) -> str:
    """Return safe HTML with the classes of the design system; the first-level heading is left out.

    That heading is the page's own. HTML in the text is shown as text, never passed on.
    """
    from markdown_it import MarkdownIt

    body = HEADING.sub("", text, count=1)
    rendered = MarkdownIt("commonmark", {"html": False}).render(body)
    rendered = rendered.replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    clean = nh3.clean(
        rendered,
        tags=TAGS,
        attributes={"a": {"href"}, "*": set()},
        url_schemes={"https", "mailto"},
        link_rel="noopener noreferrer",
    )
    for tag, classes in CLASSES.items():
        clean = re.sub(rf"<{tag}(?=[\s>])", f'<{tag} class="{classes}"', clean)
    return clean
