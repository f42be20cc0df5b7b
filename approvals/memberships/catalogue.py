"""The access model as approvers meet it: what an organisation can give, in words.

The one place of this room that knows the shape of a service's definition.
"""

from dataclasses import dataclass
from datetime import datetime

from approvals.access_model import versions
from approvals.access_model.definition import Question, SeparateGroups, UserGroup
from approvals.organisations.models import Organisation


@dataclass(frozen=True)
class ServiceOffer:
    """The user groups of one service that an organisation can give.

    allows_several: whether one person may have several of them. questions: to people who ask.
    """

    code: str
    name: str
    description: str
    allows_several: bool
    groups: tuple[UserGroup, ...]
    questions: tuple[Question, ...] = ()

    def group(self, code: str) -> UserGroup | None:
        return next((group for group in self.groups if group.code == code), None)


class Catalogue:
    """Every service as it was at one moment, read once."""

    def __init__(self, at: datetime) -> None:
        self._services = {each.definition.code: each for each in versions.service_versions(at)}

    def offers(self, organisation: Organisation) -> tuple[ServiceOffer, ...]:
        """Return every service of which the organisation can give something."""
        found = []
        for loaded in self._services.values():
            service = loaded.definition
            groups = service.offered_to(organisation.kind, loaded.listed_as(organisation.id))
            if groups and service.active:
                found.append(
                    ServiceOffer(
                        service.code,
                        service.name,
                        service.description,
                        not service.one_user_group,
                        groups,
                        service.questions,
                    )
                )
        return tuple(found)

    def not_offered(self, organisation: Organisation) -> tuple[tuple[str, str], ...]:
        """Name of each service of which the organisation can give nothing, and why."""
        given = {offer.code for offer in self.offers(organisation)}
        return tuple(
            (loaded.definition.name, loaded.definition.not_offered[organisation.kind])
            for loaded in self._services.values()
            if organisation.kind in loaded.definition.not_offered
            and loaded.definition.code not in given
        )

    def group(self, service: str, code: str) -> UserGroup | None:
        """Return a user group by its code, for any kind of organisation."""
        loaded = self._services.get(service)
        return loaded.definition.group(code) if loaded else None

    def separations(self, service: str) -> tuple[SeparateGroups, ...]:
        """Return the user groups of a service that nobody may hold together."""
        loaded = self._services.get(service)
        return loaded.definition.separate_groups if loaded else ()

    def groups_of_names_everywhere(self) -> list[tuple[str, str]]:
        """Return the user groups with pupil names of all schools: service and code of each."""
        return [
            (code, entry.code)
            for code, loaded in self._services.items()
            for entry in loaded.definition.user_groups
            if (group := loaded.definition.group(entry.code)) is not None and group.names_everywhere
        ]

    def group_name(self, service: str, code: str) -> str:
        """Return the group's name, or its code if the service no longer has it."""
        found = self.group(service, code)
        return found.name if found else code

    def service_name(self, code: str) -> str:
        loaded = self._services.get(code)
        return loaded.definition.name if loaded else code

    def service_names(self) -> list[str]:
        return [loaded.definition.name for loaded in self._services.values()]


def offer(organisation: Organisation, service: str, at: datetime) -> ServiceOffer | None:
    """Return what the organisation can give of one service, or None."""
    offers = Catalogue(at).offers(organisation)
    return next((each for each in offers if each.code == service), None)
