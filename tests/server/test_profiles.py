"""Profiles of the modules of a server."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from hubocr.pipeline import OcrPipeline
from hubocr.recognition import load_recognizer
from hubocr.runtime import Runtime
from hubocr.settings import EngineSettings, pipeline_settings
from tests.conftest import fixture_image
from tests.server.conftest import encoded
from tests.server.running import ROOT, running

CAPTCHA = "captchas/a.png"


def test_one_process_serves_two_modules_with_two_profiles(
    tmp_path: Path, pipeline: OcrPipeline
) -> None:
    folder = str(ROOT / "deploy" / "hubserving" / "ocr_rec")
    modules = {"ocr_rec": {}, "captcha": {"directory": folder, "profile": "captcha"}}
    models = pipeline_settings(profile="captcha").models
    with running(tmp_path, "--workers", "1", modules=modules) as server:
        listed = requests.get(f"{server.url}/v2/models", timeout=10).json()["models"]
        listed_profiles = {m["name"]: m["profile"] for m in listed}
        assert listed_profiles == {"ocr_rec": "default", "captcha": "captcha"}
        readers = {
            "ocr_rec": pipeline.recognizer,
            "captcha": load_recognizer(models, EngineSettings(), runtime=Runtime(1)),
        }
        for name, reader in readers.items():
            reply = requests.post(
                f"{server.url}/predict/{name}", json={"images": [encoded(CAPTCHA)]}, timeout=30
            )
            ((item,),) = reply.json()["results"]
            options = pipeline_settings(profile=listed_profiles[name]).options
            (expected,) = reader.recognize([fixture_image(CAPTCHA)], options.recognition)
            assert (item["text"], item["confidence"]) == (
                expected.text,
                pytest.approx(expected.score, abs=1e-6),
            )


def test_an_unknown_profile_keeps_the_server_from_starting(tmp_path: Path) -> None:
    modules = {"ocr_rec": {"profile": "quick"}}
    with running(tmp_path, modules=modules, wait=False) as server:
        assert server.process.wait(60) != 0
        assert (
            "init_args.profile must be one of 'default', 'fast', 'cascade', 'general'" in server.log
        )
