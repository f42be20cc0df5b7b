"""Present and future access side by side, and user groups that can be told apart."""

from __future__ import annotations

import pytest
from flask import Flask

from app.clock import now
from approvals.access_model.definition import UserGroup
from approvals.access_model.loading import load_shipped
from approvals.memberships.catalogue import Catalogue
from approvals.memberships.comparison import compare
from approvals.organisations.kinds import Kind
from tests.approvals import world
from tests.approvals.world import browser, path


@pytest.fixture
def groups(app: Flask) -> dict[str, UserGroup]:
    """The user groups of a school, by code."""
    school = world.school()
    (offer,) = Catalogue(now()).offers(school)
    return {group.code: group for group in offer.groups}


def test_compare_lists_gained_lost_and_kept_lines(groups: dict[str, UserGroup]) -> None:
    lines = {
        each.text: (each.before, each.after)
        for each in compare([groups["School_Named"]], [groups["School_Anon"]])
    }
    assert lines["see pupil names"] == (True, False)
    assert lines["print reports and save them"] == (True, True)


def test_compare_with_no_access_shows_every_line(groups: dict[str, UserGroup]) -> None:
    group = groups["School_Governor"]
    lines = compare([group], [])
    assert {each.text for each in lines} == {*group.can, *group.cannot}
    assert not any(each.after for each in lines)


@pytest.mark.parametrize("kind", list(Kind))
def test_overview_distinguishes_offered_user_groups(app: Flask, kind: Kind) -> None:
    load_shipped()
    place = world.organisation(f"Place {kind.value}", kind=kind)
    approver = world.member(place, f"{kind.value}@ashfield.example", approver=True)
    page = browser(app, approver).get(path(place))
    texts = [
        page.text.split(f"{group.name}: ")[1].split(". Can ")[0]
        for offer in Catalogue(now()).offers(place)
        for group in offer.groups
    ]
    assert len(texts) == len(set(texts))
