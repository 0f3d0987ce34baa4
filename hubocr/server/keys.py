"""The API keys that are valid now."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence


class KeyRing:
    """The keys that are valid now; a reload exchanges them.

    Args:
        keys: The keys; without any, requests need no key.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self.exchange(keys)

    def exchange(self, keys: Sequence[str]) -> None:
        """Replace all keys at once."""
        self._keys = tuple(key.encode() for key in keys)

    @property
    def is_empty(self) -> bool:
        """Whether requests need no key."""
        return not self._keys

    def opens(self, headers: Mapping[str, str]) -> bool:
        """Say whether a request carries one of the keys; takes the same time whichever it is.

        Args:
            headers: Its headers, by names in lower case.
        """
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        given = bearer if scheme.lower() == "bearer" else headers.get("x-api-key", "")
        encoded = given.strip().encode("latin-1")  # the bytes as they came
        return any([hmac.compare_digest(encoded, key) for key in self._keys])
