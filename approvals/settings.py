"""Settings of the approvals floor."""

from app.settings import FloorSettings


class ApprovalsSettings(FloorSettings):
    """What the approvals floor needs."""
