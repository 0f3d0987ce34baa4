"""Whose settings a served module has, and where that is said."""

from __future__ import annotations

from pathlib import Path

import requests

from tests.server.running import ROOT, running

MODULE = (ROOT / "deploy" / "hubserving" / "ocr_rec" / "module.py").read_text(encoding="utf-8")


def test_params_of_a_module_are_obeyed_and_shown(tmp_path: Path) -> None:
    folder = tmp_path / "my_rec"
    folder.mkdir()
    (folder / "module.py").write_text(MODULE, encoding="utf-8")
    (folder / "params.py").write_text(
        "def read_params():\n"
        "    return {'engine': 'onnxruntime', 'cpu_threads': 1, 'performance': 'latency'}\n"
    )
    modules = {
        "my_rec": {"directory": str(folder), "rec_charset": "digits"},
        "ocr_rec": {"precision": "prefer_bf16"},
    }
    with running(tmp_path, "--engine", "openvino", "--threads", "2", modules=modules) as server:
        listed = requests.get(f"{server.url}/v2/models", timeout=10).json()["models"]
        mine, other = (next(m for m in listed if m["name"] == name) for name in modules)
        assert mine["engines"] == {"rec": {"engine": "onnxruntime", "precision": "fp32"}}
        assert mine["threads"] == 1
        assert mine["settings"] == {
            "engine": {"value": "onnxruntime", "set_by": "params.py"},
            "cpu_threads": {"value": 1, "set_by": "params.py"},
            "rec_charset": {"value": "digits", "set_by": "init_args"},
        }
        assert other["engines"]["rec"]["engine"] == "openvino"
        # Resolved for this processor.
        assert other["engines"]["rec"]["precision"] in ("fp32", "bf16")
        assert other["threads"] == 2
        assert other["settings"]["performance"] == {"value": "throughput", "set_by": "server"}
        assert other["settings"]["precision"] == {"value": "prefer_bf16", "set_by": "init_args"}
        assert "my_rec: rec onnxruntime fp32; threads 1; " in server.log
        assert 'rec_charset="digits" (init_args)' in server.log
