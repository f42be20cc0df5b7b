"""Provider and rights together: what tokens say, and that they follow every change of rights."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.clock import now
from app.database import db, writing
from approvals.access_model import loading
from approvals.memberships.actions import (
    change_user_group,
    remove_member,
    restore_member,
    suspend_member,
)
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from approvals.terms import defaults
from approvals.terms.actions import publish
from identity.ports import approvals
from identity.sessions.cookies import SESSION, cookie_name
from identity.sessions.levels import PHISHING_RESISTANT
from tests.approvals import world
from tests.approvals.decision.world import SCHOOL_PERFORMANCE
from tests.identity.oidc import signing_keys
from tests.identity.oidc.relying_party import RelyingParty, arrived, register, walk
from tests.races import race

SCOPE = "openid email organisation access"


@pytest.fixture
def school(app: Flask) -> Organisation:
    """A school, in a database as `secure-access setup` leaves it."""
    signing_keys.ready()
    made = world.school()
    defaults.publish_first()
    return made


@pytest.fixture
def ann(school: Organisation) -> Membership:
    """School Named, with every terms of use accepted."""
    member = world.member(school, "ann@ashfield.example", "School_Named")
    _accept_terms(member)
    return member


@pytest.fixture
def rp(school: Organisation, app: Flask) -> RelyingParty:
    registration = register(
        client_name="School Performance",
        service=world.SERVICE,
        scope=f"{SCOPE} offline_access remits:read",
    )
    return RelyingParty(app.test_client(), registration)


@pytest.fixture
def browser(app: Flask, ann: Membership) -> FlaskClient:
    return _browser(app, ann)


def _browser(app: Flask, member: Membership) -> FlaskClient:
    client = app.test_client()
    client.set_cookie(cookie_name(SESSION), world.session_of(world.who(member)))
    return client


def _accept_terms(member: Membership) -> None:
    person = world.who(member)
    due = approvals().terms_due(person, world.SERVICE, now(), newly=True)
    with writing():
        approvals().accept_terms(person, [terms.id for terms in due], "test", now())


def _said(rp: RelyingParty, tokens: dict[str, Any]) -> dict[str, Any]:
    return rp.verified(tokens["access_token"])


def test_access_token_names_person_organisation_capabilities_and_remit(
    rp: RelyingParty, browser: FlaskClient, school: Organisation
) -> None:
    claims = _said(rp, rp.tokens(browser, scope=SCOPE))
    assert claims["user_group"] == {"code": "School_Named", "name": "School Named"}
    assert set(claims["capabilities"]) == {
        "view_pupil_names",
        "download_pupil_data",
        "upload_data",
        "print_reports",
    }
    assert claims["environment"] == "live"
    assert (claims["remit"]["kind"], claims["remit"]["count"]) == ("own", 1)
    assert claims["remit"]["schools"] == [school.urn]
    assert claims["organisation"]["id"] == school.public_id
    assert claims["terms"]["version"] == 1


def test_RT_08_reduced_user_group_ends_the_old_tokens_and_reduces_the_next(
    rp: RelyingParty, browser: FlaskClient, ann: Membership
) -> None:
    tokens = rp.tokens(browser, scope=SCOPE)
    change_user_group(ann, service=world.SERVICE, user_groups=["School_Anon"], actor=world.COMMAND)
    assert rp.introspect(tokens["access_token"]) == {"active": False}
    assert rp.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert _said(rp, rp.tokens(browser, scope=SCOPE))["capabilities"] == ["print_reports"]


def test_level_that_a_user_group_demands_from_now_on_counts_at_the_next_refresh(
    rp: RelyingParty, browser: FlaskClient, tmp_path: Path
) -> None:
    tokens = rp.tokens(browser, scope=SCOPE)
    demanding = tmp_path / SCHOOL_PERFORMANCE.name
    text = SCHOOL_PERFORMANCE.read_text()
    line = 'code = "School_Named"\n'
    demanding.write_text(text.replace(line, f'{line}minimum_acr = "{PHISHING_RESISTANT}"\n'))
    loading.load([demanding])
    answer = rp.refresh(tokens["refresh_token"]).get_json()
    assert answer["error"] == "invalid_grant"
    assert f"acr_values={PHISHING_RESISTANT}" in answer["error_description"]
    loading.load([SCHOOL_PERFORMANCE])
    assert "access_token" in rp.refresh(tokens["refresh_token"]).get_json()


def test_removal_ends_userinfo_introspection_and_refresh_at_once(
    rp: RelyingParty, browser: FlaskClient, ann: Membership
) -> None:
    tokens = rp.tokens(browser, scope=SCOPE)
    assert rp.introspect(tokens["access_token"])["active"] is True
    remove_member(ann, actor=world.COMMAND)
    assert rp.userinfo(tokens["access_token"]).status_code == 401
    assert rp.introspect(tokens["access_token"]) == {"active": False}
    assert rp.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"


def test_suspension_ends_userinfo_introspection_refresh_and_code_until_it_is_restored(
    app: Flask, rp: RelyingParty, browser: FlaskClient, school: Organisation, ann: Membership
) -> None:
    head = world.member(school, "hal@ashfield.example", approver=True)
    tokens = rp.tokens(browser, scope=SCOPE)
    code = rp.code(browser, scope=SCOPE)
    suspend_member(ann, reason="Long leave", actor=world.acting(head))
    assert rp.userinfo(tokens["access_token"]).status_code == 401
    assert rp.introspect(tokens["access_token"]) == {"active": False}
    assert rp.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert rp.redeem(code).get_json()["error"] == "invalid_grant"
    assert "waits for an approver" in _browser(app, ann).get(
        rp.request(scope=SCOPE), follow_redirects=True
    ).get_data(as_text=True)
    restore_member(ann, actor=world.acting(head))
    assert rp.introspect(tokens["access_token"]) == {"active": False}
    assert rp.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert _said(rp, rp.tokens(_browser(app, ann), scope=SCOPE))["user_group"]["code"] == (
        "School_Named"
    )


def test_suspension_and_refresh_at_once_leave_no_token_that_works(
    app: Flask, rp: RelyingParty, browser: FlaskClient, school: Organisation, ann: Membership
) -> None:
    head = world.member(school, "hal@ashfield.example", approver=True)
    families = [rp.tokens(browser, scope=SCOPE) for _ in range(8)]
    person, actor = ann.id, world.acting(head)

    def act(number: int) -> dict[str, Any]:
        if number == 20:
            suspend_member(db.session.get_one(Membership, person), reason="Long leave", actor=actor)
        found: dict[str, Any] = rp.refresh(
            families[number % len(families)]["refresh_token"]
        ).get_json()
        return found

    for answer in race(app, act):
        if "access_token" in answer:
            assert rp.introspect(answer["access_token"]) == {"active": False}


def test_removal_from_one_organisation_leaves_the_other(
    app: Flask, rp: RelyingParty, school: Organisation, ann: Membership
) -> None:
    other = world.organisation("Birchfield School", urn="100002")
    second = world.member(other, "ann@ashfield.example", "School_Anon")
    browser = _browser(app, ann)
    tokens: dict[str, dict[str, Any]] = {}
    for where in (school, other):
        page = walk(browser, rp.request(scope=SCOPE, prompt="select_account"))
        code = arrived(page.submit(organisation=where.public_id))["code"]
        tokens[where.public_id] = rp.redeem(code).get_json()
    remove_member(second, actor=world.COMMAND)
    assert rp.introspect(tokens[other.public_id]["access_token"]) == {"active": False}
    assert rp.introspect(tokens[school.public_id]["access_token"])["active"] is True


def test_PR_14_terms_published_meanwhile_are_due_before_code_and_refresh(
    rp: RelyingParty, browser: FlaskClient, ann: Membership
) -> None:
    tokens = rp.tokens(browser, scope=SCOPE)
    code = rp.code(browser, scope=SCOPE)
    publish(
        "# New terms",
        service=world.SERVICE,
        accept_again=True,
    )
    assert rp.redeem(code).get_json()["error"] == "invalid_grant"
    assert rp.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert rp.authorize(browser, scope=SCOPE, prompt="none")["error"] == "interaction_required"
    _accept_terms(ann)
    assert _said(rp, rp.tokens(browser, scope=SCOPE))["terms"]["version"] == 2


def test_AZ_21_person_without_access_gets_a_page_and_no_code(
    app: Flask, rp: RelyingParty, school: Organisation
) -> None:
    nobody = world.member(school, "bob@ashfield.example")
    _accept_terms(nobody)
    answer = _browser(app, nobody).get(rp.request(scope=SCOPE), follow_redirects=True)
    assert "code=" not in answer.request.url
    assert world.audited("service.entry_refused")


def test_RT_01_reused_refresh_token_is_mailed_to_operators_once_an_hour(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    olive = world.operator()
    for _ in range(2):
        token = rp.tokens(browser, scope=f"{SCOPE} offline_access")["refresh_token"]
        assert rp.refresh(token).status_code == 200
        for _again in range(2):
            assert rp.refresh(token).status_code == 400
    ((recipient, text),) = world.mails("clients/refresh_token_reused")
    assert recipient == olive.email
    assert "A refresh token of School Performance was used twice" in text
    assert f"/ops/clients/{rp.client_id}" in text
