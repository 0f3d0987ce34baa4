"""``python -m hubocr`` is the command ``hubocr``."""

import sys

from hubocr.cli import main

if __name__ == "__main__":
    sys.exit(main())
