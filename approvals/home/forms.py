"""Forms of a person's own pages."""

from __future__ import annotations

from wtforms import SubmitField
from wtforms.validators import ValidationError

from app.web.forms import Form


class OfferForm(Form):
    """The answer to the question whether one wants to be an approver: one of two buttons."""

    accept = SubmitField()
    decline = SubmitField()

    def validate_accept(self, field: SubmitField) -> None:
        if field.data == self.decline.data:
            raise ValidationError("Accept or decline")
