"""The context of the present work."""

from __future__ import annotations

import pytest
from flask import g

from app.context import extension, request_values
from app.web.application import Application


def test_extension_is_that_of_the_innermost_context() -> None:
    outer, inner = Application("outer"), Application("inner")
    outer.extensions["name"], inner.extensions["name"] = "outer", "inner"
    with outer.app_context():
        with inner.app_context():
            assert extension("name") == "inner"
        assert extension("name") == "outer"
    with pytest.raises(LookupError):
        extension("name")


def test_request_values_are_those_of_flask() -> None:
    with Application("app").test_request_context():
        assert request_values() is g._get_current_object()


def test_extension_is_found_by_functions_at_the_end_of_a_context() -> None:
    application, found = Application("app"), []
    application.extensions["name"] = "app"
    application.teardown_appcontext(lambda _error: found.append(extension("name")))
    with application.app_context():
        pass
    assert found == ["app"]
