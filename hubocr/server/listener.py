"""The socket that the server listens on."""

from __future__ import annotations

import os
import socket
import struct
import sys

from hubocr.errors import SettingsError

SETTLE_S = 0.3
"""Time to accept the connections that the kernel has made, and for their requests to come."""

_SO_ATTACH_FILTER = 26
"""asm-generic/socket.h; Python's `socket` has no name for it."""


def bind(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Return a socket bound to an address, ready to be listened on.

    Args:
        host: A name, an IPv4 or an IPv6 address, the last with or without brackets.
        port: The port; 0: any free one.
        shared: Whether other processes of this user may take the same port in the same way: Linux
            divides the connections among them.

    Raises:
        SettingsError: The name is unknown, or the address is taken or not this machine's.
    """
    name = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise SettingsError(
            f"can't listen on {address_of(name, port)}: {_reason(error)}"
        ) from error
    try:
        if sys.platform != "win32":  # there it would let two servers take one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"can't listen on {address_of(name, port)}: {_reason(error)}"
        ) from error
    return listener


def address_of(host: str, port: int) -> str:
    """Return the URL of a server."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def let_no_more_in(listener: socket.socket) -> bool:
    """Let new connections wait outside, where the system can; say whether it does.

    Closing a socket that is listened on resets what the kernel has already connected and nobody has
    accepted. On Linux a filter drops the first packet of each new connection instead, for all
    processes that share the socket: there is nothing left to reset when it is closed a moment
    later, and the client's next attempt is refused.
    """
    if sys.platform != "linux":
        return False
    import ctypes

    drop_all = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))  # BPF_RET | BPF_K, 0
    program = struct.pack("HL", 1, ctypes.addressof(drop_all))  # struct sock_fprog, linux/filter.h
    try:
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
    except OSError:
        return False
    return True


def raise_file_limit() -> int | None:
    """Let this process open as many files as the system allows; return how many, where known."""
    if sys.platform == "win32":
        return None
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard and hard != resource.RLIM_INFINITY:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
        except (OSError, ValueError):  # a system limit below the hard one
            pass
    return None if soft == resource.RLIM_INFINITY else soft


def _reason(error: Exception) -> str:
    number = getattr(error, "errno", None)
    if isinstance(error, socket.gaierror) or number is None:
        return str(getattr(error, "strerror", None) or error)
    return os.strerror(number).lower()
