"""A document loader of LangChain: ``HubocrLoader("scan.pdf").load()``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from langchain_core.document_loaders import BaseLoader
from langchain_core.documents import Document

from hubocr.documents import DocumentOptions, PageError
from hubocr.exporters import document_of, find_format
from hubocr.integrations.pipelines import shared_pipeline
from hubocr.services.documents import read_documents
from hubocr.settings.pipeline_defaults import PIPELINE_PROFILE


class HubocrLoader(BaseLoader):
    """Reads images and PDFs: a LangChain document for each page.

    Args:
        source: A file, or a folder of files.
        pages: Pages such as ``1-3,7``, counted from 1; None: all.
        scene: What is in the images, one of `hubocr.settings.scenes.SCENES`.
        format: How the text is written, a text format of `hubocr.exporters.FORMATS`.
    """

    def __init__(
        self,
        source: str | Path,
        pages: str | None = None,
        scene: str = PIPELINE_PROFILE,
        format: str = "markdown",
    ) -> None:
        self._source = Path(source)
        self._documents = DocumentOptions(page_range=pages)
        self._scene = scene
        self._format = find_format(format)

    def lazy_load(self) -> Iterator[Document]:
        """Yield the pages as they are read.

        Raises:
            HubocrError: A page or file can't be read; the message names it.
        """
        pipeline = shared_pipeline(self._scene)
        for page in read_documents(pipeline, self._source, documents=self._documents):
            if isinstance(page, PageError):
                raise page.error
            text = self._format.export(document_of(page.result)).decode()
            opened = page.document
            metadata = {
                "source": opened.source,
                "page": opened.page_index or 0,
                "total_pages": opened.page_count,
                "score": min((line.score for line in page.result.lines), default=None),
            }
            yield Document(page_content=text, metadata=metadata)
