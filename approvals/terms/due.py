"""Terms that wait for a person, as the sign-in pages ask for them."""

from datetime import datetime

from sqlalchemy import select

from app.database import db
from approvals.access_model import definitions
from approvals.terms import markdown, queries
from approvals.terms.changes import changed_paragraphs
from approvals.terms.models import TermsVersion
from identity.accounts.person import Person
from identity.ports import TermsChanges, TermsDue

PLATFORM = "Secure Access"


def due_terms(account: Person, service: str | None, at: datetime, *, newly: bool) -> list[TermsDue]:
    """Return the terms of the platform, then of the service.

    `newly` adds those that block nothing.
    """
    waiting = {
        each.id: each
        for each in queries.terms_status(account, service, at).waiting
        if newly or each.blocking
    }
    if not waiting:
        return []
    versions = db.session.scalars(select(TermsVersion).where(TermsVersion.id.in_(waiting)))
    return [
        TermsDue(
            id=version.public_id,
            title=title(version, at),
            version=str(version.number),
            effective_from=version.takes_effect,
            html=markdown.html(version.text),
            sha256=version.sha256,
            required=waiting[version.id].blocking,
            changes=_changes_since_acceptance(account, version),
        )
        for version in sorted(versions, key=lambda each: each.service is not None)
    ]


def _changes_since_acceptance(account: Person, version: TermsVersion) -> TermsChanges | None:
    accepted = next(
        (
            each
            for each in queries.accepted_by(account.id)
            if each.version.service == version.service
        ),
        None,
    )
    if accepted is None:
        return None
    return TermsChanges(
        version=str(accepted.version.number),
        accepted_at=accepted.accepted_at,
        paragraphs=changed_paragraphs(accepted.version.text, version.text),
    )


def title(version: TermsVersion, at: datetime) -> str:
    """Return the heading in the text, or else whose terms they are."""
    return markdown.title(version.text, f"Terms of use of {owner(version.service, at)}")


def owner(service: str | None, at: datetime) -> str:
    """Return whose terms they are: the platform's name, or the service's at the moment."""
    if service is None:
        return PLATFORM
    definition = definitions.service(service, at)
    return definition.name if definition else service
