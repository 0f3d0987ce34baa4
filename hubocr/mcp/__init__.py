"""The interface for assistants: the Model Context Protocol, over standard input and output or HTTP.

============  =====================================================
``reader``    a tool's arguments to the text of a document
``server``    the tools, by the protocol's own SDK
``http``      the protocol over HTTP, with API keys
============  =====================================================
"""

from hubocr.mcp.reader import Reader, ReaderSettings

__all__ = ["Reader", "ReaderSettings"]
