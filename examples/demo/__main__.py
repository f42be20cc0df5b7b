"""`make demo`: makes what is missing, starts everything, stops everything."""

import os
import subprocess
import sys
from pathlib import Path

from app.cli.listen_address import why_occupied
from examples.demo import announcement, clients
from examples.demo.configuration import (
    ANNOUNCEMENT,
    INSTANCE,
    LOGS,
    ROOT,
    Addresses,
    use_settings,
    write_settings,
)
from examples.demo.organisations import choose
from examples.demo.processes import DidNotStart, Processes
from examples.demo.seed import seed_people
from wsgi import create_app

REGISTER = ROOT / "examples" / "register"
LOOPBACK = "127.0.0.1"
UNDATED = "2018-02-01"
BODIES = (
    ("Diocese of Marlchester", "--kind", "diocese", "--diocese-code", "CE91"),
    ("Diocese of Selwick and Marl", "--kind", "diocese", "--diocese-code", "RC91"),
    ("Westbridge Training", "--kind", "training_provider", "--ukprn", "10099999"),
)
PROGRAM = str(Path(sys.executable).parent / "secure-access")


def main() -> None:
    """Start the demo and run it until it is stopped."""
    # Only its own user may read the files of the demo and of everything that it starts.
    os.umask(0o077)
    if INSTANCE.exists():
        INSTANCE.chmod(0o700)
    addresses = Addresses.from_environment()
    _require_free_ports(addresses)
    write_settings(addresses)
    use_settings()
    run("setup")
    if ANNOUNCEMENT.exists():
        _follow(addresses)
    else:
        _fill(addresses)
    with Processes(LOGS) as processes:
        try:
            _start(processes, addresses)
            announcement.show()
            processes.watch()
        except KeyboardInterrupt:
            print("\nStopping the demo.")
            return
        except DidNotStart as error:
            sys.exit(str(error))
    sys.exit(f"One of the demo's processes ended; see {LOGS}.")


def _require_free_ports(addresses: Addresses) -> None:
    for port in (addresses.port, addresses.reporting_port, addresses.outbox_port):
        reason = why_occupied(LOOPBACK, port)
        if reason is not None:
            sys.exit(
                f"{reason} Stop what listens there, or choose others: "
                "make demo PORT=8100 REPORTING_PORT=8101 (the outbox is on the next one)."
            )


def run(*arguments: str) -> None:
    """Run `secure-access` on the demo and show its complaints; it must succeed."""
    done = subprocess.run(  # noqa: S603  # a command of our own
        [PROGRAM, *arguments], text=True, stdout=subprocess.PIPE, check=False, cwd=ROOT
    )
    if done.returncode:
        sys.exit(f"secure-access {' '.join(arguments)} failed: {done.stdout}")


def _fill(addresses: Addresses) -> None:
    print("Making the demo. This takes a minute or two, once.")
    print("  1 of 4: importing the register", flush=True)
    run("register", "import", "--as-of", UNDATED, *map(str, sorted(REGISTER.glob("*.csv"))))
    print("  2 of 4: adding organisations", flush=True)
    for body in BODIES:
        run("organisations", "add", *body)
    with create_app().app_context():
        print("  3 of 4: registering services", flush=True)
        registered = clients.register(addresses, [])
        print("  4 of 4: adding people", flush=True)
        people = seed_people(choose())
    announcement.write(addresses, people, registered)


def _follow(addresses: Addresses) -> None:
    """Update the demo of an earlier start: data stay, addresses and clients may change."""
    known = announcement.read()["clients"]
    with create_app().app_context():
        registered = clients.register(addresses, known)
    announcement.update(addresses, registered)


def _start(processes: Processes, addresses: Addresses) -> None:
    client = announcement.read()["clients"][0]
    processes.start("serve", [PROGRAM, "serve"], {})
    processes.start("worker", [PROGRAM, "worker"], {})
    processes.start("outbox", [sys.executable, "-m", "examples.demo.serve_outbox"], {})
    processes.wait_until_ready("serve", f"http://127.0.0.1:{addresses.port}/readyz")
    processes.start(
        "school-performance",
        [sys.executable, "-m", "examples.school_performance"],
        {
            "SCHOOL_PERFORMANCE_CLIENT_ID": client["client_id"],
            "SCHOOL_PERFORMANCE_CLIENT_SECRET": client["client_secret"],
            "SCHOOL_PERFORMANCE_ISSUER": addresses.issuer,
            "SCHOOL_PERFORMANCE_BASE_URL": addresses.reporting_app,
            "SCHOOL_PERFORMANCE_PORT": str(addresses.reporting_port),
            "SCHOOL_PERFORMANCE_DATABASE": str(INSTANCE / "school_performance.sqlite3"),
        },
    )
    processes.wait_until_ready("outbox", addresses.outbox)
    processes.wait_until_ready("school-performance", f"{addresses.reporting_app}/")


if __name__ == "__main__":
    main()
