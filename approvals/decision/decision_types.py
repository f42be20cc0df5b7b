"""Results of rules, and the decision made from them."""

from dataclasses import dataclass

from app.refusal import Refusal
from approvals.access_model.definition import Environment, Scope, UserGroup
from approvals.decision.facts import GrantFacts


class Rule:
    """Base of a rule that is called with facts. The name of its class is the refusal's code."""

    __slots__ = ()

    def refuse(self, sentence: str) -> Refusal:
        """Return the refusal of this rule, with a sentence fit for a page."""
        return Refusal(type(self).__name__, sentence)


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
    reasons: tuple[Refusal, ...] = ()
