"""Pages of requests, without JavaScript: asking, following, withdrawing, deciding."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from app.clock import today
from app.database import db, writing
from approvals.access_requests import actions, rules
from approvals.pending_decisions.models import PendingDecision
from tests.approvals import world
from tests.approvals.access_requests.asking import (
    REASON,
    Asking,
    asking,
    current,
    file,
    groups_of,
    requests_of,
)
from tests.approvals.clients.registering import registered
from tests.approvals.world import SERVICE, browser, path
from tests.identity.walking import Page

CHOICE = f"{SERVICE}:School_Named"


@pytest.fixture
def scene(app: Flask) -> Asking:
    return asking()


def ask(app: Flask, scene: Asking) -> Page:
    page = browser(app, scene.nina).get("/requests/new").submit(q="100001", button="")
    page = page.walker.get(f"/requests/new?q=100001&service={SERVICE}")
    page = page.walker.get(page.link("Ashfield School"))
    return page.submit("/requests/new", choice=CHOICE, reason=REASON)


def test_newcomer_asks_in_one_form_and_sees_where_the_request_is(app: Flask, scene: Asking) -> None:
    page = ask(app, scene)
    assert page.heading == "Check your request"
    assert "can see pupil names" in page.text
    page = page.submit()
    assert "Your request is sent." in page.text
    assert "It is with the approvers of Ashfield School." in page.text
    for name in ("Ann", "Abe", "2 approvers"):
        assert name not in page.text
    (request,) = requests_of(scene.nina)
    assert request.public_id in page.address
    assert (request.reason, request.details["user_group"]) == (REASON, "School_Named")


def test_check_page_sends_once(app: Flask, scene: Asking) -> None:
    page = ask(app, scene)
    page.submit()
    page.submit()
    assert len(requests_of(scene.nina)) == 1


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"reason": REASON}, "Select what you need to see"),
        ({"choice": f"{SERVICE}:MAT_Named", "reason": REASON}, "Select what you need to see"),
        ({"choice": "x", "reason": REASON}, "Select what you need to see"),
        ({"choice": CHOICE}, "Enter why you need access"),
        ({"choice": CHOICE, "reason": "see www.evil.example"}, "must not include"),
        ({"choice": CHOICE, "reason": "ask a@b.example"}, "must not include"),
        ({"choice": CHOICE, "reason": "x" * 501}, "500 characters or fewer"),
        ({"choice": CHOICE, "reason": "two\nlines"}, "on one line"),
    ],
)
def test_form_refuses_what_cannot_be_sent(
    app: Flask, scene: Asking, answers: dict[str, str], error: str
) -> None:
    page = browser(app, scene.nina).get(f"/requests/new?organisation={scene.school.public_id}")
    empty: dict[str, Any] = dict.fromkeys(("choice", "reason"), "")
    page = page.submit("/requests/new", **{**empty, **answers})
    assert page.title.startswith("Error: ")
    assert error in page.text


def test_ID_11_search_shows_public_register_data_only(app: Flask, scene: Asking) -> None:
    walker = browser(app, scene.nina)
    assert "Ashfield School School, URN 100001" in walker.get("/requests/new?q=ashfield").text
    for hidden in ("service team", "Department", "Ofsted"):
        assert "No open organisation" in walker.get(f"/requests/new?q={hidden}").text
    page = walker.get(f"/requests/new?organisation={scene.school.public_id}")
    for name in ("Ann", "Abe", "Byron", "approver"):
        assert name not in page.text


def test_search_shows_similar_names_where_none_matches(app: Flask, scene: Asking) -> None:
    walker = browser(app, scene.nina)
    page = walker.get("/requests/new?q=ashfeild shcool")
    assert "No open organisation matches “ashfeild shcool” exactly. These are similar." in page.text
    assert "Ashfield School School, URN 100001" in page.text
    assert "similar" not in walker.get("/requests/new?q=ashfield").text


def test_ID_11_organisation_with_and_without_people_looks_alike(app: Flask, scene: Asking) -> None:
    empty = world.organisation("Brook School", urn="100002")
    walker = browser(app, scene.nina)

    def seen(public_id: str, name: str, urn: str) -> str:
        text = walker.get(f"/requests/new?organisation={public_id}").text
        return text.replace(name, "NAME").replace(urn, "URN")

    assert seen(scene.school.public_id, "Ashfield School", "100001") == seen(
        empty.public_id, "Brook School", "100002"
    )


def test_no_access_page_leads_to_the_form_with_organisation_and_service(
    app: Flask, scene: Asking
) -> None:
    client = registered()["client_id"]
    member = world.member(scene.school, "mia@ashfield.example")
    page = browser(app, member).get(f"/no-access/{client}")
    page = page.walker.get(page.link("Ask for access"))
    assert page.heading == "Ask for access"
    assert "Ashfield School, URN 100001" in page.text
    page = page.submit("/requests/new", choice=CHOICE, reason=REASON).submit()
    assert "Your request is sent." in page.text


def test_no_access_page_of_a_newcomer_leads_to_the_search(app: Flask, scene: Asking) -> None:
    page = browser(app, scene.nina).get(f"/no-access/{registered()['client_id']}")
    page = page.walker.get(page.link("Ask for access"))
    assert page.heading == "Which organisation do you work for?"
    assert f'name="service" value="{SERVICE}"' in page.html


def test_person_withdraws_their_request(app: Flask, scene: Asking) -> None:
    request = file(scene.nina, scene.school)
    page = browser(app, scene.nina).get(f"/requests/{request.public_id}")
    page = page.walker.get(page.link("Withdraw request")).submit()
    assert "You withdrew the request." in page.text
    assert current(request).ended_by == scene.nina.subject
    assert page.walker.get("/requests").status == 200


def test_ID_04_request_of_another_person_is_not_found(app: Flask, scene: Asking) -> None:
    request = file(scene.nina, scene.school)
    walker = browser(app, world.account("eve@home.example"))
    for address in (f"/requests/{request.public_id}", f"/requests/{request.public_id}/withdraw"):
        assert walker.get(address).status == 404
    assert "School Named" not in walker.get("/requests").text


def test_approver_approves_from_the_list(app: Flask, scene: Asking) -> None:
    file(scene.nina, scene.school)
    page = browser(app, scene.ann).get(path(scene.school, "requests"))
    assert "Requests (1)" in page.text
    page = page.submit("/requests/")
    assert "Request approved. Nina New has been told by email." in page.text
    assert "No request waits for a decision." in page.text
    assert "Requests (" not in page.text
    assert groups_of(scene.nina, scene.school) == ["School_Named"]
    decided = page.walker.get(page.link("Decided"))
    assert "by Ann Byron" in decided.text


def test_home_of_the_organisation_shows_the_requests_that_wait(app: Flask, scene: Asking) -> None:
    walker = browser(app, scene.ann)
    assert "Requests for access" not in walker.get(path(scene.school)).text
    file(scene.nina, scene.school)
    page = walker.get(path(scene.school))
    assert "Requests for access 1 Nina New School Named, School Performance" in page.text
    page = walker.get(page.link("at the request of Nina New"))
    assert page.heading == "Request of Nina New"


def test_approver_approves_from_the_home_of_the_organisation(app: Flask, scene: Asking) -> None:
    file(scene.nina, scene.school)
    page = browser(app, scene.ann).get(path(scene.school))
    assert "Approve School Named for Nina New" in page.text
    page = page.submit("/requests/")
    assert "Request approved. Nina New has been told by email." in page.text
    assert groups_of(scene.nina, scene.school) == ["School_Named"]


def test_home_of_the_organisation_lets_nobody_approve_their_own_request(
    app: Flask, scene: Asking
) -> None:
    file(world.who(scene.ann), scene.school)
    page = browser(app, scene.ann).get(path(scene.school))
    page.link("at the request of Ann Byron")
    assert [form.action for form in page.forms() if "/requests/" in form.action] == []


def test_list_shows_the_oldest_request_first(app: Flask, scene: Asking) -> None:
    for name in ("First", "Second", "Third"):
        file(world.account(f"{name}@home.example", name, "Person"), scene.school)
    page = browser(app, scene.ann).get(path(scene.school, "requests"))
    assert re.findall(r">(\w+) Person</a>", page.html) == ["First", "Second", "Third"]


def decide(app: Flask, scene: Asking, group: str = "School_Named") -> Page:
    request = file(scene.nina, scene.school, group)
    return browser(app, scene.ann).get(path(scene.school, "requests", request.public_id))


def test_request_page_shows_all_that_a_decision_needs(app: Flask, scene: Asking) -> None:
    page = decide(app, scene)
    for text in ("Nina New", scene.nina.email, REASON, "School Named", "No. Approving adds them."):
        assert text in page.text
    assert "Approve with School Anon instead" in page.text


def test_approver_approves_with_a_lesser_group(app: Flask, scene: Asking) -> None:
    decide(app, scene).submit(decision="lesser:School_Anon")
    assert groups_of(scene.nina, scene.school) == ["School_Anon"]


def test_approver_rejects_with_a_reason(app: Flask, scene: Asking) -> None:
    page = decide(app, scene).submit(decision="reject", reason="")
    assert "Enter the reason for the rejection" in page.text
    page = page.submit(decision="reject", reason="Ask your own school")
    assert "Request rejected." in page.text
    assert "Ask your own school" in world.mails("access_requests/rejected")[0][1]
    own = browser(app, scene.nina).get("/requests")
    assert "Rejected. The reason: Ask your own school" in own.text


@pytest.mark.parametrize("decision", ["", "x", "lesser:MAT_Named", "lesser:School_Named"])
def test_PR_07_decision_that_was_not_offered_is_refused(
    app: Flask, scene: Asking, decision: str
) -> None:
    page = decide(app, scene, "School_Anon").submit(decision=decision)
    assert "Select what you decide" in page.text
    assert groups_of(scene.nina, scene.school) == []


def test_PR_05_extra_fields_do_not_change_what_is_granted(app: Flask, scene: Asking) -> None:
    other = world.organisation("Brook School", urn="100002")
    page = decide(app, scene, "School_Anon").submit(
        decision="approve",
        user_group="School_Named",
        organisation=other.public_id,
        account_id="1",
        service="other",
        approver="yes",
    )
    assert "Request approved." in page.text
    assert groups_of(scene.nina, scene.school) == ["School_Anon"]
    assert groups_of(scene.nina, other) == []


def test_second_approver_sees_the_decision_and_its_decider(app: Flask, scene: Asking) -> None:
    request = file(scene.nina, scene.school)
    page = browser(app, scene.abe).get(path(scene.school, "requests", request.public_id))
    actions.approve(request, world.who(scene.ann))
    page = page.submit(decision="reject", reason="No")
    assert rules.ENDED.sentence in page.text
    assert "Ann Byron approved this request on" in page.text
    assert groups_of(scene.nina, scene.school) == ["School_Named"]


def test_PR_03_own_request_shows_why_it_cannot_be_decided(app: Flask, scene: Asking) -> None:
    request = file(world.who(scene.ann), scene.school)
    walker = browser(app, scene.ann)
    page = walker.get(path(scene.school, "requests", request.public_id))
    assert rules.OWN_REQUEST.sentence in page.text
    assert "Confirm decision" not in page.text
    token = walker.get(f"/requests/{request.public_id}/withdraw").forms()[0].values["csrf_token"]
    walker.post(page.address, {"csrf_token": token, "decision": "approve"})
    assert current(request).ended_at is None


def test_ID_04_request_is_hidden_from_other_organisations(app: Flask, scene: Asking) -> None:
    request = file(scene.nina, scene.school)
    walker = browser(app, scene.tess)
    for where in (scene.school, scene.trust):
        assert walker.get(path(where, "requests", request.public_id)).status == 404
    assert "Nina" not in walker.get(path(scene.trust, "requests")).text
    assert "Requests (" not in walker.get(path(scene.trust, "users")).text


def test_parent_decides_a_request_that_was_passed_on(app: Flask, scene: Asking) -> None:
    request = file(scene.nina, scene.school)
    old(request)
    page = browser(app, scene.tess).get(path(scene.trust, "requests"))
    assert "Requests (1)" in page.text
    assert "Ashfield School" in page.text
    page.submit("/requests/")
    assert groups_of(scene.nina, scene.school) == ["School_Named"]
    assert "Ashfield School" in page.walker.get(path(scene.trust, "requests") + "?tab=decided").text


def test_ID_08_former_trust_cannot_decide(app: Flask, scene: Asking) -> None:
    request = file(scene.nina, scene.school)
    old(request)
    world.leave_trust(scene.school, today())
    walker = browser(app, scene.tess)
    assert walker.get(path(scene.trust, "requests", request.public_id)).status == 404
    assert "Nina" not in walker.get(path(scene.trust, "requests")).text


def test_operator_decides_a_request_that_nobody_else_can(app: Flask, scene: Asking) -> None:
    lone = world.organisation("Brook School", urn="100002")
    file(scene.nina, lone)
    page = browser(app, scene.olive).get("/ops/requests")
    page = page.walker.get(page.link("Nina New")).submit(decision="approve")
    assert "Request approved." in page.text
    assert "No request waits for you." in page.text
    assert groups_of(scene.nina, lone) == ["School_Named"]


def test_operator_cannot_decide_what_is_with_approvers(app: Flask, scene: Asking) -> None:
    request = file(scene.nina, scene.school)
    walker = browser(app, scene.olive)
    assert "Nina" not in walker.get("/ops/requests").text
    page = walker.get(f"/ops/requests/{request.public_id}")
    assert rules.NO_AUTHORITY.sentence in page.text


def test_lists_take_a_constant_number_of_statements(app: Flask, scene: Asking) -> None:
    walker = browser(app, scene.ann)
    counts = []
    for number in range(2):
        for each in range(3):
            who = world.account(f"p{number}{each}@home.example", "P", f"N{number}{each}")
            file(who, scene.school)
        sent = 0

        def count(*_arguments: object) -> None:
            nonlocal sent
            sent += 1

        event.listen(db.engine, "before_cursor_execute", count)
        walker.get(path(scene.school, "requests"))
        event.remove(db.engine, "before_cursor_execute", count)
        counts.append(sent)
    assert counts[1] <= counts[0]


def old(request: PendingDecision) -> None:
    """Let the request be 6 days old."""
    with writing():
        found = db.session.get_one(PendingDecision, request.id)
        found.asked_at -= timedelta(days=6)
