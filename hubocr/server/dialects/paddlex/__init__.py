"""``POST /ocr``: PaddleX's basic serving, for clients of PaddleOCR 3.x and of 3.0-beta.

============  =====================================================
``dialect``   one request: which form it has, parse, reply
``requests``  the bodies of both forms and what is wrong with them
``replies``   the replies of both forms
============  =====================================================
"""

from hubocr.server.dialects.paddlex.dialect import Paddlex, PaddlexCall

__all__ = ["Paddlex", "PaddlexCall"]
