"""Walking pages as a person without JavaScript does: read, fill in, press a button, follow."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


@dataclass
class PageForm:
    """A form as the page holds it: where it goes, its values and buttons.

    A box that is not ticked has no value.
    """

    action: str
    values: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(PageForm(given.get("action", "")))
        elif given.get("type") == "checkbox" and "checked" not in given:
            return
        elif tag == "input" and self.forms and given.get("name"):
            self.forms[-1].values[given["name"]] = given.get("value", "")
        elif tag == "button" and self.forms and given.get("type", "submit") == "submit":
            self.forms[-1].buttons.append((given.get("name", ""), given.get("value", "")))


class Page:
    """An answer, with what a person can do on it."""

    def __init__(self, walker: Walker, response: TestResponse, address: str) -> None:
        self.walker = walker
        self.response = response
        self.address = address

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def html(self) -> str:
        """The markup, without the break opportunities in long words, which nobody reads."""
        markup = self.response.get_data(as_text=True).replace("<wbr>", "")
        return re.sub(r'<span class="sa-long">(.*?)</span>', r"\1", markup)

    @property
    def text(self) -> str:
        """Return the text of the page, in one line."""
        body = re.sub(r"<(script|style|title)\b.*?</\1>", " ", self.html, flags=re.DOTALL)
        return _text(body)

    @property
    def heading(self) -> str:
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.html, flags=re.DOTALL)
        return (
            " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found.group(1))).split())
            if found
            else ""
        )

    @property
    def title(self) -> str:
        found = re.search(r"<title>(.*?)</title>", self.html, flags=re.DOTALL)
        return " ".join(html.unescape(found.group(1)).split()) if found else ""

    def forms(self) -> list[PageForm]:
        parser = _Forms()
        parser.feed(self.html)
        return parser.forms

    def form(self, action: str = "") -> PageForm:
        """The first form whose address contains `action`."""
        return next(form for form in self.forms() if action in form.action)

    def submit(
        self, form: str = "", button: str | None = None, follow: bool = True, **values: str
    ) -> Page:
        """Fill in the first form whose address contains `form` and press its (first) button."""
        chosen = self.form(form)
        data = {**chosen.values, **values}
        pressed = [each for each in chosen.buttons if button is None or each[0] == button][:1]
        data.update({name: value for name, value in pressed if name})
        return self.walker.post(urljoin(self.address, chosen.action), data, follow=follow)

    def link(self, text: str) -> str:
        """The address behind the link that reads so."""
        for found in re.finditer(
            r'<a\b[^>]*href="([^"]*)"[^>]*>(.*?)</a>', self.html, flags=re.DOTALL
        ):
            if text in " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found.group(2))).split()):
                return urljoin(self.address, html.unescape(found.group(1)))
        raise AssertionError(f"no link {text!r} on {self.address}: {self.text}")


def _text(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


class Walker:
    """One browser. Redirects are followed one by one, so that every answer is seen."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.seen: list[TestResponse] = []

    def get(self, address: str, follow: bool = True, **headers: str) -> Page:
        response = self.client.get(address, headers=headers)
        return self._arrive(response, address, follow)

    def post(self, address: str, data: dict[str, str], follow: bool = True) -> Page:
        response = self.client.post(address, data=data)
        return self._arrive(response, address, follow)

    def _arrive(self, response: TestResponse, address: str, follow: bool) -> Page:
        self.seen.append(response)
        for _ in range(10):
            if not follow or response.status_code not in {301, 302, 303}:
                break
            address = urljoin(address, response.headers["Location"])
            target = urlsplit(address)
            response = self.client.get(f"{target.path}?{target.query}".rstrip("?"))
            self.seen.append(response)
        return Page(self, response, address)
