"""Security headers on every answer, errors and redirects included (OWASP ASVS 5.0, V3.4)."""

from functools import lru_cache
from urllib.parse import urlsplit

from flask import Flask, Response, g, request

from app.identifiers import new_secret
from app.settings import settings
from app.web.http import Headers

HSTS = "max-age=63072000; includeSubDomains"
PERMISSIONS = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), usb=(), "
    "publickey-credentials-get=(self), "
    "publickey-credentials-create=(self)"
)
PROTECTING = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", PERMISSIONS),
)
"""On each answer, whatever it is."""
_NOT_KEPT = (("Cache-Control", "no-store"), ("Vary", "Cookie"))


def without_application(*, secure: bool) -> Headers:
    """Return the headers of a short answer that is given before the application is called."""
    return [
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
        *PROTECTING,
        *([("Strict-Transport-Security", HSTS)] if secure else []),
    ]


def install(app: Flask) -> None:
    """Add the security headers to every response."""
    app.after_request(add_security_headers)
    app.jinja_env.globals["csp_nonce"] = csp_nonce


def csp_nonce() -> str:
    """Return the nonce that lets one script of the service run on this page."""
    if "csp_nonce" not in g:
        g.csp_nonce = new_secret()
    nonce: str = g.csp_nonce
    return nonce


def allow_form_redirect(address: str) -> None:
    """Let this page's form end in a redirect to the origin of `address`.

    Browsers apply `form-action` to the redirects that follow a form, so each page of a sign-in
    that ends at a relying party names its origin. The caller has checked that it is registered.
    """
    parts = urlsplit(address)
    origins: set[str] = g.setdefault("form_origins", set())
    # An application may have a scheme of its own. A host-source names no address of IPv6 (CSP 3,
    # 2.3.1): for [::1] only the scheme is left.
    by_host = parts.scheme in {"http", "https"} and not parts.netloc.startswith("[")
    origins.add(f"{parts.scheme}://{parts.netloc}" if by_host else f"{parts.scheme}:")


def allow_frames(addresses: list[str]) -> None:
    """Let this page frame the origins of `addresses` (front-channel logout)."""
    origins: set[str] = g.setdefault("frame_origins", set())
    origins.update(f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, addresses))


def _policy() -> str:
    if not {"csp_nonce", "form_origins", "frame_origins"} & vars(g).keys():
        return _PLAIN_POLICY
    nonce = f" 'nonce-{g.csp_nonce}'" if "csp_nonce" in g else ""
    forms = " ".join(["'self'", *sorted(g.get("form_origins", ()))])
    frames = " ".join(sorted(g.get("frame_origins", ()))) or "'none'"
    return _written(nonce, forms, frames)


def _written(nonce: str, forms: str, frames: str) -> str:
    return (
        f"default-src 'none'; script-src 'self'{nonce}; style-src 'self'; img-src 'self' data:; "
        f"font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action {forms}; "
        f"frame-src {frames}; frame-ancestors 'none'; base-uri 'none'"
    )


_PLAIN_POLICY = _written("", "'self'", "'none'")


def add_security_headers(response: Response) -> Response:
    """Add the security headers that the response lacks."""
    given = tuple(name.lower() for name, _ in response.headers)
    cacheable = request.endpoint == "static"
    for name, value in _missing(given, _policy(), secure=settings().secure, cacheable=cacheable):
        response.headers.add(name, value)
    return response


def missing(present_names: tuple[str, ...]) -> Headers:
    """Return the headers that a response with these names (in lower case) still lacks."""
    return _missing(present_names, _PLAIN_POLICY, secure=settings().secure, cacheable=False)


@lru_cache(maxsize=256)
def _missing(
    present_names: tuple[str, ...], policy: str, *, secure: bool, cacheable: bool
) -> Headers:
    added = [pair for pair in PROTECTING if pair[0].lower() not in present_names]
    if "content-security-policy" not in present_names:
        added.append(("Content-Security-Policy", policy))
    if secure and "strict-transport-security" not in present_names:
        added.append(("Strict-Transport-Security", HSTS))
    if "cache-control" not in present_names and not cacheable:
        added += _NOT_KEPT
    return added
