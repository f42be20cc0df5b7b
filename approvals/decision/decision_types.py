"""Results of rules, and the decision made from them."""

from dataclasses import dataclass

from approvals.access_model.definition import Environment, Scope, UserGroup
from approvals.decision.facts import GrantFacts


@dataclass(frozen=True, slots=True)
class Success:
    """The rule has nothing against it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The rule refuses, and says why in a sentence fit for a page."""

    sentence: str


Outcome = Success | Failure
ALLOWED = Success()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why access is refused: the rule's name and its sentence."""

    rule: str
    sentence: str


@dataclass(frozen=True, slots=True)
class RemitScope:
    """Kind of a remit, and the key of the body whose schools it holds."""

    scope: Scope
    kind: str
    key: str | None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer. Without access everything but the reasons is empty."""

    allowed: bool
    user_groups: tuple[UserGroup, ...] = ()
    capabilities: frozenset[str] = frozenset()
    environment: Environment | None = None
    remit: RemitScope | None = None
    grants: tuple[GrantFacts, ...] = ()
    reasons: tuple[Reason, ...] = ()
