"""Journeys of pages: begun, answered a page at a time, and acted on once."""

from datetime import date, timedelta
from typing import TypedDict, cast

from flask import redirect
from werkzeug.exceptions import HTTPException

from app.database import db, writing
from app.days import parse_day
from app.journeys import Journeys, Phase
from app.refusal import RefusalError
from app.retention import Expired
from approvals.memberships.models import Journey, Membership
from approvals.memberships.rules import ANSWERS_CHANGED
from approvals.organisations.models import Organisation
from approvals.refusals import not_there
from identity.email_address import EmailAddress

ADD_USER = "add_user"
CHANGE_ACCESS = "change_access"
APPOINT_APPROVER = "appoint_approver"
REQUEST_ACCESS = "request_access"
KEPT = timedelta(days=7)


class PersonAnswers(TypedDict, total=False):
    """Answers on who is appointed (`APPOINT_APPROVER`)."""

    email: str
    given_name: str
    family_name: str


class AdditionAnswers(PersonAnswers, total=False):
    """Answers on who is added, and with which access (`ADD_USER`).

    access: codes of the chosen user groups by service. first_day: "" for at once. last_day: "" for
    none.
    """

    access: dict[str, list[str]]
    approver: bool
    first_day: str
    last_day: str


class ChangeAnswers(TypedDict, total=False):
    """Answers on the user groups of one service (`CHANGE_ACCESS`).

    first_day: "" for at once. last_day: "" for none.
    """

    service: str
    groups: list[str]
    first_day: str
    last_day: str


class RequestAnswers(TypedDict):
    """Answers of a person who asks for access (`REQUEST_ACCESS`).

    answers: each question of the service with its answer.
    """

    service: str
    group: str
    reason: str
    answers: list[tuple[str, str]]


Answers = PersonAnswers | AdditionAnswers | ChangeAnswers | RequestAnswers


class FinishedError(HTTPException):
    """The journey has been acted on: every page of it leads to where it ended."""

    def __init__(self, address: str) -> None:
        super().__init__(response=redirect(address, 303))


_JOURNEYS = Journeys(
    Journey,
    owner=[Journey.organisation_id, Journey.account_id],
    kind=Journey.kind,
    expires=Journey.created_at,
    lifetime=KEPT,
    finished=Journey.finished_at,
)


def begin(
    kind: str,
    organisation: Organisation,
    account_id: int,
    *,
    answers: Answers,
    membership: Membership | None = None,
) -> Journey:
    """Begin a journey of this person in the organisation."""
    return _JOURNEYS.begin(
        Journey(
            kind=kind,
            organisation_id=organisation.id,
            account_id=account_id,
            membership_id=membership.id if membership else None,
            answers=dict(answers),
        )
    )


def load(
    public_id: str,
    kind: str,
    organisation: Organisation,
    account_id: int,
    *,
    membership: Membership | None = None,
) -> Journey:
    """Return the person's journey in this organisation (about this membership). Raises NotFound."""
    journey = _JOURNEYS.find(
        public_id, organisation.id, account_id, kinds=[kind], phase=Phase.IN_TIME
    )
    if journey is None or (membership is not None and journey.membership_id != membership.id):
        raise not_there("no such journey of this person")
    return journey


def person_of(journey: Journey) -> PersonAnswers:
    """Return the answers of a journey `APPOINT_APPROVER`."""
    return cast(PersonAnswers, journey.answers)


def addition_of(journey: Journey) -> AdditionAnswers:
    """Return the answers of a journey `ADD_USER`."""
    return cast(AdditionAnswers, journey.answers)


def change_of(journey: Journey) -> ChangeAnswers:
    """Return the answers of a journey `CHANGE_ACCESS`."""
    return cast(ChangeAnswers, journey.answers)


def request_of(journey: Journey) -> RequestAnswers:
    """Return the answers of a journey `REQUEST_ACCESS`."""
    return cast(RequestAnswers, journey.answers)


def answer(journey: Journey, answers: Answers) -> None:
    """Store answers in place of earlier ones to the same questions."""
    with writing() as session:
        # Parallel answers wait for each other, so that none is lost.
        session.refresh(journey, with_for_update=True)
        _JOURNEYS.advance(
            journey.id,
            Journey.version == journey.version,
            answers={**journey.answers, **answers},
            version=journey.version + 1,
        )


def email(journey: Journey) -> EmailAddress:
    """Return the address that was entered for the person to add or to appoint."""
    return EmailAddress.parse(person_of(journey)["email"])


def last_day(journey: Journey) -> date | None:
    """Return the last day that was entered, if the journey gives access that can end."""
    text = _dated_answers(journey).get("last_day")
    return parse_day(text) if text else None


def first_day(journey: Journey) -> date | None:
    """Return the first day that was entered, if the journey gives access that can start."""
    text = _dated_answers(journey).get("first_day")
    return parse_day(text) if text else None


def _dated_answers(journey: Journey) -> ChangeAnswers | AdditionAnswers:
    """Return the answers of a journey that gives access; none of one that gives no access."""
    if journey.kind == CHANGE_ACCESS:
        change = change_of(journey)
        return change if change.get("groups") else {}
    addition = addition_of(journey)
    return addition if any(addition.get("access", {}).values()) else AdditionAnswers()


def claim_answers(journey: Journey, shown: str | None) -> bool:
    """Claim the journey on the answers that the check page showed; False where it was acted on.

    shown: the journey's version as the page carried it. A double click has one effect, and an
    action that is refused afterwards undoes the claim. Must run inside `writing()`. Raises
    RefusalError where the answers changed.
    """
    version = int(shown) if shown and shown.isdecimal() and len(shown) < 9 else -1
    if _JOURNEYS.finish(journey.id, Journey.version == version):
        return True
    db.session.refresh(journey)
    if journey.finished_at is None:
        raise RefusalError(ANSWERS_CHANGED)
    return False


def expired() -> list[Expired]:
    """Return journeys that were begun long ago, finished or not."""
    return [_JOURNEYS.expired()]
