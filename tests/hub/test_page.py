"""PaddleHub's /gradio/ocr_system shows the web page."""

from __future__ import annotations

import json
from urllib.parse import urljoin

import pytest
import requests

from tests.hub.running import HubHome
from tests.server.running import ROOT

RECEIPT = ROOT / "tests" / "fixtures" / "pages" / "receipt.png"


@pytest.mark.hub
def test_paddlehub_shows_the_page(hub_home: HubHome) -> None:
    init_args = {"version": "1.0.0", "cpu_threads": 1}
    modules = {"ocr_system": {"init_args": init_args, "predict_args": {}}}
    with hub_home.serving({"modules_info": modules}) as url:
        page = requests.get(
            f"{url}/gradio/ocr_system", headers={"Accept": "text/html"}, timeout=120
        )
        assert page.status_code == 200
        assert '<div id="app">' in page.text
        script = requests.get(urljoin(page.url, "ui/app.js"), timeout=30)
        assert script.text == (ROOT / "hubocr" / "ui" / "static" / "app.js").read_text("utf-8")
        models = requests.get(urljoin(page.url, "v2/models"), timeout=30).json()
        assert [model["name"] for model in models["models"]] == ["ocr_system"]
        reply = requests.post(
            urljoin(page.url, "predict/ocr_system"),
            files=[("images", RECEIPT.read_bytes())],
            data={"options": json.dumps({"rec_char_scores": True})},
            timeout=60,
        )
        assert reply.status_code == 200, reply.text
        assert len(reply.json()["results"][0]) > 10
