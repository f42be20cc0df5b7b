"""A small TLS proxy, such as stands before the provider in production: one thread a connection."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.servers import ports


@dataclass(frozen=True)
class Proxy:
    """`issuer` is its address; `authority` the file of the certificate to trust."""

    port: int
    authority: Path

    @property
    def issuer(self) -> str:
        return f"https://localhost:{self.port}"


@contextmanager
def tls_proxy(folder: Path, target: list[int]) -> Iterator[Proxy]:
    """Ends TLS on a free port and hands the bytes to the port that `target` holds by then."""
    authority, key = _certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(authority, key)
    with socket.create_server((ports.HOST, 0)) as listener:
        accepting = threading.Thread(target=_accept, args=(listener, context, target), daemon=True)
        accepting.start()
        yield Proxy(listener.getsockname()[1], authority)
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
    accepting.join(5)


def _accept(listener: socket.socket, context: ssl.SSLContext, target: list[int]) -> None:
    while True:
        try:
            raw, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(raw, context, target), daemon=True).start()


def _serve(raw: socket.socket, context: ssl.SSLContext, target: list[int]) -> None:
    with raw, suppress(OSError):
        raw.settimeout(30)
        with (
            context.wrap_socket(raw, server_side=True) as outside,
            socket.create_connection((ports.HOST, target[0])) as inside,
        ):
            outward = threading.Thread(target=_copy, args=(inside, outside), daemon=True)
            outward.start()
            _copy(outside, inside)
            outward.join(30)


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    at = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address(ports.HOST))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(hours=1))
        .not_valid_after(at + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    authority, private = folder / "authority.pem", folder / "key.pem"
    authority.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return authority, private
