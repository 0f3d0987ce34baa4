"""Install what the tests of the web page need: Chromium, and the packages of ``ui/``.

As root on a Debian system Chromium is installed, else the command is shown. Where node is missing,
or a registry can't be reached, the tests that need them are skipped and say why.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

_PACKAGE = "chromium"
_UI = Path(__file__).resolve().parents[1] / "ui"


def _install_browser() -> None:
    if shutil.which(_PACKAGE):
        return
    apt_get = shutil.which("apt-get")
    if not apt_get or os.geteuid() != 0:
        print(f"the tests of the page need it: sudo apt-get install {_PACKAGE}", file=sys.stderr)
        return
    print(f"installing {_PACKAGE} for the tests of the page")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([apt_get, "update", "-qq"], check=False)
    subprocess.run(
        [apt_get, "install", "-y", "-qq", "--no-install-recommends", _PACKAGE],
        check=False,
        env=environment,
        stdout=subprocess.DEVNULL,
    )


def _install_node_packages() -> None:
    npm = shutil.which("npm")
    if not npm:
        print("the page can't be built without node and npm: its build is not tested")
        return
    flags = ["--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run([npm, "ci", *flags], cwd=_UI, check=False, stdout=subprocess.DEVNULL)


def main() -> int:
    """Install what can be installed; what is missing is told and costs tests alone."""
    _install_browser()
    _install_node_packages()
    return 0


if __name__ == "__main__":
    sys.exit(main())
