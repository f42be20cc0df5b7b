"""Break opportunities in the long words of finished pages."""

from __future__ import annotations

import pytest
from flask import Flask, Response, redirect, render_template_string
from flask.typing import ResponseReturnValue

from app.web import long_words
from app.web.authorisation import anyone, permit
from app.web.long_words import with_breaks

ADDRESS = "jo.juniper-and-colleagues_office@langworth-down.demo.example"
SURNAME = "Featherstonehaugh" * 4


def test_with_breaks_breaks_address_at_its_punctuation() -> None:
    assert with_breaks(f"<p>to {ADDRESS}.</p>") == (
        "<p>to jo<wbr>.juniper-<wbr>and-<wbr>colleagues<wbr>_office<wbr>@langworth-<wbr>down"
        "<wbr>.demo<wbr>.example.</p>"
    )


def test_with_breaks_lets_piece_without_punctuation_break_anywhere() -> None:
    assert with_breaks(f"<h1>{SURNAME}</h1>") == f'<h1><span class="sa-long">{SURNAME}</span></h1>'


@pytest.mark.parametrize(
    "page",
    [
        "<p>office@langworth.demo.example</p>",
        f'<a href="mailto:{ADDRESS}" title="{SURNAME}">Write</a>',
        f"<title>{SURNAME}</title>",
        f"<option selected>{SURNAME}</option>",
        f"<textarea>{ADDRESS}</textarea>",
        f"<pre><code>{SURNAME}</code></pre>",
        f"<script>{ADDRESS}</script>",
        f"<!-- {SURNAME} -->",
        "<p>" + "&#39;" * 20 + "</p>",
    ],
)
def test_with_breaks_leaves_short_words_and_attributes_and_plain_text_elements(page: str) -> None:
    assert with_breaks(page) == page


def test_with_breaks_keeps_character_references_whole() -> None:
    assert "&amp;" in with_breaks(f"<p>{'a' * 40}&amp;{'b' * 40}</p>")
    assert "&#39;" in with_breaks(f"<p>O&#39;{'b' * 40}</p>")


def test_pages_get_breaks_in_printed_values(app: Flask) -> None:
    @app.get("/long")
    @permit(anyone)
    def page() -> str:
        return render_template_string("<p>{{ address }}</p>", address=ADDRESS)

    assert "<wbr>@langworth" in app.test_client().get("/long").get_data(as_text=True)


def test_responses_that_are_no_pages_get_no_breaks() -> None:
    app = Flask(__name__)
    long_words.install(app)

    @app.get("/text")
    def text() -> Response:
        return Response(ADDRESS, mimetype="text/plain")

    @app.get("/elsewhere")
    def elsewhere() -> ResponseReturnValue:
        return redirect(f"https://service.example/{SURNAME}")

    client = app.test_client()
    assert client.get("/text").get_data(as_text=True) == ADDRESS
    assert "<wbr>" not in client.get("/elsewhere").get_data(as_text=True)
