"""Settings of the production server, from config.json, the environment and the command line."""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from hubocr.documents import UrlOptions
from hubocr.errors import SettingsError
from hubocr.server.edge.connections import Network
from hubocr.server.limits import Limits
from hubocr.settings import EngineName, EngineSettings
from hubocr.settings.declared import Params, change, declared
from hubocr.settings.engine import available_threads
from hubocr.settings.pipeline_defaults import PIPELINE_DEFAULTS
from hubocr.settings.rule import Checked, rules, setting

KEYS_VARIABLE = "HUBOCR_API_KEYS"
SECTION = "server"
LogFormat = Literal["text", "json"]


@dataclass(frozen=True)
class ModuleEntry:
    """One key of ``modules_info``.

    Attributes:
        name: The key, which is the name in the URL.
        init_args: Its parameters.
        predict_args: Its default options.
    """

    name: str
    init_args: Mapping[str, Any] = field(default_factory=dict)
    predict_args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ServerSettings(Checked):
    """Everything that the server needs to know."""

    title: ClassVar = {"en": "The server", "zh": "服务器"}

    modules: tuple[ModuleEntry, ...] = ()
    limits: Limits = field(default_factory=Limits)
    host: str = setting("127.0.0.1", "host", "address to listen on", "监听的地址", "text")
    port: int = setting(
        8866,
        "port",
        "port to listen on; 0: any free one",
        "监听的端口；0：任意空闲端口",
        "integer",
        high=65535,
    )
    grpc_port: int = setting(
        0,
        "grpc_port",
        "port of the Open Inference Protocol over gRPC, in hubocr[grpc]; 0: no gRPC",
        "Open Inference Protocol 的 gRPC 端口，需要 hubocr[grpc]；0：不开启",
        "integer",
        high=65535,
    )
    ui: bool | None = setting(
        None,
        "ui",
        "serve the web page at /ui, and let requests name scenes; null: the page alone, and only "
        "where host is a loopback address",
        "在 /ui 提供网页，并允许请求指定场景；null：只提供网页，且仅当 host 为环回地址时",
        "boolean",
        optional=True,
    )
    workers: int = setting(
        1, "workers", "worker processes", "工作进程数", "integer", low=1, high=256
    )
    threads: int = setting(
        0,
        "threads",
        "inference threads of each worker; 0: the processors, divided among the workers",
        "每个工作进程的推理线程数；0：处理器按进程数均分",
        "integer",
        high=1024,
    )
    engine: EngineName | None = setting(
        None,
        "engine",
        "inference engine of every module that doesn't name its own",
        "未自行指定引擎的模块所用的推理引擎",
        "choice",
        choices=rules(EngineSettings)["engine"].choices,
        optional=True,
    )
    drain_s: int = setting(
        30,
        "drain_s",
        "seconds that running requests get after SIGTERM",
        "收到 SIGTERM 后留给进行中请求的秒数",
        "integer",
        high=3600,
    )
    legacy_http_200: bool = setting(
        False,
        "legacy_http_200",
        "answer hubserving errors with HTTP 200, as PaddleHub does",
        "hubserving 的错误以 HTTP 200 返回，与 PaddleHub 相同",
        "boolean",
    )
    cors_origins: tuple[str, ...] = setting(
        (),
        "cors_origins",
        "origins whose web pages may send requests (CORS); none: only the server's own",
        "允许跨域访问（CORS）的网页来源；空：只有服务器自己的页面",
        "texts",
    )
    api_keys: tuple[str, ...] = setting(
        (),
        "api_keys",
        "API keys; without any, requests need no key",
        "API 密钥；不设则任何人都可访问",
        "texts",
        secret=True,
    )
    trusted_proxies: tuple[str, ...] = setting(
        (),
        "trusted_proxies",
        "proxies in front of the server: their X-Forwarded-For is trusted, and the limits of one "
        "client address hold for the clients behind them",
        "服务器前面的可信代理：采用其 X-Forwarded-For，单个客户端地址的限制按代理后面的客户端计算",
        "networks",
    )
    visualize: bool = setting(
        True,
        "visualize",
        "POST /ocr returns images unless the request says otherwise, as PaddleX does",
        "请求未说明时 POST /ocr 返回图像，与 PaddleX 相同",
        "boolean",
    )
    allow_urls: bool = setting(
        False,
        "allow_urls",
        "let POST /ocr fetch files by URL",
        "允许 POST /ocr 按 URL 抓取文件",
        "boolean",
    )
    urls: UrlOptions = field(default_factory=UrlOptions)
    log_format: LogFormat = setting(
        "text", "log_format", "format of the log", "日志格式", "choice", choices=("text", "json")
    )
    log_file: str | None = setting(
        None,
        "log_file",
        "file to log to instead of standard error",
        "日志写入的文件，代替标准错误输出",
        "text",
        optional=True,
    )

    @property
    def trusted_networks(self) -> tuple[Network, ...]:
        """The networks of ``trusted_proxies``."""
        return tuple(ipaddress.ip_network(text, strict=False) for text in self.trusted_proxies)

    @property
    def has_page(self) -> bool:
        """Whether the web page is served, with ``ui`` resolved."""
        return is_loopback(self.host) if self.ui is None else self.ui

    @property
    def worker_threads(self) -> int:
        """Inference threads of each worker, with 0 resolved."""
        return self.threads or max(1, available_threads() // self.workers)

    @property
    def module_defaults(self) -> dict[str, object]:
        """The layer that lies under every module's own: what the server has it do by itself."""
        values: dict[str, object] = {
            "cpu_threads": self.worker_threads,
            "performance": "throughput",
            "max_image_pixels": self.limits.pixels,
            "max_lines": self.limits.lines,
            "det_max_pixels": self.limits.detector_pixels,
        }
        if self.ui:  # who asks for the page wants its kinds of images
            values["scenes"] = PIPELINE_DEFAULTS["scenes"]
        return values if self.engine is None else {**values, "engine": self.engine}


def is_loopback(host: str) -> bool:
    """Say whether an address, or the name ``localhost``, is reached from this machine alone."""
    name = host.strip("[]")
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


SERVER_PARAMS: Params = declared(ServerSettings)
"""Every setting and limit of the server by its public name."""


def read_config(path: Path) -> ServerSettings:
    """Return the settings of a config.json, PaddleHub's own or with a section for this server.

    PaddleHub's keys are ``modules_info``, ``port``, ``use_multiprocess`` and ``workers``; the
    object ``server``, which PaddleHub ignores, may hold any setting and limit of this server.

    Raises:
        SettingsError: The file can't be read, is not JSON, or a setting is unknown or wrong.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"can't read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8: save it as UTF-8") from error
    except RecursionError as error:
        raise SettingsError(f"{path} is nested too deeply") from error
    except ValueError as error:
        raise SettingsError(f"{path} is not valid JSON: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("modules_info"), dict):
        raise SettingsError(f"{path} must be an object with an object modules_info")
    if content.get("use_gpu"):
        raise SettingsError(f"{path}: use_gpu belongs into a module's init_args")
    modules = tuple(_module_entry(name, info) for name, info in content["modules_info"].items())
    if not modules:
        raise SettingsError(f"{path}: modules_info is empty, name at least one module")
    settings = ServerSettings(modules, port=content.get("port", 8866))
    many = content.get("use_multiprocess", False)
    if not isinstance(many, bool):
        raise SettingsError(f"{path}: use_multiprocess must be true or false, not {many!r}")
    if many:
        settings = replace(settings, workers=content.get("workers", 2))
    return apply_server_settings(settings, content.get(SECTION, {}), f"{path.name}.{SECTION}")


def _module_entry(name: str, info: object) -> ModuleEntry:
    if not isinstance(info, dict):
        raise SettingsError(f"modules_info.{name} must be an object")
    init_args, predict_args = info.get("init_args") or {}, info.get("predict_args") or {}
    if not isinstance(init_args, dict) or not isinstance(predict_args, dict):
        raise SettingsError(f"modules_info.{name}: init_args and predict_args must be objects")
    return ModuleEntry(name, init_args, predict_args)


def apply_server_settings(
    settings: ServerSettings, values: Mapping[str, Any], where: str
) -> ServerSettings:
    """Return settings with values by public name applied.

    Raises:
        SettingsError: A name is unknown or a value wrong.
    """
    if not isinstance(values, Mapping):
        raise SettingsError(f"{where} must be an object")
    changed = change(settings, SERVER_PARAMS, values, where)
    if "api_keys" in values and not changed.api_keys:
        raise SettingsError(f"{where}.api_keys is empty: name at least one key, or leave it out")
    return changed


def read_api_keys(path: Path | None) -> tuple[str, ...]:
    """Return the API keys of a file, one a line, or of ``HUBOCR_API_KEYS``, by commas.

    Empty lines and those that begin with ``#`` are ignored.

    Raises:
        SettingsError: The file can't be read, or it or the variable holds no key.
    """
    if path is None:
        named = os.environ.get(KEYS_VARIABLE)
        keys = _stripped((named or "").split(","))
        if named is not None and not keys:
            raise SettingsError(
                f"{KEYS_VARIABLE} is set and holds no API key: unset it or name one"
            )
        return keys
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise SettingsError(f"can't read the API keys in {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8: save the API keys as UTF-8") from error
    keys = tuple(key for key in _stripped(lines) if not key.startswith("#"))
    if not keys:
        raise SettingsError(f"{path} holds no API key")
    return keys


def _stripped(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(text.strip() for text in texts if text.strip())
