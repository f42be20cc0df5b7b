"""The `organisation` claim, in the shape that DfE Sign-in's relying parties know.

Keys and category ids are DfE Sign-in's (docs/decisions/0023); what the register does not hold is
null, as there. Kinds without a category of DfE Sign-in have ours (kinds.py says which).
"""

from collections.abc import Mapping
from datetime import date, datetime

from approvals.organisations import queries
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation
from approvals.organisations.register import codes

_STATUSES = {
    "1": {"id": 1, "name": "Open", "tagColor": "green"},
    "2": {"id": 2, "name": "Closed", "tagColor": "red"},
    "3": {"id": 3, "name": "Proposed to close", "tagColor": "orange"},
    "4": {"id": 4, "name": "Proposed to open", "tagColor": "blue"},
}


def dfe_organisation(organisation: Organisation, at: date | datetime) -> dict[str, object]:
    """Return the claim as of a moment. Runs one or two queries for a school."""
    facts = organisation.facts
    period = queries.period_on(organisation, at)
    type_code = period.type_code if period else organisation.type_code
    la_code = period.la_code if period else organisation.la_code
    if period:
        status_code = period.status_code or "1"
    else:
        status_code = "1" if queries.is_open(organisation, at) else "2"
    school = organisation.is_school
    number = organisation.establishment_number if school else None
    if organisation.kind == Kind.LOCAL_AUTHORITY:
        number = organisation.la_code
    closed_on = organisation.closed_on if status_code == "2" else None
    return {
        "id": organisation.public_id,
        "name": period.name if period else organisation.name,
        "LegalName": None,
        "category": {"id": facts.category_id, "name": facts.category_name},
        "type": _code_and_name(type_code, codes.ESTABLISHMENT_TYPES) if school else None,
        "urn": organisation.urn,
        "uid": organisation.uid,
        "upin": None,
        "ukprn": organisation.ukprn,
        "establishmentNumber": number,
        "status": _STATUSES[status_code],
        "closedOn": closed_on.isoformat() if closed_on else None,
        "address": _address(organisation),
        "telephone": None,
        "region": _code_and_name(organisation.region_code, codes.REGIONS),
        "localAuthority": _local_authority(la_code) if school else None,
        "phaseOfEducation": _phase(organisation.phase_code) if school else None,
        "statutoryLowAge": organisation.low_age,
        "statutoryHighAge": organisation.high_age,
        "legacyId": None,
        "companyRegistrationNumber": organisation.companies_house_number,
    }


def _code_and_name(code: str | None, names: Mapping[str, str]) -> dict[str, object] | None:
    return {"id": code, "name": names.get(code, code)} if code else None


def _phase(code: str | None) -> dict[str, object] | None:
    return {"id": int(code), "name": codes.PHASES.get(code, code)} if code else None


def _address(organisation: Organisation) -> str | None:
    parts = (organisation.address, organisation.town, organisation.postcode)
    return ", ".join(part for part in parts if part) or None


def _local_authority(la_code: str | None) -> dict[str, object] | None:
    if la_code is None:
        return None
    authority = queries.by_la_code(la_code)
    if authority is None:
        return None
    return {"id": authority.public_id, "name": authority.name, "code": la_code}
