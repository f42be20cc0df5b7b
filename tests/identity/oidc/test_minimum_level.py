"""The lowest level that a client, or a user group of its service, accepts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from approvals.access_model import schema
from approvals.access_model.definition import highest_minimum
from approvals.access_model.loading import scopes_of_kinds
from identity.oidc.client_administration import actions
from identity.oidc.token.endpoint import GRANT_TYPES
from identity.sessions.levels import ONE_FACTOR, PHISHING_RESISTANT, TWO_FACTORS
from tests.approvals.access_model.test_schema import LIBRARY
from tests.attacks.oidc.evidence import audited
from tests.identity.credentials.passkey_pages import WITH_PASSKEY, add_passkey, options_on
from tests.identity.oidc.browsers import signed_in_browser
from tests.identity.oidc.relying_party import RelyingParty, arrived, register, walk
from tests.identity.oidc.rights import Rights, entrance
from tests.identity.people import PASSWORD, Person
from tests.identity.walking import Page, Walker

CODE = "to continue to Reports Enter the 6-digit code"


def client_of(provider: Flask, minimum: str | None) -> RelyingParty:
    members = {} if minimum is None else {"minimum_acr": minimum}
    return RelyingParty(provider.test_client(), register(**members))


def acr_of(rp: RelyingParty, page: Page) -> str:
    claims = rp.verified(rp.redeem(arrived(page)["code"]).get_json()["id_token"])
    level: str = claims["acr"]
    return level


def remembered(provider: Flask, person: Person) -> FlaskClient:
    """A browser that its owner has had remembered and is signed out of."""
    browser = provider.test_client()
    page = Walker(browser).get("/sign-in").submit(email=person.email, password=PASSWORD)
    page.submit(code=person.code(), remember="yes")
    Walker(browser).get("/sign-out").submit()
    return browser


@pytest.mark.parametrize("minimum", [None, TWO_FACTORS])
def test_remembered_device_asks_for_a_code_where_two_factors_are_the_minimum(
    provider: Flask, ada: Person, minimum: str | None
) -> None:
    rp, browser = client_of(provider, minimum), remembered(provider, ada)
    page = walk(browser, rp.request()).submit("/sign-in?", email=ada.email, password=PASSWORD)
    assert page.heading == CODE


def test_remembered_device_enters_a_client_that_accepts_one_factor(
    provider: Flask, ada: Person
) -> None:
    rp, browser = client_of(provider, ONE_FACTOR), remembered(provider, ada)
    page = walk(browser, rp.request()).submit("/sign-in?", email=ada.email, password=PASSWORD)
    assert acr_of(rp, page) == ONE_FACTOR
    # A request for more raises the level of this session, and returns to the request.
    assert "code" not in rp.authorize(browser, acr_values=TWO_FACTORS, prompt="none")
    page = walk(browser, rp.request(acr_values=TWO_FACTORS))
    page = page.submit("/sign-in?", email=ada.email, password=PASSWORD)
    assert page.heading == CODE


def test_client_that_demands_passkeys_is_entered_with_one(
    provider: Flask, browser: FlaskClient, ada: Person
) -> None:
    rp, key = client_of(provider, PHISHING_RESISTANT), add_passkey(ada)
    assert rp.authorize(browser, prompt="none")["error"] == "login_required"
    page = walk(browser, rp.request())
    page = page.submit(WITH_PASSKEY, assertion=key.get(options_on(page)))
    assert acr_of(rp, page) == PHISHING_RESISTANT


def test_client_that_demands_passkeys_leads_to_setting_one_up(
    provider: Flask, browser: FlaskClient
) -> None:
    rp = client_of(provider, PHISHING_RESISTANT)
    assert rp.authorize(browser, prompt="none")["error"] == "interaction_required"
    assert walk(browser, rp.request()).heading.endswith("Set up a passkey")


def test_user_group_demands_a_level_in_its_organisation_alone(
    service_rp: RelyingParty, rights: Rights, browser: FlaskClient
) -> None:
    rights.doors = [
        replace(entrance("oakfield"), minimum_acr=PHISHING_RESISTANT),
        entrance("elmwood"),
    ]
    page = walk(browser, service_rp.request())
    page = page.submit(organisation="elmwood", follow=False)
    assert (
        "code="
        in page.walker.get(page.response.headers["Location"], follow=False).response.headers[
            "Location"
        ]
    )
    page = walk(browser, service_rp.request(prompt="select_account"))
    assert page.submit(organisation="oakfield").heading.endswith("Set up a passkey")


def test_highest_minimum_is_that_of_the_most_demanding_group() -> None:
    definition = schema.read(LIBRARY.encode(), "library.toml", scopes_of_kinds())
    names, counts = definition.groups
    assert highest_minimum([names, counts]) is None
    demanding = replace(names, minimum_acr=PHISHING_RESISTANT)
    assert (
        highest_minimum([demanding, replace(counts, minimum_acr=TWO_FACTORS)]) == PHISHING_RESISTANT
    )


def test_one_factor_session_is_asked_for_two_by_default(
    rp: RelyingParty, provider: Flask, ada: Person
) -> None:
    weak = signed_in_browser(provider, ada, acr=ONE_FACTOR)
    assert rp.authorize(weak, prompt="none")["error"] == "login_required"


def raise_minimum(rp: RelyingParty, level: str) -> None:
    """Register a higher minimum for the client, as an operator does."""
    registration = actions.find(rp.client_id).registration
    actions.update(
        rp.client_id, {**registration, "minimum_acr": level}, grant_types=tuple(GRANT_TYPES)
    )


def test_refresh_below_the_minimum_that_the_user_group_demands_now_is_refused_on_record(
    service_rp: RelyingParty, rights: Rights, browser: FlaskClient
) -> None:
    tokens = service_rp.tokens(browser)
    tokens = service_rp.refresh(tokens["refresh_token"]).get_json()
    rights.minimum_acr = PHISHING_RESISTANT
    response = service_rp.refresh(tokens["refresh_token"])
    assert (response.status_code, response.get_json()["error"]) == (400, "invalid_grant")
    assert f"acr_values={PHISHING_RESISTANT}" in response.get_json()["error_description"]
    assert "too low" in str(audited("token.refused")[-1].detail["reason"])
    rights.minimum_acr = TWO_FACTORS
    assert service_rp.refresh(tokens["refresh_token"]).status_code == 200, "nothing has ended"


def test_refresh_below_the_minimum_that_the_client_has_now_is_refused(
    provider: Flask, browser: FlaskClient
) -> None:
    rp = client_of(provider, None)
    tokens = rp.tokens(browser)
    raise_minimum(rp, PHISHING_RESISTANT)
    assert rp.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"


def test_code_below_the_minimum_that_the_user_group_demands_now_is_refused(
    service_rp: RelyingParty, rights: Rights, browser: FlaskClient
) -> None:
    code = service_rp.authorize(browser)["code"]
    rights.minimum_acr = PHISHING_RESISTANT
    assert service_rp.redeem(code).get_json()["error"] == "invalid_grant"


def test_family_keeps_the_level_of_its_sign_in_when_the_session_is_raised(
    service_rp: RelyingParty, rights: Rights, browser: FlaskClient, ada: Person
) -> None:
    tokens, key = service_rp.tokens(browser), add_passkey(ada)
    rights.minimum_acr = PHISHING_RESISTANT
    rights.doors = [replace(entrance("oakfield"), minimum_acr=PHISHING_RESISTANT)]
    page = walk(browser, service_rp.request())
    page = page.submit(WITH_PASSKEY, assertion=key.get(options_on(page)))
    assert acr_of(service_rp, page) == PHISHING_RESISTANT
    assert service_rp.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"


def test_refresh_counts_the_level_that_was_reached_where_the_claim_states_a_lower_one(
    service_rp: RelyingParty, rights: Rights, provider: Flask, ada: Person
) -> None:
    strong = signed_in_browser(provider, ada, acr=PHISHING_RESISTANT)
    tokens = service_rp.tokens(strong, acr_values=TWO_FACTORS)
    assert service_rp.verified(tokens["id_token"])["acr"] == TWO_FACTORS
    rights.minimum_acr = PHISHING_RESISTANT
    assert service_rp.refresh(tokens["refresh_token"]).status_code == 200
