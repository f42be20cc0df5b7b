"""People, organisations and grants for tests, written as the rows that they are."""

from datetime import UTC, date, datetime

from app.clock import day_of, now
from app.database import writing
from approvals.access_model import loading
from approvals.memberships.models import Grant, Membership
from approvals.organisations.models import (
    BEGINNING,
    END,
    Organisation,
    OrganisationPeriod,
    search_name,
)
from approvals.terms import actions as terms
from identity.accounts.models import Account
from identity.email_address import EmailAddress

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
SCHOOL_PERFORMANCE = loading.SHIPPED / "school_performance.toml"


def load_school_performance() -> None:
    loading.load([SCHOOL_PERFORMANCE])


def person(name: str = "Ada Byron", *, joined_at: datetime | None = LONG_AGO) -> Account:
    given, family = name.split()
    email = f"{given}.{family}@example.org".lower()
    with writing() as session:
        account = Account(
            email=email,
            email_key=EmailAddress.parse(email).key,
            given_name=given,
            family_name=family,
            created_at=LONG_AGO,
            joined_at=joined_at,
        )
        session.add(account)
        session.flush()
        return account


def organisation(
    name: str, kind: str = "establishment", *, closed_on: date | None = None, **identifiers: str
) -> Organisation:
    """A body; of a school or trust also the period that the register would give it."""
    with writing() as session:
        found = Organisation(
            kind=kind,
            key=f"test:{name}",
            name=name,
            search_name=search_name(name),
            closed_on=closed_on,
            **identifiers,
        )
        session.add(found)
        session.flush()
        if "urn" in identifiers or "uid" in identifiers:
            spans = [(BEGINNING, closed_on or END, True)]
            if closed_on:
                spans.append((closed_on, END, False))
            for begins, ends, is_open in spans:
                session.add(
                    OrganisationPeriod(
                        organisation_id=found.id,
                        valid_from=begins,
                        valid_to=ends,
                        open=is_open,
                        name=name,
                        type_code="01",
                        la_code=identifiers.get("la_code"),
                    )
                )
        return found


def member(
    account: Account,
    where: Organisation,
    *,
    since: datetime = LONG_AGO,
    joined_at: datetime | None = LONG_AGO,
    until: datetime | None = None,
) -> Membership:
    with writing() as session:
        membership = Membership(
            organisation_id=where.id,
            account_id=account.id,
            valid_from=since,
            joined_at=joined_at,
            valid_to=until,
        )
        membership.describe(
            email=account.address, given_name=account.given_name, family_name=account.family_name
        )
        session.add(membership)
        session.flush()
        return membership


def grant(
    membership: Membership,
    user_group: str,
    *,
    service: str = "school_performance",
    since: datetime = LONG_AGO,
    until: datetime | None = None,
) -> Grant:
    with writing() as session:
        given = Grant(
            membership_id=membership.id,
            service=service,
            user_group=user_group,
            valid_from=since,
            valid_to=until,
            given_by="test",
        )
        session.add(given)
        session.flush()
        return given


def publish(service: str | None, *, since: datetime = LONG_AGO, accept_again: bool = True) -> str:
    """Publish terms, as if at `since` where that has passed; return their public id."""
    text = f"# Terms of use of {service or 'Secure Access'}\n\nDo no harm."
    with writing():
        ahead = since > now()
        version = terms.publish(
            text,
            service=service,
            first_day=day_of(since) if ahead else None,
            accept_again=accept_again,
        )
        if not ahead:
            version.effective_from = version.published_at = since
    return version.public_id
