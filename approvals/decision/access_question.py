"""A question about one person's access, and its answer as the pages show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.days import date_text
from approvals.access_model import definitions
from approvals.decision import decision
from approvals.decision.decision import AccessDecision
from approvals.decision.explain import model_note
from approvals.decision.explanation import Explanation, explanation_of, sign_in_of
from approvals.decision.school_answer import SchoolAnswer, school_answer
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from approvals.terms import due
from approvals.terms.queries import accepted_by
from identity.accounts.models import Account


@dataclass(frozen=True)
class AccessQuestion:
    """The service, by its code, the moment, and a school by name or URN if one is asked about."""

    service: str
    at: datetime
    school: str = ""


@dataclass(frozen=True)
class AccessAnswer:
    """The reasons, with the terms that were accepted. note: about the age of the access model."""

    service: str
    service_name: str
    explanation: Explanation
    terms: Sequence[str]
    note: str
    school: SchoolAnswer | None


def answer_for(
    account: Account, organisation: Organisation, question: AccessQuestion
) -> AccessAnswer | None:
    """Return the whole answer, for the person and for operators; None for an unknown service."""
    name = _name_of(question)
    if name is None:
        return None
    found = decision.decide_by_id(account.id, question.service, organisation.public_id, question.at)
    explanation = explanation_of(
        found, sign_in_of(account, question.service, question.at), question.at
    )
    return _answer(question, name, explanation, _terms(account, question, dated=True))


def answer_for_approver(
    person: Membership,
    account: Account | None,
    organisation: Organisation,
    question: AccessQuestion,
) -> AccessAnswer | None:
    """Return the answer for an approver of the organisation; None for an unknown service.

    It tells nothing of other organisations, so terms bear no date.
    """
    name = _name_of(question)
    found = _decision_of(person, account, organisation, question)
    if name is None or found is None:
        return None
    stopped = sign_in_of(account, question.service, question.at)
    explanation = explanation_of(found, stopped, question.at).for_approver()
    terms = []
    if account is not None and not explanation.awaits_acceptance:
        terms = _terms(account, question, dated=False)
    return _answer(question, name, explanation, terms)


def _decision_of(
    person: Membership,
    account: Account | None,
    organisation: Organisation,
    question: AccessQuestion,
) -> AccessDecision | None:
    if account is not None:
        return decision.decide_by_id(
            account.id, question.service, organisation.public_id, question.at
        )
    invited = decision.decisions_of_invited(person.address, question.service, question.at)
    return next(
        (each for each in invited if each.organisation.public_id == organisation.public_id), None
    )


def _name_of(question: AccessQuestion) -> str | None:
    definition = definitions.service(question.service, question.at)
    return definition.name if definition is not None else None


def _answer(
    question: AccessQuestion, name: str, explanation: Explanation, terms: Sequence[str]
) -> AccessAnswer:
    return AccessAnswer(
        service=question.service,
        service_name=name,
        explanation=explanation,
        terms=terms,
        note=model_note(question.service, question.at),
        school=school_answer(explanation, question.school) if question.school else None,
    )


def _terms(account: Account, question: AccessQuestion, *, dated: bool) -> list[str]:
    """Return a sentence for the newest accepted version of the platform's and service's terms."""
    newest = {}
    for each in reversed(accepted_by(account.id)):
        if each.version.service in (None, question.service) and each.accepted_at <= question.at:
            newest[each.version.service] = each
    return [
        f"“{due.title(each.version, question.at)}”, version {each.version.number}, accepted"
        + (f" on {date_text(each.accepted_at)}." if dated else ".")
        for _, each in sorted(newest.items(), key=lambda item: item[0] is not None)
    ]
