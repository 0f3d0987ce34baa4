"""Fuzzing: some thousand mutated requests, and requests made from the OpenAPI document."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.server.fuzzing import fuzz
from tests.server.fuzzing_options import fuzz as fuzz_options
from tests.server.fuzzing_routes import fuzz as fuzz_routes
from tests.server.fuzzing_sockets import fuzz as fuzz_sockets
from tests.server.running import Server


@pytest.mark.filterwarnings("ignore")
def test_mutated_requests_get_clear_answers() -> None:
    counts, failure = fuzz(4000, seed=1)
    assert failure is None
    assert counts[200] > 50  # some get through, so that the decoder is reached
    assert counts[400] > 500
    assert counts[422] > 500


def test_requests_made_from_the_openapi_document(server: Server) -> None:
    """Schemathesis makes requests that fit the document and ones that don't."""
    result = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("st")), "run", f"{server.url}/openapi.json"),
            *("--max-examples", "30", "--seed", "1", "--phases", "coverage,fuzzing"),
            # 405 and 415 are answers of their own; and an image can't be made from a schema.
            *("--exclude-checks", "unsupported_method,positive_data_acceptance"),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    document = requests.get(f"{server.url}/openapi.json", timeout=10).json()
    operations = sum(len(methods) for methods in document["paths"].values())
    assert f"{operations} selected" in result.stdout


@pytest.mark.filterwarnings("ignore")
def test_mutated_requests_at_every_route() -> None:
    counts, failure = fuzz_routes(4000, seed=1)
    assert failure is None
    assert counts[200] > 200
    assert counts[400] > 1000


@pytest.mark.filterwarnings("ignore")
def test_any_sound_options_get_a_result() -> None:
    counts, failure = fuzz_options(150, seed=1)
    assert failure is None
    assert counts[200] > 120


def test_mutated_bytes_on_connections() -> None:
    counts, failure = fuzz_sockets(1500, seed=1, threads=16)
    assert failure is None
    assert counts[400] > 300
    assert counts[200] > 50
