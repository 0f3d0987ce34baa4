"""Tests; they mirror the package."""

import pytest

pytest.register_assert_rewrite("tests.hub.wire_contract")
