"""Parts that the room adds to an application."""

from app.audit import EVENTS
from app.composition import Room
from app.retention import PURGES, Purge
from app.web.forms import FORMS_FROM_ELSEWHERE
from app.web.pages import PAGES, Pages
from app.worker import JOBS, Job
from identity.access_termination import CHANNELS
from identity.credentials.other_providers import PROVIDERS
from identity.credentials.take_back import TAKE_BACKS
from identity.joining.other_ways import WAYS_TO_JOIN
from identity.sessions.account_rows import ACCOUNT_ROWS, AccountRow
from identity.sessions.active_session import ActiveSession
from identity.upstream import domain_checks, events, journeys, unlinking
from identity.upstream.blueprint import blueprint
from identity.upstream.identities import TAKE_BACK, linked_providers
from identity.upstream.joining import OrganisationWays
from identity.upstream.queries import ConnectedProviders


def _linked_providers(session: ActiveSession) -> str:
    return ", ".join(each.name for each in linked_providers(session.account_id))


ROOM = Room(
    "identity.upstream",
    EVENTS(*events.EVENTS),
    PAGES(
        Pages(
            blueprint,
            "identity.upstream.views",
            "identity.upstream.join_views",
            "identity.upstream.identity_views",
        )
    ),
    ACCOUNT_ROWS(
        AccountRow(
            "Organisation sign-ins",
            45,
            _linked_providers,
            "upstream.linked_providers",
            "See or unlink",
            "organisation sign-ins",
            offered=lambda session: bool(linked_providers(session.account_id)),
        )
    ),
    TAKE_BACKS(TAKE_BACK),
    PROVIDERS(ConnectedProviders()),
    WAYS_TO_JOIN(OrganisationWays()),
    # Posted to by providers, with a signed token.
    FORMS_FROM_ELSEWHERE("upstream.logout"),
    CHANNELS(unlinking.unlink_recent),
    JOBS(Job("checks of domains", domain_checks.check_due, domain_checks.finish)),
    PURGES(Purge("visits to providers", journeys.expired)),
)
