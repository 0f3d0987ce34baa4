"""``POST /v1/ocr``: the shape in which gateways ask for OCR, that of Mistral's API and of LiteLLM.

============  =====================================================
``dialect``   one request: parse, reply
``requests``  the body, and what of it can't be answered
``replies``   the pages of the reply
============  =====================================================

NIM's requests come to the same path and are told by their key ``input``.

Names are those of the public API description (docs.mistral.ai, "OCR") and of its client.
"""

from hubocr.server.dialects.gateway.dialect import Gateway, GatewayCall

__all__ = ["Gateway", "GatewayCall"]
