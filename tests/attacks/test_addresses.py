"""Addresses that no page of ours has: HC-06 of the catalogue, in each route there is."""

from __future__ import annotations

import re

from flask import Flask

KNOW_NO_QUERY = {"/healthz", "/readyz", "/jwks"} | {
    f"/.well-known/{name}" for name in ("openid-configuration", "oauth-authorization-server")
}


def test_HC_06_address_with_nul_is_refused_everywhere(app: Flask) -> None:
    visitor = app.test_client()
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.rule in KNOW_NO_QUERY:
            continue
        address = re.sub("<[^>]*>", "%00", rule.rule)
        asked = [f"{address}?journey=%00&next=a%00b&state=%00"]
        asked += [address] if rule.arguments else []
        for each in asked:
            assert visitor.get(each).status_code in {400, 401, 404}, each
