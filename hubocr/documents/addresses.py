"""Which network addresses a URL may lead to."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Addresses that carry an IPv4 address to which a gateway passes packets on: NAT64 (RFC 6052) in
# the last 32 bits, 6to4 (RFC 3056) in bits 16 to 48. Teredo and the local NAT64 prefix
# (RFC 8215) have no use here. Older Pythons count some of these as public.
_NAT64 = IPv6Network("64:ff9b::/96")
_REFUSED = tuple(
    ip_network(text)
    for text in (
        "64:ff9b:1::/48",
        "2001::/32",
        "fec0::/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "100.64.0.0/10",
    )
)


def is_allowed(address: str, allowed_networks: Iterable[str] = ()) -> bool:
    """Say whether a URL may lead to an address: a public one, or one of the networks.

    Private, loopback, link-local, shared, multicast, reserved and unspecified addresses are not
    public, nor are IPv6 addresses that stand for such an IPv4 address.

    Args:
        address: An IPv4 or IPv6 address, with or without a scope (``fe80::1%eth0``).
        allowed_networks: Networks that may be reached although they are not public.
    """
    parsed = ip_address(address.partition("%")[0])
    inner = _inner(parsed)
    if any(_in(inner or parsed, ip_network(network)) for network in allowed_networks):
        return True
    return _is_public(parsed) if inner is None else _is_public(inner)


def _inner(address: Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 address stands for."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _is_public(address: Address) -> bool:
    refused = (
        address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or address.is_loopback
        or address.is_link_local
        or any(_in(address, network) for network in _REFUSED)
    )
    return address.is_global and not refused


def _in(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network
