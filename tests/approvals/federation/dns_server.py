"""A name server with the TXT records of a test."""

from __future__ import annotations

import socket
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class NameServer:
    """Answers from `records`: texts by name. fails: it answers that it cannot."""

    def __init__(self) -> None:
        self.records: dict[str, list[str]] = {}
        self.fails = False
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                packet, sender = self._socket.recvfrom(4096)
            except OSError:
                return
            query = dns.message.from_wire(packet)
            answer = dns.message.make_response(query)
            answer.flags |= dns.flags.AA | dns.flags.RA
            question = query.question[0]
            name = question.name.to_text().rstrip(".")
            self.asked.append(name)
            texts = self.records.get(name)
            if self.fails:
                answer.set_rcode(dns.rcode.SERVFAIL)
            elif texts is None:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            elif question.rdtype == dns.rdatatype.TXT:
                quoted = [f'"{text}"' for text in texts]
                answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", "TXT", *quoted))
            self._socket.sendto(answer.to_wire(), sender)
