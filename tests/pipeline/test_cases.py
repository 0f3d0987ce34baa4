"""Small inputs that were read wrongly, each with what it says: the scenes of ours read them.

They lie in ``cases/images`` beside the labelled sets, see `hubocr.evaluation.sets`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hubocr.errors import DatasetError
from hubocr.evaluation import sets
from hubocr.evaluation.texts import is_equal
from hubocr.pipeline import OcrPipeline
from hubocr.services.documents import ReadPage, read_documents
from hubocr.settings import pipeline_settings

pytestmark = pytest.mark.data

SCENES = {
    "s18_blank_first.gif": "captcha",
    "s18_blank_first.webp": "captcha",
    "s18_blank_first_apng.png": "captcha",
    "s18_one_missing_each.gif": "captcha",
    "s24_seal.png": "seal",
}
"""The scene of a case, where it isn't ``general``."""

NOT_READ = {
    "s20_6c_6c_6c_6c.png": "I, l and | are the same bare bar where nothing stands beside them",
    "s6_single_49.png": "I, l and | are the same bare bar where nothing stands beside them",
    "tall_single_I_II_J.png": "I, l and | are the same bare bar where nothing stands beside them",
}
"""Cases that are not read right, and why."""


def labelled_cases() -> Iterator[object]:
    try:
        folder = sets.data_folder().parent / "cases" / "images"
    except DatasetError as error:
        yield pytest.param(Path(), "", marks=pytest.mark.skip(reason=str(error)))
        return
    labels = folder / "labels.tsv"
    if not labels.is_file():
        missing = pytest.mark.skip(reason=f"the cases are not at {folder}")
        yield pytest.param(Path(), "", marks=missing)
        return
    for row in labels.read_text(encoding="utf-8").splitlines():
        name, text = row.split("\t", 1)
        reason = NOT_READ.get(name)
        marks = [] if reason is None else [pytest.mark.xfail(reason=reason, strict=True)]
        yield pytest.param(folder / name, sets.unescape(text), marks=marks, id=name)


@pytest.fixture(scope="module")
def pipelines() -> Iterator[dict[str, OcrPipeline]]:
    general = OcrPipeline.load(pipeline_settings(profile="general"))
    captcha = OcrPipeline.load(pipeline_settings(profile="captcha"), runtime=general.runtime)
    seal = OcrPipeline.load(pipeline_settings(profile="seal"), runtime=general.runtime)
    with general:
        yield {"general": general, "captcha": captcha, "seal": seal}


@pytest.mark.parametrize(("path", "text"), list(labelled_cases()))
def test_the_text_of_a_case(pipelines: dict[str, OcrPipeline], path: Path, text: str) -> None:
    pipeline = pipelines[SCENES.get(path.name, "general")]
    lines = []
    for page in read_documents(pipeline, path):
        assert isinstance(page, ReadPage), page
        lines += [line.text for line in page.result.lines]
    assert is_equal("\n".join(lines), text)
