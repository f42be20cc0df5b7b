"""Signed-in browsers: started, looked up, listed and ended here and nowhere else."""

from identity.sessions.current_session import current
from identity.sessions.models import Session

__all__ = ["Session", "current"]
