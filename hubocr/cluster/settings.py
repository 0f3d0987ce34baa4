"""What a Serve application is made from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubocr.errors import SettingsError

WORKER = "hubocr"
ENTRY = "hubocr-entry"

_TARGET_PER_CPU = 2
"""Requests in work or waiting for each processor, above which replicas are added. Fewer leave
threads idle between two requests."""

_NUMBERS = ("replicas", "min_replicas", "max_replicas", "num_cpus", "per_node", "entries", "port")
_NAMES = ("config", *_NUMBERS, "front", "host")
FRONTS = ("head", "nodes")
_LAST_PORT = 65535


@dataclass(frozen=True)
class ClusterSettings:
    """How a server is spread over a cluster.

    Attributes:
        config: The content of a config.json.
        replicas: Replicas with models; None: between the next two, by the number of requests.
        min_replicas: Fewest.
        max_replicas: Most.
        num_cpus: Processors of each, and its inference threads.
        per_node: Most replicas with models on a node; None: as many as it has processors for.
        entries: Replicas that take requests.
        front: Where these are: on the head node, so that a lost node loses no request, or on the
            nodes, one each where they have a port.
        port: The port that they listen on; None: Serve's HTTP proxy takes the requests.
        host: The address that they listen on.
    """

    config: Mapping[str, Any]
    replicas: int | None = None
    min_replicas: int = 1
    max_replicas: int = 16
    num_cpus: int = 2
    per_node: int | None = None
    entries: int = 2
    front: str = "head"
    port: int | None = None
    host: str = "127.0.0.1"

    @classmethod
    def from_args(cls, args: Mapping[str, Any]) -> ClusterSettings:
        """Return the settings of a Serve config's ``args``.

        Raises:
            SettingsError: One is missing, unknown or wrong, or the file can't be read.
        """
        unknown = args.keys() - set(_NAMES)
        if unknown or "config" not in args:
            raise SettingsError(f"args must hold config, and may hold {', '.join(_NAMES[1:])}")
        for name in _NUMBERS:
            value = args.get(name, 1)
            if type(value) is not int or value < 1:
                raise SettingsError(f"args.{name} must be a whole number from 1, not {value!r}")
        if args.get("front", FRONTS[0]) not in FRONTS:
            raise SettingsError(f"args.front must be {' or '.join(FRONTS)}")
        if args.get("port", 1) > _LAST_PORT:
            raise SettingsError(f"args.port must be at most {_LAST_PORT}")
        if type(args.get("host", "")) is not str:
            raise SettingsError("args.host must be an address")
        config = args["config"]
        values = {**args, "config": config if isinstance(config, Mapping) else _read(config)}
        return cls(**values)

    @property
    def most_replicas(self) -> int:
        """Replicas with models that there may be."""
        return self.replicas or max(self.min_replicas, self.max_replicas)

    @property
    def placement(self) -> dict[str, int]:
        """What Serve is told of the places of replicas."""
        return {} if self.per_node is None else {"max_replicas_per_node": self.per_node}

    @property
    def entry_placement(self) -> dict[str, int]:
        """The same, of the replicas that take requests."""
        on_each = self.front == "nodes" and self.port is not None
        return {"max_replicas_per_node": 1} if on_each else {}

    @property
    def scaling(self) -> dict[str, Any]:
        """What Serve is told of the number of replicas."""
        if self.replicas is not None:
            return {"num_replicas": self.replicas}
        return {
            "autoscaling_config": {
                "min_replicas": self.min_replicas,
                "max_replicas": self.most_replicas,
                "target_ongoing_requests": _TARGET_PER_CPU * self.num_cpus,
            }
        }


def _read(path: object) -> Any:
    if not isinstance(path, str):
        raise SettingsError("args.config must be the path or the content of a config.json")
    try:
        return json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"can't read {path}: {error.strerror}") from error
    except ValueError as error:
        raise SettingsError(f"{path} is not valid JSON: {error}") from error
