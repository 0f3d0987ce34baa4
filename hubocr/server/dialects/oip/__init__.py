"""``POST /v2/models/NAME/infer``: the Open Inference Protocol, version 2.

============  =====================================================
``dialect``   one request: its model, parse, reply
``wire``      tensors as JSON and as binary parts of a body
``models``    what the models take, and results as tensors
``pipeline``  the model ``ocr``, PaddleX's JSON inside of a tensor
============  =====================================================

The protocol: https://github.com/kserve/open-inference-protocol, ``specification/protocol``. Binary
tensors: Triton's extension, ``docs/protocol/extension_binary_data.md`` of triton-inference-server.
"""

from hubocr.server.dialects.oip.dialect import OpenInference, module_of
from hubocr.server.dialects.oip.models import EXTENSIONS, check_version, describe_model

__all__ = ["EXTENSIONS", "OpenInference", "check_version", "describe_model", "module_of"]
