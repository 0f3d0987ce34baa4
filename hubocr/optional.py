"""Packages that only some features need: imported when used, named when they are missing."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from types import ModuleType

from hubocr.errors import MissingPackageError


def require(module: str, extra: str, purpose: str) -> ModuleType:
    """Return a module that is installed with an extra.

    Args:
        module: Its full name, such as ``paddle.inference``.
        extra: The extra that installs it, such as ``paddle`` of ``hubocr[paddle]``.
        purpose: What needs it, for the message.

    Raises:
        MissingPackageError: It, or a package that it needs, isn't installed or can't be imported.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise _missing(error.name or module, extra, purpose) from error
    except ImportError as error:
        raise MissingPackageError(
            f"{purpose} needs {module}, which can't be loaded: {error}"
        ) from error


def require_installed(packages: Sequence[str], extra: str, purpose: str) -> None:
    """Raise `MissingPackageError` where a package isn't installed; none is imported."""
    for package in packages:
        if importlib.util.find_spec(package) is None:
            raise _missing(package, extra, purpose)


@contextmanager
def absent(package: str) -> Iterator[None]:
    """Let imports find no such package in the meantime, unless it has been imported before."""
    is_new = package not in sys.modules
    if is_new:
        sys.modules[package] = None  # type: ignore[assignment]  # the import system's own mark
    try:
        yield
    finally:
        if is_new:
            sys.modules.pop(package, None)


def installed_version(distribution: str) -> str | None:
    """Return the version of a distribution, or None where it isn't installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _missing(package: str, extra: str, purpose: str) -> MissingPackageError:
    return MissingPackageError(
        f"{purpose} needs {package}, which is not installed: pip install 'hubocr[{extra}]'"
    )
