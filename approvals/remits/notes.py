"""Sentences beside a remit that rests on what the register said only later.

A day before the first file that speaks of a school is answered from that file. For local
authorities that can mix two states: authorities were reorganised, and schools whose first file is
newer bear the new code already, while others still bear the old one.
"""

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from app.database import db
from app.days import in_words
from approvals.organisations.kinds import Kind, RemitRule
from approvals.organisations.models import END, Organisation, OrganisationPeriod
from approvals.organisations.register.codes import STATE_FUNDED_TYPES
from approvals.remits.remit import Remit

Latest = aliased(OrganisationPeriod)


def notes(remit: Remit) -> list[str]:
    """Return what a reader must know about this list; nothing where all of it is known."""
    found = []
    if remit.earliest_known:
        found.append(
            f"For {remit.earliest_known:,} of {remit.count:,} schools no register file is as old "
            f"as {in_words(remit.on)}: their earliest known state is used."
        )
    if remit.rule is RemitRule.LOCAL_AUTHORITY:
        found += _other_codes(remit)
    return found


def _other_codes(remit: Remit) -> list[str]:
    """Name the codes with which schools of this authority are known before or after the day."""
    missing, leaving = _moves(remit)
    found = []
    if missing:
        number, codes = _sentence(missing)
        found.append(
            f"{number} of today's schools of this authority are not in the list: on "
            f"{in_words(remit.on)} they have the codes of other authorities ({codes}). "
            "Authorities were reorganised, and some schools are known only with the new code."
        )
    if leaving:
        number, codes = _sentence(leaving)
        found.append(
            f"{number} schools of the list belong to other authorities today ({codes}). Schools "
            "that are known only with the new code are in the list of the other authority."
        )
    return found


def _sentence(codes: dict[str, int]) -> tuple[str, str]:
    number = f"{sum(codes.values()):,}"
    return number, ", ".join(f"{code}: {count:,}" for code, count in sorted(codes.items()))


def _moves(remit: Remit) -> tuple[dict[str, int], dict[str, int]]:
    """Count schools by the other authority's code: those to come, and those that will leave.

    Counted only where some school that was open on the day is known by newer files alone: else the
    list is right as it stands, and moves are what the register says happened.
    """
    if not _is_mixed(remit):
        return {}, {}
    rows = db.session.execute(
        select(
            func.coalesce(OrganisationPeriod.la_code, ""),
            func.coalesce(Latest.la_code, ""),
            func.count(),
        )
        .join(
            Latest,
            and_(
                Latest.organisation_id == OrganisationPeriod.organisation_id, Latest.valid_to == END
            ),
        )
        .where(
            OrganisationPeriod.holds_on(remit.on),
            OrganisationPeriod.open,
            OrganisationPeriod.type_code.in_(sorted(STATE_FUNDED_TYPES)),
            OrganisationPeriod.la_code != Latest.la_code,
            or_(OrganisationPeriod.la_code == remit.key, Latest.la_code == remit.key),
        )
        .group_by(OrganisationPeriod.la_code, Latest.la_code)
    )
    missing: dict[str, int] = {}
    leaving: dict[str, int] = {}
    for then, now, count in rows:
        if now == remit.key:
            missing[then] = count
        else:
            leaving[now] = count
    return missing, leaving


def _is_mixed(remit: Remit) -> bool:
    found = db.session.scalar(
        select(Organisation.id)
        .join(OrganisationPeriod, OrganisationPeriod.organisation_id == Organisation.id)
        .where(
            Organisation.kind == Kind.ESTABLISHMENT.value,
            Organisation.la_known_from > remit.on,
            OrganisationPeriod.open,
            OrganisationPeriod.holds_on(remit.on),
        )
        .limit(1)
    )
    return found is not None
