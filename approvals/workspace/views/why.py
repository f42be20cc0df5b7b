"""Why a person of the organisation can, or cannot, open a service."""

from flask import Blueprint, render_template

from app.days import in_words
from app.web.authorisation import permit
from approvals.decision.question_form import question_form
from approvals.memberships.access import approver_of, this_organisation
from approvals.refusals import not_there
from approvals.workspace import explanations, queries


def add_to(pages: Blueprint) -> None:
    """Add the page to the blueprint."""
    pages.get("/o/<organisation>/users/<member>/why/<service>")(why)


@permit(approver_of)
def why(member: str, service: str, **_route: str) -> str:
    """Show the reasons, for a day on which the person belonged to the organisation.

    A person who has left is not found. An earlier day would tell of other organisations.
    """
    organisation, form = this_organisation(), question_form()
    person = queries.open_member(organisation, member)
    if person is None:
        raise not_there("no such person in the organisation")
    begins = explanations.first_moment(organisation, person)
    if form.at < begins:
        form = form.refuse(
            f"{person.name} was added to {organisation.name} on {in_words(begins)}. "
            "Enter that day or a later one"
        )
    answer = explanations.explain_to_approver(organisation, person, form.question(service))
    if answer is None:
        raise not_there("no such service")
    return render_template(
        "workspace/why.html",
        organisation=organisation,
        person=person,
        question=form,
        answer=answer,
    )
