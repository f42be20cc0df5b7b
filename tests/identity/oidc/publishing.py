"""A service's own web server, which publishes documents: its keys, its sector."""

from __future__ import annotations

import json
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Publishing:
    """Says `document` to whoever asks, whatever the path, and counts how often it was asked."""

    def __init__(self, document: Any = None) -> None:
        self.document = document
        self.status = 200
        self.asked = 0
        publishing = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                publishing.asked += 1
                said = publishing.document
                body = said if isinstance(said, bytes) else json.dumps(said).encode()
                self.send_response(publishing.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        serve = partial(self.server.serve_forever, poll_interval=0.01)
        threading.Thread(target=serve, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/document"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
