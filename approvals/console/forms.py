"""Forms of the operators' pages."""

from approvals.memberships.forms import EmailForm
from identity.joining.forms import NamesForm


class ApproverForm(EmailForm, NamesForm):
    """Whom to appoint."""
