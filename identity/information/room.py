"""Parts that the room adds to an application."""

from app.cli.setup import SETUP_STEPS, SetupStep
from app.composition import Room
from app.web.help import HELP_TOPICS, topic_of_page
from app.web.pages import PAGES, TEMPLATE_NAMES, Pages, TemplateName
from app.web.rate_limits import UNLIMITED
from identity.information.facts import check_facts
from identity.information.help_topics import TOPICS
from identity.information.views import blueprint

ROOM = Room(
    "identity.information",
    PAGES(Pages(blueprint)),
    HELP_TOPICS(*TOPICS),
    TEMPLATE_NAMES(TemplateName("topic_of_page", topic_of_page)),
    UNLIMITED("information.status_page"),
    SETUP_STEPS(SetupStep("facts for the privacy page", check_facts)),
)
