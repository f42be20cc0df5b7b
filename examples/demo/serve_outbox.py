"""Serves the demo's outbox on the port behind the example app's, and below it the playground."""

import os

from granian import Granian
from granian.constants import Interfaces
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from examples.demo import announcement
from examples.demo.clients import PLAYGROUND
from examples.demo.configuration import MAIL, Addresses
from examples.demo.outbox import create_outbox
from examples.playground.app import create_playground
from examples.playground.provider import Settings


def served() -> object:
    """Return the WSGI application that the server starts."""
    addresses = Addresses.from_environment()
    client = announcement.read()["clients"][PLAYGROUND]
    playground = create_playground(
        Settings(
            issuer=addresses.issuer,
            client_id=client["client_id"],
            client_secret=client["client_secret"],
            base=addresses.playground,
            api=f"{addresses.reporting_app}/api",
            # Whom the example app trusts.
            ca_file=os.environ.get("SCHOOL_PERFORMANCE_CA_FILE", ""),
        )
    )
    return DispatcherMiddleware(create_outbox(MAIL), {"/playground": playground})


def main() -> None:
    """Serve the outbox of the demo."""
    Granian(
        "examples.demo.serve_outbox:served",
        factory=True,
        port=Addresses.from_environment().outbox_port,
        interface=Interfaces.WSGI,
        blocking_threads=8,
        log_enabled=False,
    ).serve()


if __name__ == "__main__":
    main()
