"""Form for a person's name, wherever it is entered."""

from __future__ import annotations

from wtforms import StringField
from wtforms.validators import ValidationError

from app.typed_text import collapse_spaces
from app.web.forms import Form, TypedText
from identity.accounts.names import FAMILY_NAME, GIVEN_NAME, NO_NAME


class NamesForm(Form):
    """A person's name. One of the two parts may be empty."""

    given_name = StringField(
        GIVEN_NAME, filters=[collapse_spaces], validators=[TypedText(GIVEN_NAME)]
    )
    family_name = StringField(
        FAMILY_NAME, filters=[collapse_spaces], validators=[TypedText(FAMILY_NAME)]
    )

    def validate_given_name(self, field: StringField) -> None:
        if not field.data and not self.family_name.data:
            raise ValidationError(NO_NAME)
