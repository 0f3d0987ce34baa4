"""What a command shows of names and messages."""

from __future__ import annotations


def shown(text: str) -> str:
    """Return a text with its control characters escaped, but for line feeds.

    The name of a file may hold what a terminal takes for a command of its own.
    """
    return "".join(c if c.isprintable() or c == "\n" else _escape(c) for c in text)


def shown_name(name: str) -> str:
    """Return a name on one line, with its control characters escaped."""
    return shown(name).replace("\n", "\\n")


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
