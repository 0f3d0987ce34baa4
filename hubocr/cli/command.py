"""What a file of this folder is given to add its command to."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # The name that argparse gives to what add_subparsers returns.
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    Commands = Any
