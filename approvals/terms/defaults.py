"""The first texts, published by `secure-access setup` where nothing was published yet."""

from pathlib import Path

from app.actors import SYSTEM
from app.clock import now
from approvals.access_model import definitions
from approvals.terms import actions, queries

TEXTS = Path(__file__).parent / "texts"
PLATFORM = "platform"


def publish_first() -> str:
    """Publish the first texts, each for the service of its file's name or the platform."""
    published = []
    for path in sorted(TEXTS.glob("*.md")):
        service = None if path.stem == PLATFORM else path.stem
        known = service is None or definitions.service(service, now()) is not None
        if known and not queries.versions(service):
            actions.publish(
                path.read_text(encoding="utf-8"),
                service=service,
                accept_again=True,
                actor=SYSTEM,
            )
            published.append(path.stem)
    return f"published {', '.join(published)}" if published else "nothing new"
