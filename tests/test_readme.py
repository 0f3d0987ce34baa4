"""The commands and programs in the documentation do what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documentation import (
    CAPTCHAS_DOC,
    HUBSERVING_DOC,
    MODELS_DOC,
    PREDICT_DOC,
    README,
    SERVER_DOC,
    TWINS,
    block_with,
    blocks,
    shell,
)
from tests.hub.wire_contract import LABELS
from tests.server.running import ROOT, Server, running
from tests.waiting import until

_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    names = ("ocr_det", "ocr_cls", "ocr_rec", "ocr_system")
    with running(tmp_path_factory.mktemp("readme"), modules=names) as started:
        yield started


PAGES = sorted(
    path.relative_to(ROOT)
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("benchmarks/*.md"))
)


@pytest.mark.parametrize("language", ["bash", "json", "yaml"])
@pytest.mark.parametrize("twins", TWINS, ids=lambda twins: twins[0])
def test_both_languages_show_the_same(twins: tuple[str, str], language: str) -> None:
    english, chinese = twins
    assert blocks(english, language) == blocks(chinese, language)


@pytest.mark.parametrize("twins", TWINS, ids=lambda twins: twins[0])
def test_both_languages_show_the_same_programs(twins: tuple[str, str]) -> None:
    def code(name: str) -> list[str]:
        return [re.sub(r"#.*", "", block) for block in blocks(name, "python")]

    english, chinese = twins
    assert code(english) == code(chinese)


def test_every_page_for_users_is_there_in_chinese_and_listed() -> None:
    listed = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")} - {"README"}
    english = {page for page in pages if not page.endswith("_zh")}
    assert pages - english == {f"{page}_zh" for page in english - {"architecture"}}
    assert [page for page in sorted(pages) if f"({page}.md)" not in listed] == []


@pytest.mark.parametrize("twins", TWINS, ids=lambda twins: twins[0])
def test_both_languages_link_to_each_other(twins: tuple[str, str]) -> None:
    english, chinese = (ROOT / name for name in twins)
    assert f"]({chinese.name})" in english.read_text(encoding="utf-8")[:200]
    assert f"]({english.name})" in chinese.read_text(encoding="utf-8")[:200]


@pytest.mark.parametrize("name", ["README.md", "README_zh.md"])
def test_the_readme_stays_short(name: str) -> None:
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= 200


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_somewhere(page: Path) -> None:
    path = ROOT / page
    links = _LINK.findall(path.read_text(encoding="utf-8"))
    missing = [link for link in links if not (path.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("part", ["make serve", "make hub", "make test"])
def test_make_has_the_target(part: str) -> None:
    command = block_with(README, "bash", part).strip()
    shell(f"{command} --dry-run --always-make")


def test_a_line_with_curl(server: Server) -> None:
    answer = json.loads(shell(block_with(README, "bash", "zh_plain.png"), server))
    assert answer["results"][0][0]["text"] == LABELS["lines/zh_plain.png"]


def test_options_with_curl(server: Server) -> None:
    answer = json.loads(shell(block_with(HUBSERVING_DOC, "bash", "drop_score"), server))
    assert answer["status"] == "000"
    assert min(item["confidence"] for item in answer["results"][0]) >= 0.8


def test_a_charset_and_a_length_with_curl(server: Server) -> None:
    answer = json.loads(shell(block_with(CAPTCHAS_DOC, "bash", "rec_alternatives"), server))
    ((item,),) = answer["results"]
    assert item["text"] == LABELS["captchas/a.png"]
    texts = [alternative["text"] for alternative in item["alternatives"]]
    assert len(texts) == 2
    assert all(4 <= len(text) <= 5 and text.isascii() and text == text.upper() for text in texts)


def test_files_and_bare_images_with_curl(server: Server) -> None:
    form, bare, ready = block_with(README, "bash", "-F images=").splitlines()
    assert json.loads(shell(form, server))["results"][0][0]["text"] == LABELS["captchas/a.png"]
    assert json.loads(shell(bare, server))["status"] == "000"
    assert json.loads(shell(ready, server)) == {"ready": True}


def test_the_client(server: Server, tmp_path: Path) -> None:
    command = block_with(README, "bash", "test_hubserving").strip()
    shell(f"{command} --output={tmp_path}", server)
    pages = {path.name for path in (ROOT / "tests/fixtures/pages").iterdir()}
    assert {path.name for path in tmp_path.iterdir()} == pages


def test_the_request_in_python(server: Server, tmp_path: Path) -> None:
    program = block_with(README, "python", "import requests")
    script = tmp_path / "ask.py"
    script.write_text(program.replace(":8866", f":{server.port}"), encoding="utf-8")
    assert shell(f"python {script}").strip() == LABELS["captchas/a.png"]


def test_the_pipeline_in_python(tmp_path: Path) -> None:
    script = tmp_path / "read.py"
    script.write_text(block_with(README, "python", "create_pipeline"), encoding="utf-8")
    assert "好邻居便利店" in shell(f"python {script}")


def test_reading_documents_in_python_and_on_the_command_line(tmp_path: Path) -> None:
    (program,) = blocks(PREDICT_DOC, "python")
    script = tmp_path / "read.py"
    script.write_text(program.replace('"out/', f'"{tmp_path}/'), encoding="utf-8")
    assert "好邻居便利店" in shell(f"python {script}")
    assert (tmp_path / "json" / "receipt_res.json").is_file()
    (commands,) = blocks(PREDICT_DOC, "bash")
    printed = shell(commands.replace("out/", f"{tmp_path}/"))
    assert "好邻居便利店" in printed
    assert (tmp_path / "pages" / "receipt.md").is_file()


def test_the_models_commands() -> None:
    list_, fetch, verify = block_with(MODELS_DOC, "bash", "models verify").splitlines()
    assert "PP-OCRv6_small_rec" in shell(list_)
    shell(fetch)
    shell(verify)


def test_quantisation_on_the_command_line(tmp_path: Path) -> None:
    pytest.importorskip("nncf", reason="hubocr[quantize] is not installed")
    command = block_with(MODELS_DOC, "bash", "models quantize").strip()
    out = command.split("--out ")[1]
    assert out.startswith("inference/")
    assert "time an image" in shell(command.replace(out, str(tmp_path / "int8")))
    assert (tmp_path / "int8" / "inference.xml").is_file()


def test_prediction_on_the_command_line(tmp_path: Path) -> None:
    install, _, predict, line = block_with(README, "bash", "hubocr predict").splitlines()
    assert install == "pip install ."
    shell(predict.replace("--save-path out", f"--save-path {tmp_path}"))
    names = {path.stem for path in (ROOT / "tests/fixtures/pages").iterdir()}
    saved = {f"{name}.{ending}" for name in names for ending in ("json", "md", "pdf")}
    assert {path.name for path in tmp_path.iterdir()} == saved
    assert "好邻居便利店" in (tmp_path / "receipt.md").read_text(encoding="utf-8")
    assert LABELS["captchas/a.png"] in shell(line)


def test_the_profile_on_the_command_line() -> None:
    assert "recognition.engine" in shell(block_with(README, "bash", "hubocr bench").strip())


@pytest.mark.parametrize("name", [HUBSERVING_DOC, SERVER_DOC])
def test_configurations_serve(name: str, tmp_path: Path) -> None:
    (text,) = blocks(name, "json")
    config = json.loads(text)
    modules = {key: entry["init_args"] for key, entry in config["modules_info"].items()}
    for init_args in modules.values():
        if "directory" in init_args:
            init_args["directory"] = str(ROOT / init_args["directory"])
    with running(tmp_path, modules=modules, server=config.get("server", {})) as server:
        # The log has a thread of its own, and the server may be up before its line is there.
        until(lambda: all(f"/predict/{key}" in server.log for key in modules))


def test_serve_as_shown() -> None:
    shown = [*block_with(README, "bash", "hubocr serving stop").splitlines()]
    for command in shown:
        words = command.split()
        flags = [word for word in words if word.startswith("-")]
        subcommand = words[1:2] if words[1] == "serve" else words[1:3]
        help_text = shell(f"hubocr {' '.join(subcommand)} --help")
        assert all(flag in help_text for flag in flags), command


def test_the_application_in_python() -> None:
    shell(f"python - <<'PROGRAM'\n{blocks(SERVER_DOC, 'python')[0]}\nassert callable(app)\nPROGRAM")
