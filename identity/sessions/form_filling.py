"""Values filled into the forms of a finished page. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

_NOT_FILLED = frozenset({"hidden", "password", "file", "submit", "button", "reset", "image"})
Attributes = list[tuple[str, str | None]]


def fill_forms(page: str, path: str, fields: Sequence[tuple[str, str]]) -> str:
    """Return the page with these values in each form that is sent to `path` by POST.

    Hidden fields, passwords and codes stay as they are. A box or button of choice is selected
    where its value is among the fields.
    """
    filler = _Filler(path, fields)
    filler.feed(page)
    filler.close()
    return "".join(filler.parts)


class _Filler(HTMLParser):
    def __init__(self, path: str, fields: Sequence[tuple[str, str]]) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self._path = path
        self._fields: dict[str, list[str]] = {}
        for name, value in fields:
            self._fields.setdefault(name, []).append(value)
        self._filling = False
        self._select: str | None = None
        self._skipping = False

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        values = dict(attrs)
        if tag == "form":
            action = urlsplit(values.get("action") or self._path).path
            self._filling = (values.get("method") or "").lower() == "post" and action == self._path
        name = values.get("name") or ""
        if not self._filling or (name not in self._fields and tag != "option"):
            self._write(self.get_starttag_text() or "")
        elif tag == "input":
            self._input(name, attrs, values)
        elif tag == "textarea":
            self._write(self.get_starttag_text() or "")
            self._write("\n" + escape(self._next(name), quote=False))
            self._skipping = True
        elif tag == "option" and self._select in self._fields:
            chosen = values.get("value") in self._fields[self._select]
            self._write(_tag(tag, _with_flag(attrs, "selected", on=chosen)))
        else:
            self._write(self.get_starttag_text() or "")
        if tag == "select":
            self._select = name

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self.handle_starttag(tag, attrs)

    def _input(self, name: str, attrs: Attributes, values: dict[str, str | None]) -> None:
        kind = (values.get("type") or "text").lower()
        if kind in _NOT_FILLED or values.get("autocomplete") == "one-time-code":
            self._write(self.get_starttag_text() or "")
        elif kind in {"checkbox", "radio"}:
            chosen = (values.get("value") or "on") in self._fields[name]
            self._write(_tag("input", _with_flag(attrs, "checked", on=chosen)))
        else:
            others = [pair for pair in attrs if pair[0] != "value"]
            self._write(_tag("input", [*others, ("value", self._next(name))]))

    def _next(self, name: str) -> str:
        """Return the next value of that name; fields of one name are filled in their order."""
        remaining = self._fields[name]
        return remaining.pop(0) if len(remaining) > 1 else remaining[0]

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._skipping = False
        elif tag == "form":
            self._filling = False
        elif tag == "select":
            self._select = None
        self._write(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._write(data)

    def handle_entityref(self, name: str) -> None:
        self._write(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._write(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        self._write(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self._write(f"<!{decl}>")

    def _write(self, text: str) -> None:
        if not self._skipping:
            self.parts.append(text)


def _with_flag(attrs: Attributes, flag: str, *, on: bool) -> Attributes:
    others = [pair for pair in attrs if pair[0] != flag]
    return [*others, (flag, None)] if on else others


def _tag(name: str, attrs: Attributes) -> str:
    written = "".join(
        f" {key}" if value is None else f' {key}="{escape(value)}"' for key, value in attrs
    )
    return f"<{name}{written}>"
