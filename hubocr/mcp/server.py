"""The tools of the MCP server."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import anyio.from_thread
import anyio.to_thread

from hubocr import __version__
from hubocr.errors import HubocrError
from hubocr.mcp.reader import Reader
from hubocr.optional import require
from hubocr.settings.pipeline_defaults import PIPELINE_PROFILE
from hubocr.settings.scenes import SCENES

Format = Literal["markdown", "text", "layout", "json"]

_INSTRUCTIONS = (
    "Reads the text of images (photographs, scans, screenshots, captchas) and of documents (PDF, "
    "TIFF) on this machine. Ask for a few pages of a long document at a time."
)


_MOST_READERS = 4
"""Documents that are read at a time; others wait."""


def create_server(reader: Reader) -> Any:
    """Return the ``MCPServer`` whose tools a reader answers.

    Raises:
        MissingPackageError: The SDK isn't installed.
    """
    purpose = "the MCP server"
    sdk = require("mcp.server.mcpserver", "mcp", purpose)
    tool_error = require("mcp.server.mcpserver.exceptions", "mcp", purpose).ToolError
    hints = require("mcp_types", "mcp", purpose).ToolAnnotations(read_only_hint=True)
    field = require("pydantic", "mcp", purpose).Field
    server = sdk.MCPServer("hubocr", version=__version__, instructions=_INSTRUCTIONS)
    limiter = anyio.CapacityLimiter(_MOST_READERS)
    scenes = "; ".join(f"{name}: {scene.text('en')}" for name, scene in SCENES.items())

    async def read_document(
        file: str, pages: str | None, scene: str, format: str, context: Any
    ) -> str:
        def on_page(done: int, total: int | None) -> None:
            anyio.from_thread.check_cancelled()  # a client that gives up ends the reading
            anyio.from_thread.run(context.report_progress, done, total)

        try:
            return await anyio.to_thread.run_sync(
                reader.read, file, pages, scene, format, on_page, limiter=limiter
            )
        except HubocrError as error:
            raise tool_error(error.message) from error

    async def read_text(  # type: ignore[no-untyped-def]
        file: str, context: Any, pages=None, scene=PIPELINE_PROFILE, format="markdown"
    ):
        return await read_document(file, pages, scene, format, context)

    # The SDK makes the schema from annotations, and they need classes that are imported only here.
    read_text.__annotations__ = {
        "file": Annotated[
            str, field(description="path or URL of the file, or its bytes as data:...;base64,...")
        ],
        "pages": Annotated[
            str | None, field(description="pages of a document, such as 1-3,7; all without it")
        ],
        "scene": Annotated[
            Literal[tuple(SCENES)], field(description=f"what is in the image. {scenes}")
        ],
        "format": Annotated[
            Format,
            field(
                description="markdown: paragraphs and headings; text: lines; layout: lines as they "
                "stand on the page; json: lines with scores and polygons"
            ),
        ],
        "context": sdk.Context,
        "return": str,
    }
    server.tool(
        name="read_text",
        title="Read text (OCR)",
        description="Read the text of an image or document.",
        annotations=hints,
        structured_output=False,
    )(read_text)
    return server
