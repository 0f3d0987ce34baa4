"""Why Ray Serve could not deploy an application."""

from __future__ import annotations

import re
from typing import Any

_CLASS = re.compile(r"^[\w.]+(?:Error|Exception): ")


def failures_of(application: Any) -> list[str]:
    """Return the last line of what each deployment says of its failure, the error's message.

    Args:
        application: Serve's ``ApplicationStatusOverview``, whose own message says only that
            deployments failed; None where there is none.
    """
    if application is None:
        return []
    found = []
    for name, deployment in application.deployments.items():
        if not str(deployment.status.value).endswith(("FAILED", "UNHEALTHY")):
            continue
        lines = [line for line in deployment.message.splitlines() if line.strip()]
        if lines:
            found.append(f"{name}: {_CLASS.sub('', lines[-1].strip())}")
    return found
