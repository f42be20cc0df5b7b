"""The pages of the journey that adds a user, in their order: where to go on, where Back leads."""

from flask import url_for

from app.clock import now
from app.refusal import RefusalError
from approvals.memberships.addition_form import services_on_form
from approvals.memberships.catalogue import Catalogue
from approvals.memberships.journeys import AdditionAnswers, addition_of
from approvals.memberships.models import Journey
from approvals.organisations.models import Organisation
from identity.accounts.names import clean_names
from identity.accounts.person import full_name


def names(organisation: Organisation) -> list[str]:
    """Return the steps of a journey: the form, then a page for each service that it leaves out."""
    offers = Catalogue(now()).offers(organisation)
    together = services_on_form(offers)
    return ["details", *(f"access/{offer.code}" for offer in offers if offer not in together)]


def unanswered(journey: Journey, organisation: Organisation) -> str:
    """Return the address of the first open question, or of the check page."""
    for step in names(organisation):
        if not _has_answer(journey, step, organisation):
            return address(journey, organisation, step)
    return address(journey, organisation, "check")


def before(journey: Journey, organisation: Organisation, step: str) -> str:
    """Return the address of Back."""
    steps = [*names(organisation), "check"]
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


def _has_answer(journey: Journey, step: str, organisation: Organisation) -> bool:
    answers = addition_of(journey)
    access = answers.get("access", {})
    match step.partition("/"):
        case ("access", _, service):
            return service in access
        case _:
            offers = services_on_form(Catalogue(now()).offers(organisation))
            return (
                {"email", "given_name", "family_name", "approver", "last_day"} <= answers.keys()
                and _names_are_clean(answers)
                and all(offer.code in access for offer in offers)
            )
