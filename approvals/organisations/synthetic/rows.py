"""Rows of the register's files, as a made-up world has them on a day."""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache

from approvals.organisations.register import codes
from approvals.organisations.synthetic.world import SyntheticGroup, SyntheticSchool, World, value_on

Row = Mapping[str, str]

_STATUS_OF_GROUP = {"OPEN": "Open", "CLOSED": "Closed"}
_GROUP_OF_TYPE = {
    **dict.fromkeys(("18", "29", "31", "32"), ("1", "Colleges")),
    **dict.fromkeys(("11",), ("3", "Independent schools")),
    **dict.fromkeys(("10",), ("5", "Special schools")),
    **dict.fromkeys(sorted(codes.MAINTAINED_TYPES), ("4", "Local authority maintained schools")),
    **dict.fromkeys(("28", "33", "34", "42", "43", "44", "45", "46", "57"), ("10", "Academies")),
    **dict.fromkeys(("35", "36", "38", "39", "40", "41"), ("11", "Free Schools")),
}
_FLAGS = {
    "0": "Not applicable",
    "1": "Supported by a trust",
    "2": "Not supported by a trust",
    "3": "Supported by a multi-academy trust",
    "5": "Supported by a single-academy trust",
}


@cache
def day_first(day: date | None, mark: str = "-") -> str:
    """Return a day as day, month, year, with this mark between them; empty for None."""
    return day.strftime(f"%d{mark}%m{mark}%Y") if day else ""


def establishments(world: World, day: date) -> Iterator[Row]:
    """Yield rows of `edubasealldata`: codes with their zeros, days as dd-mm-yyyy."""
    for school in world.listed_on(day):
        authority = value_on(school.authority, day)
        diocese = value_on(school.diocese, day)
        status = school.status_on(day)
        flag, trust = _trust(world, school, day)
        group_code, group_name = _GROUP_OF_TYPE.get(school.type_code, ("9", "Other types"))
        closed = school.closed if status == "2" else None
        yield {
            "URN": school.urn,
            "LA (code)": authority,
            "LA (name)": world.authorities.get(authority, "Does not apply"),
            "EstablishmentNumber": school.number,
            "EstablishmentName": value_on(school.name, day),
            "TypeOfEstablishment (code)": school.type_code,
            "TypeOfEstablishment (name)": codes.ESTABLISHMENT_TYPES[school.type_code],
            "EstablishmentTypeGroup (code)": group_code,
            "EstablishmentTypeGroup (name)": group_name,
            "EstablishmentStatus (code)": status,
            "EstablishmentStatus (name)": codes.STATUSES[status],
            "OpenDate": day_first(school.opened),
            "CloseDate": day_first(closed),
            "PhaseOfEducation (code)": school.phase,
            "PhaseOfEducation (name)": codes.PHASES[school.phase],
            "StatutoryLowAge": str(school.ages[0]),
            "StatutoryHighAge": str(school.ages[1]),
            "Diocese (code)": diocese,
            "Diocese (name)": world.dioceses.get(diocese, "Not applicable"),
            "TrustSchoolFlag (code)": flag,
            "TrustSchoolFlag (name)": _FLAGS[flag],
            "Trusts (code)": trust.uid if trust else "",
            "Trusts (name)": trust.name if trust else "",
            **_other_groups(world, school),
            "UKPRN": school.ukprn,
            "Street": school.street,
            "Town": school.town,
            "Postcode": school.postcode,
            "GOR (code)": school.region,
            "GOR (name)": codes.REGIONS[school.region],
            **_previous_authority(world, school, authority),
            "LastChangedDate": day_first(day),
        }


def _trust(world: World, school: SyntheticSchool, day: date) -> tuple[str, SyntheticGroup | None]:
    stay = school.trust_on(day)
    if stay:
        group = world.groups[stay.uid]
        return ("3" if group.type_code == codes.MULTI_ACADEMY_TRUST else "5"), group
    if school.foundation_trust:
        return "1", world.groups[school.foundation_trust]
    return ("2" if school.type_code in codes.ACADEMY_TYPES else "0"), None


def _other_groups(world: World, school: SyntheticSchool) -> Row:
    """Yield groups that give no remit: a sponsor, a federation."""
    found = {
        "SchoolSponsorFlag (name)": "Not applicable",
        "FederationFlag (name)": "Not applicable",
    }
    if school.type_code in codes.MAINTAINED_TYPES:
        found["FederationFlag (name)"] = "Not under a federation"
    if school.sponsor:
        found["SchoolSponsorFlag (name)"] = "Linked to a sponsor"
        found["SchoolSponsors (name)"] = world.groups[school.sponsor].name
    if school.federation:
        found["FederationFlag (name)"] = "Supported by a federation"
        found["Federations (code)"] = school.federation
        found["Federations (name)"] = world.groups[school.federation].name
    return found


def _previous_authority(world: World, school: SyntheticSchool, authority: str) -> Row:
    first = school.authority[0].value
    if first == authority:
        return {"PreviousLA (code)": "999"}
    return {
        "PreviousLA (code)": first,
        "PreviousLA (name)": world.authorities[first],
        "PreviousEstablishmentNumber": school.number,
    }


def _links(world: World, day: date) -> Iterator[tuple[SyntheticSchool, SyntheticGroup, date]]:
    """Yield academies and their groups."""
    for school in world.listed_on(day):
        if not school.is_open_on(day):
            continue
        stay = school.trust_on(day)
        if stay:
            yield school, world.groups[stay.uid], stay.joined
        if stay and school.sponsor:
            yield school, world.groups[school.sponsor], stay.joined


def _all_links(world: World, day: date) -> Iterator[tuple[SyntheticSchool, SyntheticGroup, date]]:
    """Yield schools of all types and their groups."""
    yield from _links(world, day)
    for school in world.listed_on(day):
        for uid in filter(None, (school.federation, school.foundation_trust)):
            group = world.groups[uid]
            if group.opened and school.is_open_on(day):
                yield school, group, group.opened


def group_links(world: World, day: date) -> Iterator[Row]:
    """Yield rows of `grouplinks_edubaseallacademiesandfree`."""
    for school, group, joined in _links(world, day):
        authority = value_on(school.authority, day)
        yield {
            "URN": school.urn,
            "Linked UID": group.uid,
            "Group Name": group.name,
            "Companies House Number": group.company,
            "Group Type": codes.GROUP_TYPES[group.type_code],
            "Group Status": _STATUS_OF_GROUP[group.status_on(day)],
            "Joined date": day_first(joined),
            "EstablishmentName": value_on(school.name, day),
            "TypeOfEstablishment (code)": school.type_code,
            "TypeOfEstablishment (name)": codes.ESTABLISHMENT_TYPES[school.type_code],
            "PhaseOfEducation (code)": school.phase,
            "PhaseOfEducation (name)": codes.PHASES[school.phase],
            "LA (code)": authority,
            "LA (name)": world.authorities.get(authority, "Does not apply"),
        }


def all_links(world: World, day: date) -> Iterator[Row]:
    """Yield rows of `alllinksdata`; days as dd/mm/yyyy."""
    for school, group, joined in _all_links(world, day):
        authority = value_on(school.authority, day)
        yield {
            **group_row(group, day),
            "Joined date": day_first(joined, "/"),
            "Academy URN": school.urn,
            "Trust Academy Establishment Name": value_on(school.name, day),
            "TypeOfEstablishment (code)": school.type_code,
            "TypeOfEstablishment (name)": codes.ESTABLISHMENT_TYPES[school.type_code],
            "PhaseOfEducation (code)": school.phase,
            "PhaseOfEducation (name)": codes.PHASES[school.phase],
            "LA (code)": authority,
            "LA (name)": world.authorities.get(authority, "Does not apply"),
        }


def group_row(group: SyntheticGroup, day: date) -> Row:
    """Return a row of `allgroupsdata`; days as dd/mm/yyyy."""
    status = group.status_on(day)
    is_trust = group.type_code in codes.TRUST_TYPES
    return {
        "Group UID": group.uid,
        "Group ID": group.group_id,
        "Group Name": group.name,
        "Companies House Number": group.company,
        "Group Type (code)": group.type_code,
        "Group Type": codes.GROUP_TYPES[group.type_code],
        "Closed Date": day_first(group.closed if status == "CLOSED" else None, "/"),
        "Open date": "" if is_trust else day_first(group.opened, "/"),
        "Incorporated on (open date)": day_first(group.opened, "/") if is_trust else "",
        "Group Status (code)": status,
        "Group Status": _STATUS_OF_GROUP[status],
        "Group Town": group.town,
        "Group County": "Not recorded",
        "Group Postcode": group.postcode,
        "UKPRN": group.ukprn,
    }


def groups(world: World, day: date) -> Iterator[Row]:
    """Yield all groups, closed ones included."""
    return (group_row(group, day) for group in world.groups.values())


def school_links(world: World, day: date) -> Iterator[Row]:
    """Yield rows of `links_edubasealldata` as of the day."""
    listed = {school.urn: school for school in world.listed_on(day)}
    for lineage in world.lineage:
        if lineage.since and lineage.since > day:
            continue
        if lineage.urn in listed and lineage.link_urn in listed:
            yield {
                "URN": lineage.urn,
                "LinkURN": lineage.link_urn,
                "LinkName": value_on(listed[lineage.link_urn].name, day),
                "LinkType": lineage.link_type,
                "LinkEstablishedDate": day_first(lineage.since),
            }


def local_authorities(world: World) -> Iterator[Row]:
    """Return the rows of the local authorities."""
    return ({"LA (code)": code, "LA (name)": name} for code, name in world.authorities.items())
