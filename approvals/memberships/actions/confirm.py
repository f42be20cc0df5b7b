"""The change that a person confirmed on a check page, made once.

Each claims the journey on the answers that the page showed and makes the change in the same
transaction. A double click has one effect, and a refusal undoes the claim. Each raises RefusalError
as the change itself does, and where the answers are no longer those that were shown.

shown: the version of the answers, as the page carried it.
"""

from app.actors import Actor
from app.database import writing
from approvals.memberships import journeys
from approvals.memberships.actions.add_member import add_member
from approvals.memberships.actions.change_user_group import change_user_group
from approvals.memberships.models import Journey, Membership
from approvals.organisations.models import Organisation


class SignInTooOld(Exception):
    """The answers make an approver, which needs a more recent sign-in."""


def confirm_addition(
    journey: Journey, organisation: Organisation, shown: str | None, actor: Actor, *, fresh: bool
) -> None:
    """Add the person of a journey `ADD_USER`.

    fresh: the sign-in is recent enough to make an approver. Raises SignInTooOld.
    """
    with writing():
        if not journeys.claim_answers(journey, shown):
            return
        answers = journeys.addition_of(journey)
        if answers["approver"] and not fresh:
            raise SignInTooOld
        membership = add_member(
            organisation,
            email=journeys.email(journey),
            given_name=answers["given_name"],
            family_name=answers["family_name"],
            access=answers.get("access", {}),
            approver=answers["approver"],
            first_day=journeys.first_day(journey),
            last_day=journeys.last_day(journey),
            actor=actor,
        )
        journey.membership_id = membership.id


def confirm_change(
    journey: Journey, membership: Membership, shown: str | None, actor: Actor
) -> bool:
    """Change the access as a journey `CHANGE_ACCESS` says; False if that was done before."""
    with writing():
        if not journeys.claim_answers(journey, shown):
            return False
        answers = journeys.change_of(journey)
        change_user_group(
            membership,
            service=answers["service"],
            user_groups=answers["groups"],
            first_day=journeys.first_day(journey),
            last_day=journeys.last_day(journey),
            actor=actor,
        )
    return True
