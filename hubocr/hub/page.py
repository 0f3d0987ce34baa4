"""The web page for PaddleHub's ``/gradio/NAME``.

PaddleHub forks a process that calls ``launch(server_port=...)`` of what a module's
``create_gradio_app`` returns, and passes on a browser's requests under ``/gradio/NAME/``. So it
needs a server with a page, and no gradio: hubocr's own shows the same page as ``hubocr ui``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from hubocr.optional import require_installed

_POLL_S = 1.0
_HOST = "127.0.0.1"


class PageServer:
    """A server of one module with the web page, in a process of its own.

    Args:
        name: The module's name.
        init_args: Its parameters, ``directory`` among them.

    Raises:
        MissingPackageError: The packages of the extra ``serve`` aren't installed.
    """

    def __init__(self, name: str, init_args: Mapping[str, object]) -> None:
        require_installed(("fastapi_offline", "prometheus_client"), "serve", "the web page")
        self._modules = {name: {"init_args": dict(init_args), "predict_args": {}}}

    def launch(self, *, server_port: int) -> int:
        """Serve on a port of this machine until PaddleHub ends; return the exit status."""
        parent = os.getppid()
        with tempfile.TemporaryDirectory(prefix="hubocr-page-") as folder:
            config = Path(folder) / "config.json"
            config.write_text(json.dumps({"modules_info": self._modules}), encoding="utf-8")
            flags = ["-c", str(config), "--ui", "--host", _HOST, "--port", str(server_port)]
            # A new interpreter: engines don't survive PaddleHub's fork.
            with subprocess.Popen([sys.executable, "-m", "hubocr", "serve", *flags]) as process:
                while process.poll() is None:
                    if os.getppid() != parent:
                        process.terminate()
                    time.sleep(_POLL_S)
                return process.returncode
