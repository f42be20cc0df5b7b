"""How rooms become an application."""

from __future__ import annotations

import pytest
from flask import Flask, current_app

from app.composition import ExtensionPoint, Room, compose
from app.web.application import Application


@pytest.fixture
def site() -> Flask:
    return Application("site")


def test_compose_adds_values_in_the_order_of_the_rooms(site: Flask) -> None:
    letters = ExtensionPoint[str]("letters")
    compose(site, [Room("first", letters("a", "b")), Room("second", letters("c"))])
    with site.app_context():
        assert letters.values() == ["a", "b", "c"]


def test_extension_point_is_empty_in_an_application_to_which_nothing_was_added(
    site: Flask,
) -> None:
    letters = ExtensionPoint[str]("letters")
    letters.add(Application("other"), "a")
    with site.app_context():
        assert letters.values() == []


def test_extension_point_refuses_a_name_that_is_taken(site: Flask) -> None:
    letters = ExtensionPoint[str]("letters", named=str.upper)
    with pytest.raises(ValueError, match="letters: A is added twice"):
        compose(site, [Room("first", letters("a")), Room("second", letters("A"))])


def test_extension_point_finds_a_value_by_its_name(site: Flask) -> None:
    letters = ExtensionPoint[str]("letters", named=str.upper)
    compose(site, [Room("first", letters("a", "b"))])
    with site.app_context():
        assert letters.by_name()["B"] == "b"


def test_extension_point_acts_on_a_value_when_it_is_added(site: Flask) -> None:
    letters = ExtensionPoint[str](
        "letters", added=lambda app, letter: app.config.update({letter: True})
    )
    compose(site, [Room("first", letters("A"))])
    assert site.config["A"] is True


def test_parts_of_a_room_run_inside_the_context_of_the_application(site: Flask) -> None:
    found = []
    compose(site, [Room("first", lambda _app: found.append(current_app.name))])
    assert found == ["site"]
