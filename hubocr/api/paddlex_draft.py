"""``create_pipeline`` of the first draft of PaddleX's tutorial.

Its loop is over batches of ``{"result": ...}``::

    for batch in pipeline.predict("page.jpg"):
        for item in batch:
            item["result"].print()
"""

from __future__ import annotations

import functools

from hubocr.api.create import create_pipeline as _create_pipeline

create_pipeline = functools.partial(_create_pipeline, compat="paddlex-draft")

__all__ = ["create_pipeline"]
