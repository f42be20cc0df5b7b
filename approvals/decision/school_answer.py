"""Whether a person can see one school, and its pupils' names, by the remit of the decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.days import in_words
from approvals.decision.explanation import Explanation
from approvals.organisations import queries as organisations
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation, search_name
from approvals.organisations.names import name_on
from approvals.remits.basis import with_basis

MOST_CHOICES = 10


@dataclass(frozen=True)
class SchoolAnswer:
    """The answer about the school that a text names, at the moment of an explanation.

    sees: whether the person can see it. sees_names: whether they can see pupil names there.
    choices: schools that the text may mean, where it names several.
    """

    sentences: Sequence[str]
    sees: bool = False
    sees_names: bool = False
    choices: Sequence[Organisation] = ()


def school_answer(explanation: Explanation, text: str) -> SchoolAnswer:
    """Return whether the person can see the school with this URN, or of this name."""
    found = organisations.search(text, kinds=[Kind.ESTABLISHMENT], limit=MOST_CHOICES + 1)
    name = search_name(text)
    exact = [each for each in found if text == each.urn or name == each.search_name]
    if len(exact) == 1:
        return _about(explanation, exact[0])
    if len(found) == 1:
        return _about(explanation, found[0])
    if not found:
        return SchoolAnswer([f"The register has no school with the name or URN “{text}”."])
    more = len(found) > MOST_CHOICES
    sentence = f"More than {MOST_CHOICES} schools match" if more else f"{len(found)} schools match"
    advice = "Enter more of the name, or a URN, or choose" if more else "Choose"
    return SchoolAnswer([f"{sentence}. {advice} one of these."], choices=found[:MOST_CHOICES])


def _about(explanation: Explanation, school: Organisation) -> SchoolAnswer:
    name = f"{name_on(school, explanation.at)} (URN {school.urn})"
    schools = explanation.schools
    if not explanation.allowed or schools is None:
        return SchoolAnswer([f"No. {name} cannot be seen: the access itself is refused."])
    groups = " and ".join(explanation.groups)
    if schools.remit is None:
        return SchoolAnswer([f"No. {groups} opens {schools.text}."])
    found = schools.remit.school(school.urn or "")
    if found is None:
        day = in_words(schools.remit.on)
        state = "" if organisations.is_open(school, schools.remit.on) else f", and closed on {day}"
        return SchoolAnswer([f"No. {name} is not among the schools of {groups} on {day}{state}."])
    basis = with_basis(schools.remit, [found])[0].in_words
    sentences = [f"Yes. {name} is among the schools of {groups}: {basis[:1].lower()}{basis[1:]}."]
    if explanation.sees_names:
        sentences.append(f"{groups} can see pupil names there.")
    else:
        sentences.append(f"{groups} cannot see pupil names, there or in any other school.")
    if explanation.sign_in:
        sentences.append("This counts once the sign-in is no longer stopped.")
    return SchoolAnswer(sentences, sees=True, sees_names=explanation.sees_names)
