from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubocr.documents.addresses import is_allowed

PRIVATE = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
]


@pytest.mark.parametrize("address", PRIVATE)
@pytest.mark.parametrize("form", ["{}", "::ffff:{}", "64:ff9b::{}", "::{}", "::ffff:0:{}"])
def test_addresses_that_are_not_public_are_refused_in_every_form(address: str, form: str) -> None:
    assert not is_allowed(form.format(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_they_are_refused_behind_6to4(address: str) -> None:
    number = int(ipaddress.IPv4Address(address))
    assert not is_allowed(str(ipaddress.IPv6Address((0x2002 << 112) | (number << 80) | 1)))


@pytest.mark.parametrize(
    "address",
    [
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd12:3456::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "2001::1",
        "64:ff9b:1::a00:1",
        "100::1",
    ],
)
def test_version_6_addresses_that_are_not_public_are_refused(address: str) -> None:
    assert not is_allowed(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2606:4700::1111"]
)
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_allowed(address)


def test_networks_can_be_allowed_by_name() -> None:
    assert is_allowed("10.1.2.3", ["10.1.2.0/24"])
    assert is_allowed("::ffff:10.1.2.3", ["10.1.2.0/24"])
    assert not is_allowed("10.1.3.3", ["10.1.2.0/24"])
    assert not is_allowed("::1", ["127.0.0.0/8"])


@given(st.ip_addresses(v=4))
def test_a_version_4_address_is_treated_alike_in_all_its_forms(
    address: ipaddress.IPv4Address,
) -> None:
    allowed = is_allowed(str(address))
    assert is_allowed(f"::ffff:{address}") == is_allowed(f"64:ff9b::{address}") == allowed
    assert not (allowed and address.is_private)
