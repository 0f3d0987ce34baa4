from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from hubocr.synth.damage import damage
from hubocr.synth.styles import STYLES


def test_bilevel_lines_are_black_and_white_and_keep_their_text() -> None:
    image = np.full((48, 200, 3), (210, 225, 230), np.uint8)
    cv2.putText(image, "line", (10, 36), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (90, 60, 40), 3)
    ink = image[:, :, 0] < 150
    style = replace(STYLES["handwriting"], bilevel=1, jpeg=0, invert=0, downscale=1, blur=0)
    parted = damage(image, style, np.random.default_rng(0))
    assert np.unique(parted).tolist() == [0, 255]
    assert ((parted[:, :, 0] == 0) == ink).mean() > 0.99
    plain = damage(image, replace(style, bilevel=0), np.random.default_rng(0))
    assert len(np.unique(plain)) > 2
