"""The open connections of a worker: how many there may be, and which one goes when one must."""

from __future__ import annotations

import enum
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_LEAST_WAITING = 65_536
"""Bytes from which a waiting answer plays a part in how many wait."""

Peer = tuple[str, int]
"""Address and port of a client; no two open connections to one port share both."""


@dataclass(frozen=True)
class ConnectionLimits:
    """What a connection may take.

    Attributes:
        connections: Connections of this worker.
        connections_per_client: Connections of one client address; 0: no such limit.
        header_bytes: Size of a request line with its headers.
        header_s: Seconds for a client to send them.
        keep_alive_s: Seconds that a connection is kept between two requests.
        answer_s: Seconds for a client to take what is left of an answer.
        answers_bytes: Bytes that wait for all clients of the worker.
        trusted_proxies: Networks whose addresses stand for many clients.
    """

    connections: int = 2048
    connections_per_client: int = 0
    header_bytes: int = 32_768
    header_s: float = 10.0
    keep_alive_s: float = 75.0
    answer_s: float = 20.0
    answers_bytes: int = 128_000_000
    trusted_proxies: tuple[Network, ...] = ()

    def is_trusted(self, address: str) -> bool:
        """Say whether an address is that of a trusted proxy."""
        return is_within(address, self.trusted_proxies)


def is_within(address: str, networks: Sequence[Network]) -> bool:
    """Say whether an address belongs to one of some networks."""
    if not networks:
        return False
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:  # a UNIX socket
        return False
    return any(parsed in network for network in networks)


class Phase(enum.Enum):
    """What a connection is doing."""

    IDLE = "waits for a request"
    REQUEST = "has a request in hand"
    LINGER = "was answered before all was sent; what still comes is thrown away"


class Closable(Protocol):
    """What the table needs of a connection's transport."""

    def abort(self) -> None:
        """Close at once."""

    def get_write_buffer_size(self) -> int:
        """Bytes that the client has not taken yet."""


@dataclass(eq=False)
class Connection:
    """One open connection.

    Attributes:
        peer: The client's end.
        transport: Its transport.
        phase: What it is doing.
        since: Moment of ``time.monotonic()`` at which the phase began.
        served: Requests that were answered.
        header_since: When the first byte of the next request came; None before it.
        has_begun: Whether the application has the request that is in hand.
        is_body_complete: Whether the body of the request in hand has arrived whole.
        unsent_since: Since when an answered connection has had bytes to send.
        on_idle: Called when the next request may be taken.
    """

    peer: Peer
    transport: Closable
    phase: Phase = Phase.IDLE
    since: float = 0.0
    served: int = 0
    header_since: float | None = None
    has_begun: bool = False
    is_body_complete: bool = True
    unsent_since: float | None = None
    on_idle: Callable[[], None] | None = None

    def is_overdue(self, limits: ConnectionLimits, now: float) -> bool:
        """Say whether the client has had its time."""
        if self.phase is not Phase.REQUEST and self.transport.get_write_buffer_size():
            self.unsent_since = now if self.unsent_since is None else self.unsent_since
            if now - self.unsent_since > limits.answer_s:
                return True
        else:
            self.unsent_since = None
        if self.phase is Phase.REQUEST:  # the application has limits of its own
            return not self.has_begun and now - self.since > limits.header_s
        if self.phase is Phase.LINGER:
            return now - self.since > limits.header_s
        if self.header_since is not None:
            return now - self.header_since > limits.header_s
        return now - self.since > (limits.keep_alive_s if self.served else limits.header_s)


_Idle = OrderedDict[Connection, None]
"""Connections without a request in hand, the one that has been so longest first."""


class _Client:
    """The connections of one address."""

    def __init__(self) -> None:
        self.count = 0
        self.idle: _Idle = OrderedDict()


class ConnectionTable:
    """The open connections of a worker. It belongs to one event loop.

    Whatever a new connection takes doesn't grow with the number of those that there are.

    Args:
        limits: What they may take.
    """

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        self._by_peer: dict[Peer, Connection] = {}
        self._clients: dict[str, _Client] = {}
        self._idle: _Idle = OrderedDict()
        self._lingering = 0

    def __len__(self) -> int:
        return len(self._by_peer)

    @property
    def lingering(self) -> int:
        """How many connections send what is thrown away."""
        return self._lingering

    def find(self, peer: object) -> Connection | None:
        """Return the connection of an ASGI scope's ``client``."""
        return self._by_peer.get(peer) if isinstance(peer, tuple) else None

    def add(self, connection: Connection) -> bool:
        """Take a connection in, where need be in place of the one that has been idle longest.

        Returns:
            Whether there is room for it.
        """
        address = connection.peer[0]
        own = self._clients.get(address)
        share = self.limits.connections_per_client
        if own and share and own.count >= share and not self.limits.is_trusted(address):
            if not self._evict(own.idle):
                return False
        elif len(self) >= self.limits.connections and not self._evict(self._idle):
            return False
        self._by_peer[connection.peer] = connection
        # Looked up again: with its last connection evicted, the address was forgotten.
        self._clients.setdefault(address, _Client()).count += 1
        self.enter(connection, Phase.IDLE)
        return True

    def remove(self, connection: Connection) -> None:
        """Forget a connection."""
        if self._by_peer.get(connection.peer) is not connection:
            return
        del self._by_peer[connection.peer]
        self._lingering -= connection.phase is Phase.LINGER
        self._idle.pop(connection, None)
        own = self._clients[connection.peer[0]]
        own.idle.pop(connection, None)
        own.count -= 1
        if not own.count:
            del self._clients[connection.peer[0]]

    def enter(self, connection: Connection, phase: Phase) -> None:
        """Change the phase of a connection."""
        last, connection.phase = connection.phase, phase
        connection.since, connection.header_since = time.monotonic(), None
        connection.has_begun = False
        if self._by_peer.get(connection.peer) is not connection:
            return
        self._lingering += (phase is Phase.LINGER) - (last is Phase.LINGER)
        for idle in (self._idle, self._clients[connection.peer[0]].idle):
            idle.pop(connection, None)
            if phase is not Phase.REQUEST:
                idle[connection] = None

    def end(self, connection: Connection) -> None:
        """Note that the request in hand is answered."""
        connection.served += 1
        if connection.phase is Phase.REQUEST:
            self.enter(connection, Phase.IDLE)
            if connection.on_idle is not None:
                connection.on_idle()

    def make_room(self, size: int) -> None:
        """Close the connections that have had an answer waiting longest, until another has room.

        Args:
            size: Bytes of an answer that is about to be written.
        """
        waiting = sorted(
            (
                (each.since, unsent, each)
                for each in self._by_peer.values()
                if (unsent := each.transport.get_write_buffer_size()) > _LEAST_WAITING
            ),
            key=lambda found: found[0],
        )
        total = sum(unsent for _, unsent, _ in waiting) + size
        for _, unsent, connection in waiting:
            if total <= self.limits.answers_bytes:
                return
            connection.transport.abort()
            total -= unsent

    def sweep(self) -> None:
        """Close the connections whose clients have had their time."""
        now = time.monotonic()
        for connection in list(self._by_peer.values()):
            if connection.is_overdue(self.limits, now):
                connection.transport.abort()

    def _evict(self, idle: _Idle) -> bool:
        """Close the connection that has been idle longest; return whether there was one."""
        if not idle:
            return False
        oldest = next(iter(idle))
        self.remove(oldest)
        oldest.transport.abort()
        return True
