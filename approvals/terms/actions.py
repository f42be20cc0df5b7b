"""Publishing terms and accepting them."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select

from app.actors import Actor
from app.audit import Event, record
from app.clock import now, start_of_day, today
from app.database import writing
from app.days import in_words
from app.refusal import RefusalError
from approvals.terms import queries, rules
from approvals.terms.models import TermsAcceptance, TermsVersion
from identity.accounts.models import Account
from identity.accounts.person import Person
from identity.oidc.cache import raise_revision

EVENTS = [
    Event(
        "terms.published",
        "{actor} published version {number} of the terms of use of {owner}.",
        required={"number", "after"},
    ),
    Event(
        "terms.accepted",
        "{subject} accepted version {number} of the terms of use of {owner}.",
        required={"subject", "number", "sha256", "sid"},
    ),
    Event(
        "terms.list_read",
        "{actor} looked up who accepted terms of use.",
        required={"terms", "shown", "rows"},
    ),
]


def publish(
    text: str,
    *,
    service: str | None,
    first_day: date | None = None,
    accept_again: bool,
    actor: Actor | None = None,
) -> TermsVersion:
    """Add a version, in effect from the beginning of `first_day`, or from now.

    The first of a service, or of the platform, always has to be accepted. Raises RefusalError
    for an empty text and for a first day that has passed.
    """
    if not text.strip():
        raise RefusalError.of("text_missing", "The text is empty.")
    if first_day is not None and not rules.may_take_effect(first_day, today()):
        sentence = (
            f"{in_words(first_day)} has passed: give today's date, which means now, or a later one."
        )
        raise RefusalError.of("first_day_passed", sentence)
    with writing() as session:
        at = now()
        begins = start_of_day(first_day) if first_day else at
        earlier = [queries.as_rule(each) for each in queries.versions(service)]
        version = TermsVersion(
            service=service,
            number=len(earlier) + 1,
            text=text,
            sha256=hashlib.sha256(text.encode()).hexdigest(),
            effective_from=rules.takes_effect(begins, at),
            accept_again=rules.must_be_accepted_again(accept_again, earlier),
            published_at=at,
        )
        session.add(version)
        session.flush()
        raise_revision()
        record(
            "terms.published",
            actor=actor,
            service=service,
            after={
                "terms": version.public_id,
                "sha256": version.sha256,
                "effective_from": version.effective_from.isoformat(),
                "accept_again": version.accept_again,
            },
            number=version.number,
        )
        return version


def accept(account: Person, ids: Sequence[str], sid: str, at: datetime) -> list[TermsVersion]:
    """Record acceptance of the versions with these public ids at a moment; return the new ones.

    Only the version in effect can be accepted: an older one, or one of a later date, is passed
    over, and the caller who asks again what is due learns that it still is. Accepting twice leaves
    the first acceptance as it is.
    """
    with writing() as session:
        # Two posts of one person wait for each other here.
        session.execute(select(Account.id).where(Account.id == account.id).with_for_update())
        known = set(
            session.scalars(
                select(TermsAcceptance.terms_version_id).where(
                    TermsAcceptance.account_id == account.id
                )
            )
        )
        shown = session.scalars(select(TermsVersion).where(TermsVersion.public_id.in_(ids))).all()
        accepted = [
            version
            for version in shown
            if version.id not in known and queries.in_effect(version.service, at) is version
        ]
        for version in accepted:
            session.add(
                TermsAcceptance(
                    account_id=account.id,
                    terms_version_id=version.id,
                    accepted_at=at,
                    sha256=version.sha256,
                    session=sid,
                )
            )
            record(
                "terms.accepted",
                subject=account.subject,
                service=version.service,
                number=version.number,
                sha256=version.sha256,
                sid=sid,
            )
        session.flush()
        return accepted
