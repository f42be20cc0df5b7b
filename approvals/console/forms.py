"""Forms of the operators' pages."""

from approvals.memberships.forms import EmailForm
from identity.accounts.names_form import NamesForm


class ApproverForm(EmailForm, NamesForm):
    """Whom to appoint."""
