"""What the XML formats have in common."""

from __future__ import annotations

import re
from xml.etree import ElementTree

# XML 1.0, 2.2: what a document may not hold, not even as a reference.
_NOT_ALLOWED = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def allowed(text: str) -> str:
    """Return a text with U+FFFD for characters that XML can't hold, such as control characters."""
    return _NOT_ALLOWED.sub("\ufffd", text)


def add(parent: ElementTree.Element, tag: str, /, **attributes: object) -> ElementTree.Element:
    """Append an element and return it.

    Attributes that are None are left out. An underscore behind a name that Python reserves is not
    part of it.
    """
    values = {
        name.rstrip("_"): allowed(str(value))
        for name, value in attributes.items()
        if value is not None
    }
    return ElementTree.SubElement(parent, tag, values)


def add_text(
    parent: ElementTree.Element, tag: str, text: str, /, **attributes: object
) -> ElementTree.Element:
    """Append an element that holds a text and return it; see `add`."""
    element = add(parent, tag, **attributes)
    element.text = allowed(text)
    return element


def serialized(root: ElementTree.Element, before: str = "") -> bytes:
    """Return a document in UTF-8 with its declaration; ``before`` stands before the root."""
    ElementTree.indent(root)
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{before}{body}\n'.encode()


def number(value: float) -> str:
    """Return a number with at most two places after the point."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
