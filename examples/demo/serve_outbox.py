"""Serves the demo's outbox on the port behind the example app's."""

from granian import Granian
from granian.constants import Interfaces

from examples.demo.configuration import MAIL, Addresses
from examples.demo.outbox import create_outbox


def outbox() -> object:
    """The WSGI application that the server starts."""
    return create_outbox(MAIL)


def main() -> None:
    Granian(
        "examples.demo.serve_outbox:outbox",
        factory=True,
        port=Addresses.from_environment().outbox_port,
        interface=Interfaces.WSGI,
        log_enabled=False,
    ).serve()


if __name__ == "__main__":
    main()
