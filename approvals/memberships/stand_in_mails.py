"""Mails about stand-ins. Called inside `writing()`."""

from __future__ import annotations

from collections.abc import Mapping

from app.actors import Actor
from app.outbox import send_mail
from approvals.memberships.mails import actor_in_words, mail_approvers
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation


def named(
    organisation: Organisation, membership: Membership, actor: Actor, days: Mapping[str, str]
) -> None:
    """Notify the person, and the other approvers, of the days on which the person stands in.

    days: `first_day` and `last_day`, in words.
    """
    _send("stand_in_named", organisation, membership, actor, **days)
    mail_approvers("new_stand_in", organisation, membership, actor=actor, **days)


def ended(organisation: Organisation, membership: Membership, actor: Actor) -> None:
    """Notify the person, and the other approvers, that they stand in no longer."""
    _send("stand_in_ended", organisation, membership, actor)
    mail_approvers("stand_in_stopped", organisation, membership, actor=actor)


def _send(
    template: str, organisation: Organisation, membership: Membership, actor: Actor, **context: str
) -> None:
    send_mail(
        to=membership.email,
        template=f"memberships/{template}",
        context={
            "organisation": organisation.name,
            "actor": actor_in_words(actor),
            "person": membership.name,
            "home": f"/o/{organisation.public_id}",
            **context,
        },
    )
