"""Reasons for an answer about access, as lines of text for the command."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from app.days import date_text, moment_in_words
from app.refusal import RefusalError
from approvals.access_model import definitions, versions
from approvals.decision import decision
from approvals.decision.explanation import FEW, Explanation, explanation_of, sign_in_of
from approvals.organisations import queries as organisations
from approvals.organisations.models import Organisation
from approvals.remits.remit import Remit
from identity.accounts.queries import account_at
from identity.email_address import EmailAddress


def explain(
    email: EmailAddress, service: str, organisation: Organisation | None, at: datetime
) -> Iterator[str]:
    """Return lines of text. Raises RefusalError."""
    account = account_at(email)
    definition = definitions.service(service, at)
    if definition is None:
        raise RefusalError.of(
            "unknown_subject",
            f"There is no service with the code {service}. "
            "`secure-access services find` lists the codes.",
        )
    if account is not None:
        name = f"{account.name} ({account.email})"
        answers = (
            decision.decisions_of_person(account.id, service, at)
            if organisation is None
            else [decision.decide_by_id(account.id, service, organisation.public_id, at)]
        )
    else:
        name, answers = email.text, decision.decisions_of_invited(email, service, at)
        if not answers:
            raise RefusalError.of(
                "unknown_subject",
                f"There is no account with the address {email}, and no invitation to it. "
                "`secure-access accounts find` finds people by name or address.",
            )
    stopped = sign_in_of(account, service, at)
    explanations = [explanation_of(answer, stopped, at) for answer in answers]
    return _lines(f"{name}, {definition.name}, {date_text(at)}", service, explanations, at)


def model_note(service: str, at: datetime) -> str:
    """Return a sentence where the moment lies before the first version of the service's file."""
    first = versions.first_version(service)
    if first is None or at >= first:
        return ""
    return (
        f"The access model was first loaded on {moment_in_words(first)}; "
        "its first version is used for earlier moments."
    )


def _lines(
    heading: str, service: str, explanations: Sequence[Explanation], at: datetime
) -> Iterator[str]:
    yield heading
    note = model_note(service, at)
    if note:
        yield note
    for explanation in explanations:
        yield from _about(explanation)
    if not explanations:
        yield "The account belongs to no organisation."
    elif explanations[0].sign_in:
        yield "Signing in:"
        yield from (f"  - {rule.sentence}" for rule in explanations[0].sign_in)


def find(text: str) -> Sequence[Organisation]:
    """Return organisations with this public id, identifier or name; at most a few."""
    exact = organisations.by_public_id(text)
    return [exact] if exact else organisations.search(text, limit=FEW)


def _about(explanation: Explanation) -> Iterator[str]:
    yield f"{explanation.answer.organisation.name}: {explanation.verdict}"
    if not explanation.allowed:
        yield from (f"  - {rule.sentence}" for rule in explanation.refusals)
        if explanation.learned:
            yield f"    ({explanation.learned})"
    else:
        if explanation.learned:
            yield f"  ({explanation.learned})"
        yield from (f"  as {name}" for name in explanation.groups)
        can, cannot = explanation.lines
        yield from (f"    can {line}" for line in can)
        yield from (f"    cannot {line}" for line in cannot)
        yield from _schools(explanation)
        if explanation.until:
            yield f"  until {explanation.until}"
    yield from (
        f"  {each.topic}: {each.sentence}{'' if each.counts else ' It does not count.'}"
        for each in explanation.evidence
    )


def _schools(explanation: Explanation) -> Iterator[str]:
    schools = explanation.schools
    if schools is None:
        return
    if schools.lines:
        yield f"  for {schools.text}:"
        yield from (f"    {line}" for line in schools.lines)
    elif schools.remit is not None and schools.remit.count:
        yield f"  for {schools.text}; to list them: {_command(schools.remit)}"
        if schools.later:
            yield f"    {schools.later}"
    else:
        yield f"  for {schools.text}"
    yield from (f"    {note}" for note in schools.notes)


def _command(remit: Remit) -> str:
    key = f" {remit.key}" if remit.key else ""
    return f"secure-access remits show {remit.kind}{key} --at {remit.on.isoformat()}"
