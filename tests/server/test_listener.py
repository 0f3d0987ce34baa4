"""The socket that the server listens on."""

from __future__ import annotations

import sys

import pytest

from hubocr.errors import SettingsError
from hubocr.server.listener import bind


@pytest.mark.skipif(sys.platform != "linux", reason="other systems share ports in other ways")
def test_a_port_is_shared_only_where_both_say_so() -> None:
    with bind("127.0.0.1", 0, shared=True) as first:
        port = first.getsockname()[1]
        first.listen()
        with bind("127.0.0.1", port, shared=True) as second:
            second.listen()
        with pytest.raises(SettingsError, match="in use"):
            bind("127.0.0.1", port)
    with bind("127.0.0.1", 0) as alone:
        alone.listen()
        with pytest.raises(SettingsError, match="in use"):
            bind("127.0.0.1", alone.getsockname()[1], shared=True)
