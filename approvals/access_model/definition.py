"""Content of a service's file as data: read from the file, stored in the database, used by rules.

The classes are the schema too. A key that they do not know is refused; a key added later has a
default, so that versions loaded before it can still be read.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from identity.sessions.levels import rank

Scope = Literal["own", "remit", "all", "training"]
"""Schools whose data a user group opens: the school itself, those of the organisation's remit, all
of them, or the made-up ones of the training environment."""

MinimumLevel = Literal[
    "urn:secure-access:aal1", "urn:secure-access:aal2", "urn:secure-access:aal2-phishing-resistant"
]
"""A level of a sign-in, as the claim `acr` has it."""

Environment = Literal["live", "training"]

PUPIL_NAMES = "view_pupil_names"
"""The capability that shows pupil names, by its code in every service."""

ServiceCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,79}$")]
CapabilityCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,79}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,79}$")]
GroupCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{1,79}$")]


def _one_line(text: str) -> str:
    if text != " ".join(text.split()) or not text:
        raise ValueError("must be one line of text without space at its ends")
    return text


Line = Annotated[str, StringConstraints(max_length=300), AfterValidator(_one_line)]
Name = Annotated[str, StringConstraints(max_length=100), AfterValidator(_one_line)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Capability(_Model):
    """One thing that a user group lets people do."""

    line: Line
    """Completes "This user group can …" and "… cannot …" on pages."""

    sentence: Line
    """Text for relying developers in the claim dictionary."""

    second_approver: bool = False
    """Whether each user group with it needs a second approver."""


class ListedOrganisation(_Model):
    """An organisation that the service names, under a key of the file's own.

    With an identifier it is one of the register; without, it is added when the file is loaded.
    """

    key: Key
    kind: str
    name: Line
    urn: str | None = None
    uid: str | None = None
    la_code: str | None = None
    diocese_code: str | None = None
    ukprn: str | None = None


class Question(_Model):
    """A question of the service to people who ask for access. Approvers see the answer."""

    code: Key
    text: Line
    hint: Line | None = None
    required: bool = True


class UserGroupEntry(_Model):
    """A user group as the file has it.

    Organisations of `kinds`, and those listed under the keys in `organisations`, may hold it.
    """

    code: GroupCode
    name: Name
    summary: Line
    kinds: tuple[str, ...] = ()
    organisations: tuple[Key, ...] = ()
    schools: Scope
    environment: Environment = "live"
    capabilities: tuple[CapabilityCode, ...]
    minimum_acr: MinimumLevel | None = None
    second_approver: bool = False


class SeparateGroups(_Model):
    """User groups of which a person may hold one only: a separation of duties.

    Before the day `enforced_from` the rule records what it would refuse.
    """

    groups: tuple[GroupCode, ...]
    reason: Line
    enforced_from: date | None = None


@dataclass(frozen=True, slots=True)
class UserGroup:
    """People who may do the same things. `code` and `name` are what tokens carry.

    `can` and `cannot` complete "This user group can …" and "… cannot …", the schools first.
    """

    service: str
    service_name: str
    code: str
    name: str
    summary: str
    kinds: tuple[str, ...]
    organisations: tuple[str, ...]
    schools: Scope
    environment: Environment
    capabilities: tuple[str, ...]
    can: tuple[str, ...]
    cannot: tuple[str, ...]
    minimum_acr: str | None = None
    """The level that a sign-in of its people has to reach; None: the client's own minimum."""
    second_approver: bool = False
    """Whether a second approver has to agree before somebody holds it."""
    second_approver_from: date | None = None
    """Before this day a second approver is not asked; what would have waited is recorded."""

    @property
    def names_everywhere(self) -> bool:
        """Whether it shows pupil names of all schools: such access always has an end."""
        return self.schools == "all" and PUPIL_NAMES in self.capabilities


def highest_minimum(groups: Collection[UserGroup]) -> str | None:
    """Return the highest level that one of the groups demands, or None where none does."""
    demanded = [group.minimum_acr for group in groups if group.minimum_acr is not None]
    return max(demanded, key=rank, default=None)


def join_phrases(groups: Collection[UserGroup]) -> tuple[list[str], list[str]]:
    """Return what somebody with all of these user groups can do, and what they cannot.

    A line that one of the groups allows is no longer among those that another does not.
    """
    can = list(dict.fromkeys(line for group in groups for line in group.can))
    cannot = dict.fromkeys(line for group in groups for line in group.cannot)
    return can, [line for line in cannot if line not in can]


class ServiceDefinition(_Model):
    """A service and its user groups, in the order of the file."""

    code: ServiceCode
    name: Name
    description: Line
    active: bool = True
    one_user_group: bool
    """Whether a person holds at most one user group of the service in an organisation."""

    schools: dict[Scope, Line]
    """Sentences for what each scope lets people see, completing "This user group can …"."""

    capabilities: dict[CapabilityCode, Capability]
    organisations: tuple[ListedOrganisation, ...] = ()
    not_offered: dict[str, Line] = {}
    """Why a kind of organisation may hold nothing of the service, by kind."""

    questions: tuple[Question, ...] = ()
    """Questions to people who ask for access."""

    user_groups: tuple[UserGroupEntry, ...]
    second_approver_from: date | None = None
    separate_groups: tuple[SeparateGroups, ...] = ()

    @cached_property
    def groups(self) -> tuple[UserGroup, ...]:
        """The user groups, in the order of the file, with what they mean to people."""
        return tuple(
            UserGroup(
                service=self.code,
                service_name=self.name,
                code=entry.code,
                name=entry.name,
                summary=entry.summary,
                kinds=entry.kinds,
                organisations=entry.organisations,
                schools=entry.schools,
                environment=entry.environment,
                capabilities=tuple(self.in_order(entry.capabilities)),
                can=(
                    self.schools[entry.schools],
                    *(self.capabilities[code].line for code in self.in_order(entry.capabilities)),
                ),
                cannot=tuple(
                    text.line
                    for code, text in self.capabilities.items()
                    if code not in entry.capabilities
                ),
                minimum_acr=entry.minimum_acr,
                second_approver=entry.second_approver
                or any(self.capabilities[code].second_approver for code in entry.capabilities),
                second_approver_from=self.second_approver_from,
            )
            for entry in self.user_groups
        )

    @cached_property
    def _by_code(self) -> dict[str, UserGroup]:
        return {group.code: group for group in self.groups}

    def group(self, code: str) -> UserGroup | None:
        return self._by_code.get(code)

    def offered_to(self, kind: str, listed_as: Collection[str]) -> tuple[UserGroup, ...]:
        """Return the user groups for an organisation of this kind, listed under these keys."""
        return tuple(
            group
            for group in self.groups
            if kind in group.kinds or any(key in listed_as for key in group.organisations)
        )

    def in_order(self, capabilities: Collection[str]) -> list[str]:
        """Return capabilities in the order of the file, as tokens and pages list them."""
        return [code for code in self.capabilities if code in capabilities]
