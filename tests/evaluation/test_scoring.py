"""hubocr.evaluation.scoring, on sets of two or three samples with scores worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hubocr.evaluation.scoring import ReadLine, evaluate
from hubocr.evaluation.sets import SETS, Dataset, Sample, TextBox


def rectangle(x: float, y: float, width: float, height: float) -> tuple[tuple[float, float], ...]:
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))


def sample(text: str, group: str = "", boxes: Sequence[TextBox] = ()) -> Sample:
    return Sample("a.png", Path("a.png"), text, group, tuple(boxes))


def scores(
    name: str, samples: Sequence[Sample], lines: Sequence[Sequence[ReadLine]]
) -> dict[tuple[str, str], tuple[float, int]]:
    found = evaluate(Dataset(SETS[name], tuple(samples)), lines)
    assert all(score.set_name == name for score in found)
    # Twelve decimals, so that shares can be written as fractions.
    return {(score.group, score.metric): (round(score.value, 12), score.count) for score in found}


def share(part: float, whole: float) -> float:
    return round(part / whole, 12)


def test_lines_as_a_whole_and_by_group() -> None:
    found = scores(
        "lines_zh",
        [sample("abcd", "doc"), sample("ef", "web"), sample("gh", "web")],
        [[ReadLine("abed")], [ReadLine("e f")], [ReadLine("")]],
    )
    assert found[("", "line accuracy")] == (share(1, 3), 3)
    assert found[("", "edit similarity")] == (share(0.75 + 1 + 0, 3), 3)
    assert found[("doc", "line accuracy")] == (0, 1)
    assert found[("web", "line accuracy")] == (0.5, 2)


def test_exact() -> None:
    found = scores(
        "handwriting_zh_chars", [sample("aB"), sample("一")], [[ReadLine("ab")], [ReadLine("一")]]
    )
    assert found == {("", "exact"): (0.5, 2), ("", "ignoring case"): (1.0, 2)}


def test_plates() -> None:
    found = scores(
        "plates",
        [sample("浙A0O", "cn"), sample("WA0I", "eu")],
        [[ReadLine("浙AO0")], [ReadLine("wa-o1")]],
    )
    assert found[("", "plate accuracy")] == (0.5, 2)
    assert found[("cn", "plate accuracy")] == (0, 1)
    assert found[("eu", "plate accuracy")] == (1, 1)


def test_plates_in_whole_images() -> None:
    found = scores(
        "plates_full",
        [sample("WA56", "eu"), sample("WA56", "eu"), sample("WA56", "eu")],
        [[ReadLine("shop"), ReadLine("WA 56")], [ReadLine("WA"), ReadLine("56")], []],
    )
    assert found == {
        ("", "plate is a line"): (share(1, 3), 3),
        ("", "plate is in the text"): (share(2, 3), 3),
    }


def test_pages_add_up_characters_and_leave_ignored_regions_out() -> None:
    ignored = TextBox(rectangle(0, 0, 10, 10), "text", ignored=True)
    found = scores(
        "scene",
        [sample("ab", boxes=[ignored]), sample("cd")],
        [
            [ReadLine("ab", rectangle(20, 0, 10, 10)), ReadLine("zz", rectangle(1, 1, 5, 5))],
            [ReadLine("c", rectangle(0, 0, 1, 1)), ReadLine("x", rectangle(0, 0, 1, 1))],
        ],
    )
    assert found == {
        ("", "character recall"): (share(3, 4), 2),
        ("", "character precision"): (share(3, 4), 2),
        ("", "similarity in order"): ((1 + 1 / 2) / 2, 2),
    }


def test_boxes_of_receipts() -> None:
    boxes = [TextBox(rectangle(0, 20 * i, 10, 10), "a") for i in range(4)]
    found = scores(
        "pages",
        [sample("aaaa", "sroie", boxes), sample("b", "odb")],
        [
            [
                ReadLine("a", rectangle(0, 0, 10, 10)),
                ReadLine("a", rectangle(0, 21, 10, 10)),  # IoU 9/11
                ReadLine("a", rectangle(6, 40, 10, 10)),  # IoU 4/16
            ],
            [ReadLine("b", rectangle(0, 0, 1, 1))],
        ],
    )
    assert found[("sroie", "box recall at IoU 0.5")] == (0.5, 1)
    assert ("", "box recall at IoU 0.5") not in found
    assert found[("", "character recall")] == (share(4, 5), 2)
