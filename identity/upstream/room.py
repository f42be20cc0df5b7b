"""Parts that the room adds to an application."""

from app.audit import EVENTS
from app.composition import Room
from app.retention import PURGES, Purge
from app.web.forms import FORMS_FROM_ELSEWHERE
from app.web.pages import PAGES, Pages
from identity.access_termination import CHANNELS
from identity.credentials.other_providers import PROVIDERS
from identity.joining.other_ways import WAYS_TO_JOIN
from identity.upstream import events, journeys, unlinking
from identity.upstream.blueprint import blueprint
from identity.upstream.joining import OrganisationWays
from identity.upstream.queries import ConnectedProviders

ROOM = Room(
    "identity.upstream",
    EVENTS(*events.EVENTS),
    PAGES(Pages(blueprint, "identity.upstream.views", "identity.upstream.join_views")),
    PROVIDERS(ConnectedProviders()),
    WAYS_TO_JOIN(OrganisationWays()),
    # Posted to by providers, with a signed token.
    FORMS_FROM_ELSEWHERE("upstream.logout"),
    CHANNELS(unlinking.unlink_recent),
    PURGES(Purge("visits to providers", journeys.expired)),
)
