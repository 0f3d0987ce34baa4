"""Named profiles: documented sets of settings between the defaults and what a user sets.

What a profile costs and gains is measured in ``benchmarks/RESULTS.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hubocr.rules import Rule


@dataclass(frozen=True)
class Profile:
    """A named set of settings.

    Attributes:
        help: What it is for, in one sentence.
        values: Values by the public names of `hubocr.settings`; a module takes those that it has.
    """

    help: str
    values: Mapping[str, object]


DEFAULT_PROFILE = "default"

PROFILES: Mapping[str, Profile] = {
    DEFAULT_PROFILE: Profile("the reference's results", {}),
    "fast": Profile(
        "bf16 where the processor calculates in it, which changes some texts; fp32 elsewhere",
        {"precision": "prefer_bf16"},
    ),
    "captcha": Profile(
        "a small image is one line, read at its natural width instead of padded to 320 pixels; for "
        "letters and digits with PP-OCRv4",
        {"rec_image_shape": "3, 48, 64"},
    ),
}
"""Every profile by its name."""

PROFILE = Rule(
    "profile",
    "named set of settings: "
    + "; ".join(f"{name}: {profile.help}" for name, profile in PROFILES.items()),
    "choice",
    choices=tuple(PROFILES),
)
"""The parameter that names a profile."""
