"""Forms of the operators' pages."""

from wtforms import HiddenField

from app.web.forms import Form
from approvals.memberships.forms import ReasonForm


class ShownProposal(Form):
    """An agreement. shown: public id of the proposal that the page showed."""

    shown = HiddenField()


class EndProposal(ReasonForm):
    """The end of a proposal, with a reason for the person who proposed."""

    shown = HiddenField()
