"""Models: the registry of released ones, and finding a model by name or path.

Fetching is in `hubocr.models.fetch`, whose imports nobody else needs.
"""

from hubocr.models.files import ModelFiles, inspect_model
from hubocr.models.find import find_model, optional_model
from hubocr.models.registry import ModelFile, RegistryEntry, registry, registry_entry
from hubocr.models.store import ModelState, check_model, file_sha256

__all__ = [
    "ModelFile",
    "ModelFiles",
    "ModelState",
    "RegistryEntry",
    "check_model",
    "file_sha256",
    "find_model",
    "inspect_model",
    "optional_model",
    "registry",
    "registry_entry",
]
