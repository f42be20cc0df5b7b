"""`python -m examples.school_performance` serves the example until it is stopped."""

from os import environ, umask

from granian import Granian
from granian.constants import Interfaces

if __name__ == "__main__":  # one process, since sign_in.py has a lock of threads
    umask(0o077)  # pupils' data: only for the user that runs this
    host = environ.get("SCHOOL_PERFORMANCE_HOST", "127.0.0.1")
    port, app = int(environ.get("SCHOOL_PERFORMANCE_PORT", "8001")), f"{__package__}.app:create_app"
    Granian(app, host, port, interface=Interfaces.WSGI, factory=True, blocking_threads=8).serve()
