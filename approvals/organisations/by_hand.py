"""Renaming and closing bodies that were added by hand.

Data derived from the register change with them.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actors import Actor
from app.audit import record
from app.clock import now, today
from app.database import writing
from app.refusal import RefusalError
from app.typed_text import clean_text
from approvals.organisations.importing import end_closed
from approvals.organisations.models import (
    BEGINNING,
    END,
    Organisation,
    OrganisationPeriod,
    search_name,
)
from identity.oidc.cache import raise_revision


def rename_organisation(
    organisation: Organisation, name: str, *, actor: Actor | None = None
) -> None:
    """Give a body a new name from today on; past days keep the old one.

    Raises RefusalError for a body of the register, a closed one, an empty or unchanged name, and
    one that another body of the kind has.
    """
    name = clean_text(name, "The name")
    if not name:
        raise RefusalError.of("name_missing", "Give the organisation a name.")
    with writing() as session:
        organisation = lock_open(session, organisation)
        if name == organisation.name:
            raise RefusalError.of("same_name", f"It is called {name} already.")
        same = session.scalar(
            select(Organisation)
            .where(
                Organisation.kind == organisation.kind,
                Organisation.search_name == search_name(name),
                Organisation.id != organisation.id,
                Organisation.closed_on.is_(None),
            )
            .limit(1)
        )
        if same is not None:
            raise RefusalError.of(
                "name_taken", f"Another one is called that: {same.name} ({same.public_id})."
            )
        before = organisation.name
        _begin_period(session, organisation, name=name)
        organisation.name, organisation.search_name = name, search_name(name)
        organisation.updated_at = now()
        record(
            "organisation.renamed",
            actor=actor,
            organisation=organisation.public_id,
            before={"name": before},
            after={"name": name},
        )


def close_organisation(organisation: Organisation, *, actor: Actor | None = None) -> None:
    """Close a body from today on and end all access through it.

    Its people stay listed, as with a school that closes. Raises RefusalError for a body of the
    register and for a closed one.
    """
    with writing() as session:
        organisation = lock_open(session, organisation)
        close_locked(session, organisation)
        record("organisation.closed", actor=actor, organisation=organisation.public_id)


def close_locked(session: Session, organisation: Organisation) -> None:
    """Write the closure and end access; inside `writing()`, the organisation locked."""
    _begin_period(session, organisation, open=False)
    organisation.closed_on = today()
    organisation.updated_at = now()
    session.flush()
    end_closed(session, [organisation.id])


def lock_open(session: Session, organisation: Organisation) -> Organisation:
    """Lock a body that was added by hand and is open. Raises RefusalError for all others."""
    found = session.scalars(
        select(Organisation)
        .where(Organisation.id == organisation.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    check_changeable(found)
    return found


def check_changeable(organisation: Organisation) -> None:
    """Raise RefusalError for a body of the register and for a closed one."""
    if not organisation.facts.by_hand:
        raise RefusalError.of(
            "from_register",
            f"{organisation.name} comes from the register, which alone renames, closes and "
            "merges it: import the register's newer files.",
        )
    if organisation.closed_on is not None:
        raise RefusalError.of(
            "organisation_closed", f"{organisation.name} closed on {organisation.closed_on}."
        )


def _begin_period(session: Session, organisation: Organisation, **changes: object) -> None:
    """Change what holds of the body from today on. Without periods it is open ever since."""
    raise_revision()
    last = session.scalar(
        select(OrganisationPeriod)
        .where(OrganisationPeriod.organisation_id == organisation.id)
        .order_by(OrganisationPeriod.valid_from.desc())
        .limit(1)
    )
    if last is None:
        last = OrganisationPeriod(
            organisation_id=organisation.id,
            valid_from=BEGINNING,
            valid_to=END,
            open=True,
            name=organisation.name,
        )
        session.add(last)
    day = today()
    if last.valid_from == day:
        for attribute, value in changes.items():
            setattr(last, attribute, value)
        return
    last.valid_to = day
    values = {"open": last.open, "name": last.name, **changes}
    session.add(
        OrganisationPeriod(organisation_id=organisation.id, valid_from=day, valid_to=END, **values)
    )
