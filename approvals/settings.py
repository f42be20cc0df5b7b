"""Settings of the approvals floor."""

from pydantic import BaseModel


class ApprovalsSettings(BaseModel):
    """What the approvals floor needs."""
