"""The application's class: addresses that are built once."""

from __future__ import annotations

from flask import Flask, url_for


def test_url_for_returns_the_path_within_requests_and_the_host_outside(app: Flask) -> None:
    pages = {"sign_in.start": "/sign-in", "information.help_page": "/help"}
    for _ in range(2):
        for method in ("GET", "POST"):
            with app.test_request_context("/sign-in", method=method):
                assert {name: url_for(name) for name in pages} == pages
                assert url_for("static", filename="a.css") == "/static/a.css"
                assert url_for("static", filename="b.css") == "/static/b.css"
                assert url_for("sign_in.start", journey="1") == "/sign-in?journey=1"
                assert url_for("sign_in.start", _anchor="email") == "/sign-in#email"
                assert url_for("sign_in.start", _external=True).endswith(":8000/sign-in")
        assert (
            url_for("sign_in.start")
            == f"{app.config['PREFERRED_URL_SCHEME']}://localhost:8000/sign-in"
        )


def test_url_for_keeps_no_address_of_a_request_to_another_host(app: Flask) -> None:
    with app.test_request_context("/", base_url="http://elsewhere.example"):
        url_for("information.help_page")
    with app.test_request_context("/"):
        assert url_for("information.help_page") == "/help"
