"""The Open Inference Protocol over gRPC: the service ``inference.GRPCInferenceService``.

============  =====================================================
``messages``  the messages of the protocol
``calls``     a call as the HTTP request that it stands for, and back
``server``    the gRPC server
============  =====================================================

Every call goes through the HTTP application, in the same process: so limits, API keys, metrics, log
and answers are those of ``POST /v2/models/NAME/infer``, and none of them exists twice.
"""

from hubocr.server.grpc.server import GrpcServer

__all__ = ["GrpcServer"]
