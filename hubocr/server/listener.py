"""The socket that the server listens on."""

from __future__ import annotations

import os
import socket
import sys

from hubocr.errors import SettingsError


def bind(host: str, port: int) -> socket.socket:
    """Return a socket bound to an address, ready to be listened on.

    Args:
        host: A name, an IPv4 or an IPv6 address, the last with or without brackets.
        port: The port; 0: any free one.

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
