"""For which organisation a person enters a service, and what else is asked on the way."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from flask import Flask
from flask.testing import FlaskClient

from app.database import writing
from identity.access_termination import end_access
from tests.identity.oidc.browsers import signed_in_browser
from tests.identity.oidc.relying_party import RelyingParty, answer, register, walk
from tests.identity.oidc.rights import Rights, entrance
from tests.identity.people import Person
from tests.identity.walking import Page

SCOPE = "openid organisation access"
TWO = [entrance("oakfield"), entrance("elmwood"), entrance("ashby", "Ashby School has closed.")]


def entered(rp: RelyingParty, told: dict[str, str]) -> str:
    tokens = rp.redeem(told["code"]).get_json()
    name: str = rp.verified(tokens["access_token"])["organisation"]["id"]
    return name


def choose(page: Page, organisation: str) -> dict[str, str]:
    chosen = page.submit(organisation=organisation, follow=False)
    return answer(page.walker.client.get(chosen.response.headers["Location"]))


def test_organisation_page_offers_several_and_explains_the_others(
    service_rp: RelyingParty, browser: FlaskClient, rights: Rights
) -> None:
    rights.doors = TWO
    page = walk(browser, service_rp.request(scope=SCOPE))
    assert page.heading == "School reports Which organisation are you working for?"
    assert "Ashby School has closed." in page.text
    assert 'value="ashby"' not in page.html
    assert (
        "form-action 'self' https://rp.example" in page.response.headers["Content-Security-Policy"]
    )
    assert entered(service_rp, choose(page, "elmwood")) == "elmwood"


def test_organisation_page_without_a_choice_shows_an_error(
    service_rp: RelyingParty, browser: FlaskClient, rights: Rights
) -> None:
    rights.doors = TWO
    page = walk(browser, service_rp.request()).submit(organisation="")
    assert "Select the organisation you are working for" in page.text
    assert page.title.startswith("Error:")
    page = page.submit(organisation="ashby")
    assert page.status == 200
    assert page.title.startswith("Error:")


def test_organisation_page_is_skipped_for_one_organisation(
    service_rp: RelyingParty, browser: FlaskClient, rights: Rights
) -> None:
    rights.doors = TWO[1:]
    assert entered(service_rp, service_rp.authorize(browser, scope=SCOPE)) == "elmwood"


def test_organisation_choice_holds_for_session_and_client(
    service_rp: RelyingParty, provider: Flask, browser: FlaskClient, rights: Rights, ada: Person
) -> None:
    rights.doors = TWO
    choose(walk(browser, service_rp.request(scope=SCOPE)), "elmwood")
    again = service_rp.authorize(browser, scope=SCOPE, prompt="none")
    assert entered(service_rp, again) == "elmwood"
    elsewhere = signed_in_browser(provider, ada)
    told = service_rp.authorize(elsewhere, scope=SCOPE, prompt="none")
    assert told["error"] == "interaction_required"
    other = RelyingParty(provider.test_client(), register(service="reports"))
    assert other.authorize(browser, prompt="none")["error"] == "interaction_required"


def test_organisation_page_lists_the_last_used_first(
    service_rp: RelyingParty, provider: Flask, browser: FlaskClient, rights: Rights, ada: Person
) -> None:
    rights.doors = TWO
    choose(walk(browser, service_rp.request(scope=SCOPE)), "elmwood")
    page = walk(signed_in_browser(provider, ada), service_rp.request(scope=SCOPE))
    assert page.html.index('value="elmwood"') < page.html.index('value="oakfield"')


def test_prompt_select_account_shows_the_organisation_page_again(
    service_rp: RelyingParty, browser: FlaskClient, rights: Rights
) -> None:
    rights.doors = TWO
    choose(walk(browser, service_rp.request(scope=SCOPE)), "elmwood")
    page = walk(browser, service_rp.request(scope=SCOPE, prompt="select_account"))
    assert entered(service_rp, choose(page, "oakfield")) == "oakfield"


def test_sign_in_page_explains_why_a_signed_in_person_is_asked_again(
    service_rp: RelyingParty, browser: FlaskClient, ada: Person
) -> None:
    page = walk(browser, service_rp.request(scope=SCOPE, prompt="select_account"))
    assert page.form("sign-in").values.keys() >= {"email", "password"}
    assert f"You are signed in as {ada.email}." in page.text
    assert "School reports asks for a new sign-in" in page.text
    assert "choose another account" in page.text


def test_removal_from_an_organisation_drops_the_choice(
    service_rp: RelyingParty, browser: FlaskClient, rights: Rights, ada: Person
) -> None:
    rights.doors = TWO
    choose(walk(browser, service_rp.request(scope=SCOPE)), "elmwood")
    with writing():
        end_access(ada.account_id, cause="removed", organisation="elmwood")
    told = service_rp.authorize(browser, scope=SCOPE, prompt="none")
    assert told["error"] == "interaction_required"


def test_due_terms_are_shown_before_the_code(
    service_rp: RelyingParty, browser: FlaskClient, rights: Rights
) -> None:
    rights.required_terms = {"t1"}
    page = walk(browser, service_rp.request())
    assert "Terms t1" in page.text
    accepted = page.submit(button="accept", follow=False)
    response = browser.get(accepted.response.headers["Location"])
    while not response.headers["Location"].startswith("https://rp.example"):
        response = browser.get(response.headers["Location"])
    assert "code" in answer(response)


def test_organisation_page_cancelled_returns_access_denied_with_state(
    other_rp: RelyingParty, stranger: FlaskClient
) -> None:
    page = walk(stranger, other_rp.request(state="s2"))
    response = page.submit("sign-in", button="cancel", follow=False).response
    back = stranger.get(response.headers["Location"])
    told = answer(back)
    assert (told["error"], told["state"]) == ("access_denied", "s2")
    assert told["dummy1"] == "lorem"
    assert told["dummy2"] == "ipsum"
    again = stranger.get(response.headers["Location"])
    assert again.status_code == 200
    assert "This sign-in is finished" in again.get_data(as_text=True)


def test_client_without_service_gets_no_rights(
    rp: RelyingParty, browser: FlaskClient, rights: Rights
) -> None:
    rights.doors = TWO
    tokens = rp.tokens(browser)
    for claims in (
        rp.verified(tokens["access_token"]),
        rp.userinfo(tokens["access_token"]).get_json(),
    ):
        assert not {"organisation", "user_group", "capabilities"} & claims.keys()


def test_answered_request_is_not_answered_again(rp: RelyingParty, browser: FlaskClient) -> None:
    stored = browser.post("/authorize", data=parse_qs(urlsplit(rp.request()).query))
    assert "code" in answer(browser.get(stored.headers["Location"]))
    again = browser.get(stored.headers["Location"])
    assert again.status_code == 200
    assert "This sign-in is finished" in again.get_data(as_text=True)
