"""The basis on which a school is in a remit, in words, and since when."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from app.database import db
from app.days import in_words
from approvals.organisations.kinds import RemitRule
from approvals.organisations.models import BEGINNING, Organisation, OrganisationPeriod, TrustLink
from approvals.organisations.register.codes import STATE_FUNDED_TYPES
from approvals.remits.remit import Remit, School

BASES = {
    "own": "The school itself",
    "trust": "In the trust",
    "maintained": "Maintained by the authority",
    "geographic": "In the authority’s area, not maintained by it",
    "diocese": "In the diocese",
    "all": "Open school",
    "earliest known": "By the earliest file of the register",
}
"""The basis on which a school is in a remit, in words."""


@dataclass(frozen=True)
class SchoolBasis:
    """A school of a remit. since: the day from which it has been there without a gap.

    Without `since` it has been there from the first file of the register on.
    """

    school: School
    basis: str
    since: date | None

    @property
    def in_words(self) -> str:
        """The basis and its beginning: `In the trust, since 1 September 2019`."""
        return f"{self.basis}, since {self.since_in_words}"

    @property
    def since_in_words(self) -> str:
        return in_words(self.since) if self.since else "the first file of the register"


def with_basis(remit: Remit, schools: Sequence[School]) -> list[SchoolBasis]:
    """Return schools of the remit with their basis, read by one statement for all of them."""
    urns = [school.urn for school in schools]
    begins = (
        _links_begin(remit, urns)
        if remit.rule is RemitRule.TRUST
        else _periods_begin(remit, urns, _IS_IN.get(remit.rule, _is_open))
    )
    return [SchoolBasis(school, BASES[school.basis], begins.get(school.urn)) for school in schools]


def _links_begin(remit: Remit, urns: Collection[str]) -> dict[str, date]:
    rows = db.session.execute(
        select(Organisation.urn, TrustLink.valid_from)
        .join(TrustLink, TrustLink.organisation_id == Organisation.id)
        .where(Organisation.urn.in_(urns), TrustLink.holds_on(remit.on))
    )
    return {urn: begins for urn, begins in rows if urn is not None and begins != BEGINNING}


Belongs = Callable[[Remit, OrganisationPeriod], bool]


def _periods_begin(remit: Remit, urns: Collection[str], belongs: Belongs) -> dict[str, date]:
    """Follow the periods of each school backwards while the school is in the remit."""
    begins: dict[str, date] = {}
    left: set[str] = set()
    for urn, period in db.session.execute(
        select(Organisation.urn, OrganisationPeriod)
        .join(OrganisationPeriod, OrganisationPeriod.organisation_id == Organisation.id)
        .where(Organisation.urn.in_(urns), OrganisationPeriod.valid_from <= remit.on)
        .order_by(OrganisationPeriod.organisation_id, OrganisationPeriod.valid_from.desc())
    ):
        if urn is None or urn in left:
            continue
        if belongs(remit, period):
            begins[urn] = period.valid_from
        else:
            left.add(urn)
    return {urn: day for urn, day in begins.items() if day != BEGINNING}


def _is_open(_remit: Remit, period: OrganisationPeriod) -> bool:
    return period.open


def _is_in_authority(remit: Remit, period: OrganisationPeriod) -> bool:
    return period.open and period.la_code == remit.key and period.type_code in STATE_FUNDED_TYPES


def _is_in_diocese(remit: Remit, period: OrganisationPeriod) -> bool:
    return period.open and period.diocese_code == remit.key


_IS_IN: dict[RemitRule | None, Belongs] = {
    RemitRule.LOCAL_AUTHORITY: _is_in_authority,
    RemitRule.DIOCESE: _is_in_diocese,
}
"""Whether a period puts its school into the remit, by the remit's rule; others ask `_is_open`."""
