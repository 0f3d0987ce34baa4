"""Profiles of the modules of a server."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from hubocr.pipeline import OcrPipeline
from hubocr.settings import RecognitionSettings
from tests.conftest import fixture_image
from tests.server.conftest import encoded
from tests.server.running import ROOT, running

CAPTCHA = "captchas/a.png"


def test_one_process_serves_two_modules_with_two_profiles(
    tmp_path: Path, pipeline: OcrPipeline
) -> None:
    folder = str(ROOT / "deploy" / "hubserving" / "ocr_rec")
    modules = {"ocr_rec": {}, "captcha": {"directory": folder, "profile": "captcha"}}
    with running(tmp_path, "--workers", "1", modules=modules) as server:
        listed = requests.get(f"{server.url}/v2/models", timeout=10).json()["models"]
        assert {m["name"]: m["profile"] for m in listed} == {
            "ocr_rec": "default",
            "captcha": "captcha",
        }
        for name, width in (("ocr_rec", 320), ("captcha", 64)):
            reply = requests.post(
                f"{server.url}/predict/{name}", json={"images": [encoded(CAPTCHA)]}, timeout=30
            )
            ((item,),) = reply.json()["results"]
            settings = RecognitionSettings(image_shape=(3, 48, width))
            (expected,) = pipeline.recognizer.recognize([fixture_image(CAPTCHA)], settings)
            assert (item["text"], item["confidence"]) == (
                expected.text,
                pytest.approx(expected.score, abs=1e-6),
            )


def test_an_unknown_profile_keeps_the_server_from_starting(tmp_path: Path) -> None:
    modules = {"ocr_rec": {"profile": "quick"}}
    with running(tmp_path, modules=modules, wait=False) as server:
        assert server.process.wait(60) != 0
        assert "init_args.profile must be one of 'default', 'fast', 'captcha'" in server.log
