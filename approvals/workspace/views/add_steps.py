"""The pages of the journey that adds a user, in their order: where to go on, where Back leads."""

from flask import url_for

from app.clock import now
from app.refusal import RefusalError
from approvals.memberships.catalogue import Catalogue
from approvals.memberships.journeys import AdditionAnswers, addition_of
from approvals.memberships.models import Journey, Membership
from approvals.organisations.models import Organisation
from identity.accounts.names import clean_names
from identity.accounts.person import full_name


def names(journey: Journey, organisation: Organisation) -> list[str]:
    """Return the steps of this journey. The end date is a step if there is access to end."""
    services = [f"access/{offer.code}" for offer in Catalogue(now()).offers(organisation)]
    ends = ["end-date"] if any(addition_of(journey).get("access", {}).values()) else []
    return ["email", "name", *services, "approver", *ends]


def answers_of(former: Membership, organisation: Organisation) -> AdditionAnswers:
    """Return the answers that add somebody once more: their name, and what they held at the end.

    Whether they approve and when the access ends is asked anew.
    """
    access: dict[str, list[str]] = {}
    for offer in Catalogue(now()).offers(organisation):
        held = [
            grant.user_group
            for grant in former.grants
            if grant.service == offer.code and grant.valid_to == former.valid_to
        ]
        access[offer.code] = [group for group in held if offer.group(group)]
    return {
        "given_name": former.given_name,
        "family_name": former.family_name,
        "access": access,
    }


def unanswered(journey: Journey, organisation: Organisation) -> str:
    """Return the address of the first open question, or of the check page."""
    for step in names(journey, organisation):
        if not _has_answer(journey, step):
            return address(journey, organisation, step)
    return address(journey, organisation, "check")


def before(journey: Journey, organisation: Organisation, step: str) -> str:
    """Return the address of Back."""
    steps = [*names(journey, organisation), "check"]
    position = steps.index(step) if step in steps else len(steps) - 1
    return address(journey, organisation, steps[max(0, position - 1)])


def address(journey: Journey, organisation: Organisation, step: str) -> str:
    """Return the address of a step of this journey."""
    page, _, service = step.partition("/")
    return url_for(
        f"memberships.add_{page.replace('-', '_')}",
        organisation=organisation.public_id,
        journey=journey.public_id,
        service=service or None,
    )


def name(journey: Journey) -> str:
    """Return the name that was entered."""
    answers = addition_of(journey)
    return full_name(answers.get("given_name", ""), answers.get("family_name", ""))


def _names_are_clean(answers: AdditionAnswers) -> bool:
    """Return whether the names pass today's rules; an earlier version may have stored them."""
    try:
        return any(clean_names(answers["given_name"], answers["family_name"]))
    except RefusalError:
        return False


def _has_answer(journey: Journey, step: str) -> bool:
    answers = addition_of(journey)
    match step.partition("/"):
        case ("access", _, service):
            return service in answers.get("access", {})
        case ("end-date", _, _):
            return "last_day" in answers
        case ("name", _, _):
            return "given_name" in answers and _names_are_clean(answers)
        case (question, _, _):
            return question in answers
