"""An invitation as a value, for rooms that know what it invites to."""

from __future__ import annotations

from dataclasses import dataclass

from identity.accounts.models import Invitation


@dataclass(frozen=True)
class SentInvitation:
    """Facts about an invitation. `invited_by` is empty where no person invites."""

    id: int
    invited_by: str
    organisation_name: str | None


def sent_invitation(invitation: Invitation) -> SentInvitation:
    """Return the facts about the invitation."""
    return SentInvitation(invitation.id, invitation.invited_by, invitation.organisation_name)
