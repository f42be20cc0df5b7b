"""The context of the present work."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import g

from app.context import PerApplication, request_values
from app.web.application import Application


def test_value_per_application_is_that_of_the_innermost_context() -> None:
    outer, inner = Application("outer"), Application("inner")
    name = PerApplication("name", lambda: "made")
    name.replace(outer, "outer")
    name.replace(inner, "inner")
    with outer.app_context():
        with inner.app_context():
            assert name() == "inner"
        assert name() == "outer"
    with pytest.raises(LookupError):
        name()


def test_value_per_application_is_made_once_by_threads_that_want_it_at_the_same_time() -> None:
    application, made = Application("app"), []

    def make() -> int:
        time.sleep(0.01)
        made.append(1)
        return len(made)

    value = PerApplication("value", make)
    with ThreadPoolExecutor(20) as threads:
        assert list(threads.map(value.of, [application] * 20)) == [1] * 20
    assert len(made) == 1


def test_value_per_application_is_made_anew_after_it_was_forgotten() -> None:
    application, value = Application("app"), PerApplication("value", lambda: [1])
    first = value.of(application)
    value.forget(application)
    assert value.of(application) is not first


def test_request_values_are_those_of_flask() -> None:
    with Application("app").test_request_context():
        assert request_values() is g._get_current_object()


def test_value_per_application_is_found_by_functions_at_the_end_of_a_context() -> None:
    application, found = Application("app"), []
    name = PerApplication("name", lambda: "app")
    application.teardown_appcontext(lambda _error: found.append(name()))
    with application.app_context():
        pass
    assert found == ["app"]
