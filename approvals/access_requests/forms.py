"""Forms of requests. The actions' rules judge their contents again."""

from __future__ import annotations

from collections.abc import Sequence

from wtforms import Field, RadioField, StringField
from wtforms.validators import ValidationError

from app.typed_text import LONGEST_REASON, collapse_spaces
from app.web.forms import Form, TypedText
from approvals.access_model.definition import Question
from approvals.memberships.catalogue import ServiceOffer

APPROVE, REJECT = "approve", "reject"
_LESSER = "lesser:"


class _Required:
    """Validator: an answer that must not be empty."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence

    def __call__(self, _form: object, field: Field) -> None:
        if not field.data:
            raise ValidationError(self.sentence)


class RequestForm(Form):
    """Form for a request: one user group of one service, and the reason.

    `form_for` adds a field for each question of a service. The fields of a service that was not
    chosen are not looked at.
    """

    choice = RadioField("What do you need to see?", validate_choice=False)
    reason = StringField(
        "Why do you need access?",
        filters=[collapse_spaces],
        validators=[
            _Required("Enter why you need access"),
            TypedText("Why you need access", LONGEST_REASON),
        ],
    )
    offers: Sequence[ServiceOffer] = ()

    def validate_choice(self, _field: RadioField) -> None:
        if self.chosen() is None:
            raise ValidationError("Select what you need to see")

    def chosen(self) -> tuple[ServiceOffer, str] | None:
        """Return the service and the code of the user group that were selected."""
        service, _, group = (self.choice.data or "").partition(":")
        offer = next((each for each in self.offers if each.code == service), None)
        if offer is None or offer.group(group) is None:
            return None
        return offer, group

    def question_fields(self, offer: ServiceOffer) -> list[tuple[Question, Field]]:
        """Return the questions of a service with their fields."""
        return [(question, self[_field_name(offer, question)]) for question in offer.questions]

    def answers(self, offer: ServiceOffer) -> list[tuple[str, str]]:
        """Return the questions of a service with the answers that were given."""
        return [
            (question.text, field.data)
            for question, field in self.question_fields(offer)
            if field.data
        ]


class _Answer:
    """Validator of an answer, if its service was chosen."""

    def __init__(self, offer: ServiceOffer, question: Question) -> None:
        self._offer = offer
        self._question = question
        self._text = TypedText("The answer", LONGEST_REASON)

    def __call__(self, form: RequestForm, field: StringField) -> None:
        chosen = form.chosen()
        if chosen is None or chosen[0].code != self._offer.code:
            return
        if self._question.required and not field.data:
            raise ValidationError(f"Answer the question: {self._question.text}")
        self._text(form, field)


def form_for(
    offers: Sequence[ServiceOffer],
    *,
    service: str | None,
    group: str | None = None,
    reason: str = "",
    answers: Sequence[tuple[str, str]] = (),
) -> RequestForm:
    """Return the form for an organisation's offers, filled with earlier answers.

    The only user group of a service to choose from is chosen already.
    """
    answered = dict(answers)
    data = {"reason": reason}
    fields: dict[str, object] = {"offers": tuple(offers)}
    for offer in offers:
        for question in offer.questions:
            data[_field_name(offer, question)] = answered.get(question.text, "")
            fields[_field_name(offer, question)] = StringField(
                question.text, filters=[collapse_spaces], validators=[_Answer(offer, question)]
            )
    form_class: type[RequestForm] = type("RequestFormOfOrganisation", (RequestForm,), fields)
    named = next((each for each in offers if each.code == service), None)
    if group is None and named is not None and len(named.groups) == 1:
        group = named.groups[0].code
    form: RequestForm = form_class(choice=f"{service}:{group}" if group else None, **data)
    return form


class DecisionForm(Form):
    """Form for a decision: approve, approve with a lesser user group, or reject with a reason."""

    decision = RadioField("Decision", validate_choice=False)
    reason = StringField(
        "Reason", filters=[collapse_spaces], validators=[TypedText("The reason", LONGEST_REASON)]
    )

    def offer(self, lesser: Sequence[str]) -> None:
        """Set the lesser user groups that may be chosen, by code."""
        self.codes = {APPROVE, REJECT, *(f"{_LESSER}{code}" for code in lesser)}

    @property
    def rejects(self) -> bool:
        return bool(self.decision.data == REJECT)

    @property
    def lesser_group(self) -> str | None:
        """Code of the lesser user group that was chosen, or None."""
        chosen: str = self.decision.data
        return chosen.removeprefix(_LESSER) if chosen.startswith(_LESSER) else None

    def validate_decision(self, field: RadioField) -> None:
        if field.data not in self.codes:
            raise ValidationError("Select what you decide")

    def validate_reason(self, field: StringField) -> None:
        if self.rejects and not field.data:
            raise ValidationError("Enter the reason for the rejection")


def _field_name(offer: ServiceOffer, question: Question) -> str:
    return f"answer_{offer.code}_{question.code}"
