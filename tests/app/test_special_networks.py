"""Which addresses belong to the public internet."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import pytest

from app import http_client
from app.special_networks import IPV4, IPV6, embedded_addresses, is_public
from tests.conftest import settings
from wsgi import create_app

REFUSED = [
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.31.255.255",
    "192.0.0.8", "192.0.0.9", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1",
    "192.168.1.1", "192.175.48.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
    "224.0.0.251", "240.0.0.1", "255.255.255.255", "::", "::1", "::8.8.8.8", "::ffff:10.0.0.1",
    "64:ff9b::808:808", "64:ff9b::a00:1", "64:ff9b:1::808:808", "100::1", "100:0:0:1::1",
    "2001::1", "2001:0:808:808::f7f7:f7f7", "2001:2::1", "2001:20::1", "2001:db8::1",
    "2002:808:808::1", "2620:4f:8000::1", "3fff::1", "3fff:fff::1", "4000::1", "5f00::1",
    "fc00::1", "fd12::1", "fe80::1", "fec0::1", "feff::1", "ff02::1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "192.0.1.1", "198.20.0.1", "::ffff:8.8.8.8", "2001:4860:4860::8888",
    "2a00::1",
]  # fmt: skip


def test_is_public_refuses_every_special_network() -> None:
    assert [text for text in REFUSED if is_public(ip_address(text))] == []
    assert [text for text in PUBLIC if not is_public(ip_address(text))] == []
    networks: list[IPv4Network | IPv6Network] = [*IPV4, *IPV6]
    for network in networks:
        assert not is_public(network[0]), network
        assert not is_public(network[-1]), network


def test_is_public_refuses_what_python_calls_private() -> None:
    addresses = [ip_network(f"{number}.0.0.0/8")[0] for number in range(256)]
    addresses += [ip_network((number << 120, 8))[0] for number in range(256)]
    assert [each for each in addresses if is_public(each) and not each.is_global] == []


def test_carried_finds_the_ipv4_address_behind() -> None:
    behind = {
        "64:ff9b::a00:1": "10.0.0.1",
        "2002:a00:1::": "10.0.0.1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2": "192.0.2.45",
        "2a00::1": "None",
    }
    for address, expected in behind.items():
        assert str(embedded_addresses(ip_address(address))) == expected


@pytest.mark.parametrize(
    ("address", "admitted"), [("64:ff9b::808:808", True), ("64:ff9b::a00:1", False)]
)
def test_outgoing_calls_judge_the_address_behind_an_admitted_translator(
    address: str, admitted: bool
) -> None:
    chosen = settings("sqlite://", outbound_networks="64:ff9b::/96")
    with create_app(chosen).app_context():
        assert (http_client.why_address_refused(f"https://[{address}]/") is None) == admitted
