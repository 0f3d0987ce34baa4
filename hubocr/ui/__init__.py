"""The web page: the files that ``ui/`` builds, and the headers that they are sent with."""

from hubocr.ui.assets import HEADERS, Asset, load_assets

__all__ = ["HEADERS", "Asset", "load_assets"]
