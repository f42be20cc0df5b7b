"""Reasons for an answer about access, as one value that pages and the command show.

The rules are those of `decision` and `sign_in_checks`. This module asks them, and puts their
answers beside the rows that they rest on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from app.clock import day_of
from app.days import date_text, end_in_words, in_words, moment_in_words
from app.refusal import Refusal, RefusalError
from approvals.access_model.definition import PUPIL_NAMES, join_phrases
from approvals.decision import sign_in_checks
from approvals.decision.decision import AccessDecision
from approvals.decision.decision_types import RemitScope
from approvals.decision.evidence import Evidence, evidence_of
from approvals.decision.remedies import REMEDIES
from approvals.organisations import knowledge
from approvals.organisations import queries as organisations
from approvals.organisations.models import Organisation
from approvals.remits.basis import SchoolBasis, with_basis
from approvals.remits.in_words import number_of_schools
from approvals.remits.later import learned_later
from approvals.remits.notes import notes
from approvals.remits.remit import Remit, Scope, remit_of
from identity.accounts.models import Account

FEW = 10
"""Schools that are listed one by one."""

_MAY_ENTER, _MAY_NOT_ENTER = "may enter", "may not enter"
_MAY_ENTER_LATER = "may enter after the points under “Signing in” are settled"


@dataclass(frozen=True)
class RefusingRule:
    """A rule that refuses, in a sentence. remedy: the change that would make it agree."""

    code: str
    sentence: str
    remedy: str


@dataclass(frozen=True)
class SchoolsInWords:
    """The schools of a remit. text: completes "for …". bases: each school, where they are few.

    lines: the same as lines of the command. later: about schools that are known by register files
    imported after the moment.
    """

    text: str
    remit: Remit | None = None
    bases: Sequence[SchoolBasis] = ()
    lines: Sequence[str] = ()
    later: str = ""
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Explanation:
    """The answer for one person, service, organisation and moment.

    refusals: rules of the decision. sign_in: checks that stop the sign-in, whatever the
    organisation. learned: a sentence where the register said something else at the moment itself.
    level: the one that a sign-in has to reach, if there is one (identity.sessions.levels).
    """

    answer: AccessDecision
    organisation: Organisation | None
    at: datetime
    refusals: Sequence[RefusingRule]
    sign_in: Sequence[RefusingRule]
    learned: str
    schools: SchoolsInWords | None
    evidence: Sequence[Evidence]
    level: str | None

    @property
    def allowed(self) -> bool:
        """Whether the decision allows it. The sign-in may be stopped nevertheless."""
        return self.answer.decision.allowed

    @property
    def at_in_words(self) -> str:
        return date_text(self.at)

    @property
    def verdict(self) -> str:
        """The answer as the end of a sentence."""
        if not self.allowed:
            return _MAY_NOT_ENTER
        return _MAY_ENTER_LATER if self.sign_in else _MAY_ENTER

    @property
    def groups(self) -> Sequence[str]:
        return [group.name for group in self.answer.decision.user_groups]

    @property
    def lines(self) -> tuple[list[str], list[str]]:
        """Lines that complete "can …", and lines that complete "cannot …"."""
        return join_phrases(self.answer.decision.user_groups)

    @property
    def sees_names(self) -> bool:
        return PUPIL_NAMES in self.answer.decision.capabilities

    @property
    def factors(self) -> str:
        """The factors that a sign-in needs, in words, or an empty text."""
        return sign_in_checks.FACTORS[self.level] if self.level else ""

    @property
    def until(self) -> str:
        """The first end of what is held, or an empty text."""
        ends = [grant.valid_to for grant in self.answer.decision.grants if grant.valid_to]
        return end_in_words(min(ends)) if ends else ""

    @property
    def awaits_acceptance(self) -> bool:
        """Whether the person had not joined the organisation at the moment."""
        return any(rule.code == "MembershipWasAccepted" for rule in self.refusals)

    def for_approver(self) -> Explanation:
        """Return what an approver of the organisation may read.

        Until the person has joined this organisation, the age and the state of their account would
        tell of others.
        """
        if not self.awaits_acceptance:
            return self
        return replace(
            self,
            refusals=[rule for rule in self.refusals if rule.code != "PersonHasJoined"],
            sign_in=(),
        )


def explanation_of(answer: AccessDecision, stopped: Sequence[Refusal], at: datetime) -> Explanation:
    """Return the reasons for an answer. stopped: why the sign-in would stop the person."""
    organisation = organisations.by_public_id(answer.organisation.public_id)
    given = answer.decision
    schools = None
    if given.allowed and organisation is not None and given.remit is not None:
        schools = _schools(organisation, given.remit, at)
    return Explanation(
        answer=answer,
        organisation=organisation,
        at=at,
        refusals=_rules(given.reasons),
        sign_in=_rules(stopped),
        learned=_learned(organisation, answer, at),
        schools=schools,
        evidence=evidence_of(answer, at),
        level=sign_in_checks.needed_level(answer.facts.service_code, given.user_groups),
    )


def sign_in_of(account: Account | None, service: str, at: datetime) -> list[Refusal]:
    """Return why the sign-in would stop the person; nothing for somebody without an account."""
    return sign_in_checks.sign_in_refusals(account, service, at) if account is not None else []


def _rules(refusals: Sequence[Refusal]) -> list[RefusingRule]:
    return [RefusingRule(each.code, each.sentence, REMEDIES[each.code]) for each in refusals]


def _learned(organisation: Organisation | None, answer: AccessDecision, at: datetime) -> str:
    """Return a sentence if the register said something else, or nothing, at the moment itself."""
    refused = {reason.code for reason in answer.decision.reasons}
    if organisation is None or (refused and "OrganisationIsOpen" not in refused):
        return ""
    learned = knowledge.learned_openness(organisation, day_of(at))
    if learned is None or learned.since <= at:
        return ""
    since = moment_in_words(learned.since)
    if refused:
        return f"known since {since}: until then access was decided without this"
    if learned.earlier is False:
        return f"counted as closed until {since}, when a register file said that it was open"
    return ""


def _schools(organisation: Organisation, scope: RemitScope, at: datetime) -> SchoolsInWords:
    if scope.scope == "training":
        return SchoolsInWords("the made-up schools of the training environment")
    try:
        remit = remit_of(organisation, cast(Scope, scope.scope), at)
    except RefusalError as error:
        return SchoolsInWords(f"no school: {error}")
    count, later = remit.count, learned_later(remit, at)
    if not count:
        return SchoolsInWords(f"no school on {in_words(remit.on)}", remit, notes=notes(remit))
    schools = remit.schools if count <= FEW else ()
    lines = [
        f"{school.urn} {school.name} ({school.basis}{_known(later.get(school.urn))})"
        for school in schools
    ]
    return SchoolsInWords(
        number_of_schools(count),
        remit,
        with_basis(remit, schools),
        lines,
        later=(
            f"{len(later):,} of them by register files that were imported later, "
            f"the last on {moment_in_words(max(later.values()))}"
            if later
            else ""
        ),
        notes=notes(remit),
    )


def _known(since: datetime | None) -> str:
    return f"; known since {moment_in_words(since)}" if since else ""
