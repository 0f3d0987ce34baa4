"""Make sure that OpenCV finds its system libraries.

The wheel of opencv-python, which PaddleHub requires, needs libGL and GLib from the system; a bare
server image lacks them. As root on a Debian system they are installed, else the command is shown.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

_PACKAGES = ("libgl1", "libglib2.0-0")


def _import_error() -> str | None:
    """Return why OpenCV can't be imported, or None."""
    result = subprocess.run(
        [sys.executable, "-c", "import cv2"], capture_output=True, text=True, check=False
    )
    return result.stderr.strip().splitlines()[-1] if result.returncode else None


def main() -> int:
    """Check, install what is missing where possible, and return the exit status."""
    error = _import_error()
    if error is None:
        return 0
    apt_get = shutil.which("apt-get")
    if apt_get and os.geteuid() == 0:
        print(f"{error}; installing {' '.join(_PACKAGES)}")
        subprocess.run([apt_get, "update", "-qq"], check=False)
        subprocess.run([apt_get, "install", "-y", "-qq", *_PACKAGES], check=False)
        error = _import_error()
        if error is None:
            return 0
    print(
        f"OpenCV can't be imported: {error}\n"
        f"On Debian or Ubuntu: sudo apt-get install {' '.join(_PACKAGES)}",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
