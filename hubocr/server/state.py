"""What the routes of one worker share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from anyio import CapacityLimiter
from starlette.requests import Request

from hubocr.errors import SettingsError
from hubocr.runtime import Runtime
from hubocr.server.admission import Admission
from hubocr.server.errors import NotReadyError, UnknownModuleError
from hubocr.server.held_bytes import HeldBytes
from hubocr.server.keys import KeyRing
from hubocr.server.metrics import Metrics
from hubocr.server.modules import Module, ModuleHost
from hubocr.server.settings import ServerSettings
from hubocr.services import Service


class ServerState:
    """Settings, modules, threads and counters of one worker.

    Args:
        settings: The server's settings.
        reload_settings: Reads the settings again for a reload; None: they never change.
    """

    def __init__(
        self,
        settings: ServerSettings,
        reload_settings: Callable[[], ServerSettings] | None = None,
    ) -> None:
        self.settings = settings
        self.runtime = Runtime(settings.worker_threads, settings.limits.images_bytes)
        self.host = ModuleHost(settings, self.runtime)
        self.keys = KeyRing(settings.api_keys)
        self.metrics = Metrics()
        self.admission = Admission(settings, self.runtime.threads, self.metrics)
        limits = settings.limits
        self.held = HeldBytes(limits.bodies_bytes, limits.body_bytes, settings.trusted_networks)
        # A request waits in a thread of its own for its pieces; the runtime's threads work.
        self.request_threads = CapacityLimiter(settings.limits.queue)
        self._reload_settings = reload_settings

    def load(self) -> None:
        """Load the modules for the first time."""
        self.host.load()
        self.metrics.ready.set(1)

    def reload(self) -> None:
        """Reload modules and API keys from the configuration; the old stay when that fails.

        Raises:
            HubocrError: The configuration or a model is wrong.
        """
        settings = self._reload_settings() if self._reload_settings else self.settings
        if not settings.modules:
            raise SettingsError("there is no module in the configuration")
        if not settings.api_keys and not self.keys.is_empty:
            raise SettingsError(
                "there is no API key any more: restart the server to open it to all"
            )
        self.host.load(settings.modules)
        self.keys.exchange(settings.api_keys)

    def module(self, name: str) -> Module:
        """Return a loaded module.

        Raises:
            UnknownModuleError: No such module is configured.
            NotReadyError: The models aren't loaded yet.
        """
        if name not in self.host.names:
            raise UnknownModuleError(f"Module {name} is not available.")
        return self._ready()[name]

    def first_module(self, service: type[Service[Any]]) -> Module:
        """Return the first loaded module that gives a service.

        Raises:
            UnknownModuleError: There is none.
            NotReadyError: The models aren't loaded yet.
        """
        for module in self._ready().values():
            if module.kind == service.name:
                return module
        raise UnknownModuleError(f"no {service.name} module is served")

    def _ready(self) -> dict[str, Module]:
        if self.host.problem is not None:
            raise NotReadyError(f"the models aren't ready: {self.host.problem}")
        return dict(self.host.modules)


def state_of(request: Request) -> ServerState:
    """Return the state of the worker that answers a request."""
    state = request.app.state.hubocr
    if not isinstance(state, ServerState):
        raise TypeError("the application has no state")
    return state
