"""What is told of a deployment that failed."""

from __future__ import annotations

from enum import Enum
from types import SimpleNamespace

from hubocr.cluster.failures import failures_of


class Status(str, Enum):
    """As Ray Serve's ``DeploymentStatus``."""

    HEALTHY = "HEALTHY"
    DEPLOY_FAILED = "DEPLOY_FAILED"


TRACE = """The deployment failed to start 3 times in a row. Error:
ray::ServeReplica:hubocr:hubocr.initialize_and_get_metadata() (pid=1, ip=127.0.0.1)
  File "/hubocr/server/modules.py", line 115, in _load_module
    raise type(error)(f"module {entry.name}: {error.message}") from error
hubocr.errors.ModelNotFoundError: module ocr_rec: model 'inference/x' was not found
"""


def test_the_error_of_a_replica_is_told_and_not_its_trace() -> None:
    deployments = {
        "hubocr": SimpleNamespace(status=Status.DEPLOY_FAILED, message=TRACE),
        "hubocr-entry": SimpleNamespace(status=Status.HEALTHY, message=""),
    }
    reasons = failures_of(SimpleNamespace(deployments=deployments))
    assert reasons == ["hubocr: module ocr_rec: model 'inference/x' was not found"]


def test_nothing_is_made_up_where_nothing_is_known() -> None:
    assert failures_of(None) == []
    silent = SimpleNamespace(status=Status.DEPLOY_FAILED, message="")
    assert failures_of(SimpleNamespace(deployments={"hubocr": silent})) == []
