"""Results of GOV.UK components: kept where the parameters stand in the templates, else not."""

from __future__ import annotations

import pytest
from flask import Flask, render_template_string
from jinja2 import PackageLoader, meta
from jinja2.defaults import DEFAULT_NAMESPACE
from markupsafe import Markup

from app.web.component_results import MOST_RESULTS, PageEnvironment, Results

_BUTTON = """{% from "govuk_frontend_jinja/components/button/macro.html" import govukButton %}"""
_INPUT = """{% from "govuk_frontend_jinja/components/input/macro.html" import govukInput %}"""


@pytest.fixture
def results(app: Flask) -> Results:
    environment = app.jinja_env
    assert isinstance(environment, PageEnvironment)
    environment.results.kept.clear()
    return environment.results


def test_component_with_constant_parameters_is_rendered_once(app: Flask, results: Results) -> None:
    page = _BUTTON + """{{ govukButton({"text": "Send", "preventDoubleClick": true}) }}"""
    first = render_template_string(page)
    (key,) = results.kept
    assert "Send" in first
    results.kept[key] = "the kept one"
    assert render_template_string(page) == "the kept one"


@pytest.mark.parametrize("value", ["jane.doe@school.example", "123456", 271828, 2.5])
def test_component_with_a_persons_value_is_not_kept(
    app: Flask, results: Results, value: object
) -> None:
    page = _INPUT + (
        """{{ govukInput({"id": "x", "name": "x", "label": {"text": "Email"}, "value": value}) }}"""
    )
    assert str(value) in render_template_string(page, value=value)
    assert not any(str(value) in text for text in results.kept.values())
    assert not any(str(value) in repr(key) for key in results.kept)


def test_component_is_kept_for_constants_that_arrive_as_variables(
    app: Flask, results: Results
) -> None:
    page = _BUTTON + """{% set known = "Send" %}{{ govukButton({"text": text}) }}"""
    assert "Send" in render_template_string(page, text="Send")
    assert len(results.kept) == 1
    assert "Sendnow" in render_template_string(page, text="Sendnow")
    assert len(results.kept) == 1


def test_results_tell_text_from_markup(app: Flask, results: Results) -> None:
    page = _BUTTON + """{% set known = "<b>" %}{{ govukButton({"text": text}) }}"""
    assert "<b>" not in render_template_string(page, text="<b>")
    assert "<b>" in render_template_string(page, text=Markup("<b>"))
    assert "<b>" not in render_template_string(page, text="<b>")


def test_results_tell_one_from_true(results: Results) -> None:
    results.constants.update({1, "rows"})
    assert results.key_of({"rows": 1}) != results.key_of({"rows": True})
    assert results.key_of([]) != results.key_of({})


def test_results_are_bounded() -> None:
    results = Results()
    for number in range(2 * MOST_RESULTS):
        results.keep(number, "x")
    assert len(results.kept) == MOST_RESULTS
    results = Results()
    results.keep("long", "x" * 10_000_000)
    assert not results.kept


def test_components_depend_on_their_parameters_alone(app: Flask) -> None:
    names = [
        name
        for name in PackageLoader("govuk_frontend_jinja").list_templates()
        if name.startswith(("components/", "macros/")) and name.endswith(".html")
    ]
    ours = app.jinja_env.globals.keys() - DEFAULT_NAMESPACE.keys()
    assert len(names) > 30
    assert "csrf_token" in ours
    for name in names:
        source, _, _ = PackageLoader("govuk_frontend_jinja").get_source(app.jinja_env, name)
        # A macro is imported without the page's context: it reaches the environment's globals only.
        assert not ours & meta.find_undeclared_variables(app.jinja_env.parse(source)), name
