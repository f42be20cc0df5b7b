"""The access model as approvers meet it: what an organisation can give, in words.

The one place of this room that knows the shape of a service's definition.
"""

from dataclasses import dataclass
from datetime import datetime

from approvals import access_model
from approvals.access_model.definition import ServiceDefinition, UserGroup
from approvals.organisations.models import Organisation


@dataclass(frozen=True)
class GroupOffer:
    """A user group, with lines that complete "can …" and "cannot …"."""

    code: str
    name: str
    summary: str
    can: tuple[str, ...]
    cannot: tuple[str, ...]


@dataclass(frozen=True)
class ServiceOffer:
    """The user groups of one service that an organisation can give; `several` to one person."""

    code: str
    name: str
    description: str
    several: bool
    groups: tuple[GroupOffer, ...]

    def group(self, code: str) -> GroupOffer | None:
        return next((group for group in self.groups if group.code == code), None)


def offers(organisation: Organisation, at: datetime) -> tuple[ServiceOffer, ...]:
    """Every service of which the organisation can give something."""
    found = []
    for service in access_model.services(at):
        groups = access_model.offers(service.code, organisation, at)
        if groups and service.active:
            found.append(
                ServiceOffer(
                    service.code,
                    service.name,
                    service.description,
                    not service.one_user_group,
                    tuple(_offer(service, group) for group in groups),
                )
            )
    return tuple(found)


def offer(organisation: Organisation, service: str, at: datetime) -> ServiceOffer | None:
    """What the organisation can give of one service; none where it is nothing."""
    return next((each for each in offers(organisation, at) if each.code == service), None)


def not_offered(organisation: Organisation, at: datetime) -> tuple[tuple[str, str], ...]:
    """Name of each service of which the organisation can give nothing, and why."""
    return tuple(
        (service.name, service.not_offered[organisation.kind])
        for service in access_model.services(at)
        if organisation.kind in service.not_offered
        and not access_model.offers(service.code, organisation, at)
    )


def group(service: str, code: str, at: datetime) -> GroupOffer | None:
    """A user group by its code, whoever may hold it."""
    definition = access_model.service(service, at)
    found = definition.group(code) if definition else None
    return _offer(definition, found) if definition and found else None


def group_name(service: str, code: str, at: datetime) -> str:
    """The group's name; its code where the service no longer has it."""
    found = group(service, code, at)
    return found.name if found else code


def service_name(code: str) -> str:
    definition = access_model.service(code)
    return definition.name if definition else code


def service_names() -> list[str]:
    return [service.name for service in access_model.services()]


def _offer(service: ServiceDefinition, found: UserGroup) -> GroupOffer:
    return GroupOffer(
        found.code, found.name, found.summary, found.can, found.cannot
    )
