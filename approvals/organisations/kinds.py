"""Kinds of organisation, as data. A kind that is added by hand is one entry here.

A kind names the rule by which its schools are found; `approvals.remits.remit` has the queries of
each rule.

The category ids are those that DfE Sign-in's relying parties know; where it has no category the
id is ours, and the claim dictionary says so (docs/decisions/0023).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from approvals.organisations.register import codes


class Kind(StrEnum):
    """Kind of an organisation."""

    ESTABLISHMENT = "establishment"
    MULTI_ACADEMY_TRUST = "multi_academy_trust"
    SINGLE_ACADEMY_TRUST = "single_academy_trust"
    LOCAL_AUTHORITY = "local_authority"
    DIOCESE = "diocese"
    DEPARTMENT = "department"
    INSPECTORATE = "inspectorate"
    SERVICE_TEAM = "service_team"
    TRAINING_PROVIDER = "training_provider"


class RemitRule(StrEnum):
    """How the schools of an organisation's own remit are found."""

    OWN = "own"
    TRUST = "trust"
    LOCAL_AUTHORITY = "local_authority"
    DIOCESE = "diocese"


@dataclass(frozen=True)
class KindFacts:
    """One kind.

    `identifier` is the attribute of Organisation that identifies it outside, None where there is
    none. `remit` is None where the kind alone gives no schools. `by_hand` says that no register
    file holds it, so that somebody adds it.
    """

    name: str
    plural: str
    category_id: str
    category_name: str
    identifier: str | None
    identifier_label: str | None
    remit: RemitRule | None
    by_hand: bool


KINDS: Mapping[Kind, KindFacts] = MappingProxyType(
    {
        Kind.ESTABLISHMENT: KindFacts(
            name="School",
            plural="Schools",
            category_id="001",
            category_name="Establishment",
            identifier="urn",
            identifier_label="URN",
            remit=RemitRule.OWN,
            by_hand=False,
        ),
        Kind.MULTI_ACADEMY_TRUST: KindFacts(
            name="Multi-academy trust",
            plural="Multi-academy trusts",
            category_id="010",
            category_name="Multi-Academy Trust",
            identifier="uid",
            identifier_label="UID",
            remit=RemitRule.TRUST,
            by_hand=False,
        ),
        Kind.SINGLE_ACADEMY_TRUST: KindFacts(
            name="Single-academy trust",
            plural="Single-academy trusts",
            category_id="013",
            category_name="Single-Academy Trust",
            identifier="uid",
            identifier_label="UID",
            remit=RemitRule.TRUST,
            by_hand=False,
        ),
        Kind.LOCAL_AUTHORITY: KindFacts(
            name="Local authority",
            plural="Local authorities",
            category_id="002",
            category_name="Local Authority",
            identifier="la_code",
            identifier_label="LA code",
            remit=RemitRule.LOCAL_AUTHORITY,
            by_hand=False,
        ),
        Kind.DIOCESE: KindFacts(
            name="Diocese",
            plural="Dioceses",
            category_id="008",
            category_name="Other Stakeholders",
            identifier="diocese_code",
            identifier_label="Diocese code",
            remit=RemitRule.DIOCESE,
            by_hand=True,
        ),
        Kind.DEPARTMENT: KindFacts(
            name="Government department",
            plural="Government departments",
            category_id="011",
            category_name="Government",
            identifier=None,
            identifier_label=None,
            remit=None,
            by_hand=True,
        ),
        Kind.INSPECTORATE: KindFacts(
            name="Inspectorate",
            plural="Inspectorates",
            category_id="011",
            category_name="Government",
            identifier=None,
            identifier_label=None,
            remit=None,
            by_hand=True,
        ),
        Kind.SERVICE_TEAM: KindFacts(
            name="Service team",
            plural="Service teams",
            category_id="011",
            category_name="Government",
            identifier=None,
            identifier_label=None,
            remit=None,
            by_hand=True,
        ),
        Kind.TRAINING_PROVIDER: KindFacts(
            name="Training provider",
            plural="Training providers",
            category_id="009",
            category_name="Training Providers",
            identifier="ukprn",
            identifier_label="UKPRN",
            remit=None,
            by_hand=True,
        ),
    }
)


_KIND_OF_TRUST_TYPE = {
    codes.MULTI_ACADEMY_TRUST: Kind.MULTI_ACADEMY_TRUST,
    codes.SINGLE_ACADEMY_TRUST: Kind.SINGLE_ACADEMY_TRUST,
}


def kind_on_day(kind: str, type_code: str | None) -> str:
    """Return the kind of a body on the day of a period of the register with this type.

    A trust that takes in a second school becomes another kind; its earlier periods keep the first.
    Bodies without periods, and schools, have one kind for ever.
    """
    if kind not in _KIND_OF_TRUST_TYPE.values():
        return kind
    return _KIND_OF_TRUST_TYPE.get(type_code or "", Kind(kind)).value


def facts_of(kind: Kind | str) -> KindFacts:
    """Return the entry of a kind, by its code."""
    return KINDS[Kind(kind)]
