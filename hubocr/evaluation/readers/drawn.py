"""Synthetic lines that are drawn when they are asked for: a YAML file of ``hubocr synth`` options.

It has the options of the lines by name, and ``count``, how many there are. A line follows from its
number, so that nothing has to be kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from hubocr.errors import DatasetError
from hubocr.evaluation.labels import Problem
from hubocr.evaluation.readers.index import Entry, LineIndex, Sample
from hubocr.imaging import BgrImage
from hubocr.settings.declared import change
from hubocr.settings.yaml_file import read_yaml
from hubocr.synth.generator import LineGenerator
from hubocr.synth.settings import SYNTH_PARAMS, SynthSettings
from hubocr.synth.wordlists import read_lines

_COUNT = "count"
_LOOKED_AT = 1000
"""Lines whose characters are taken for those of all, where no vocabulary is named."""


def matches(path: Path) -> bool:
    """Say whether it is a YAML file."""
    return path.suffix.lower() in (".yaml", ".yml") and path.is_file()


def open_index(path: Path, root: Path | None) -> LineIndex:
    """Return the lines that a file describes; ``root`` says nothing here."""
    values = dict(read_yaml(path))
    count = values.pop(_COUNT, None)
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise DatasetError(f"{path}: `count`, the number of lines, has to be a number from 1 on")
    return DrawnIndex(str(path), change(SynthSettings(), SYNTH_PARAMS, values, str(path)), count)


@dataclass(eq=False)
class DrawnIndex:
    """Synthetic lines; each process makes its own generator.

    Attributes:
        name: What messages call them.
        settings: What is drawn.
        count: How many there are.
    """

    name: str
    settings: SynthSettings
    count: int
    problems: tuple[Problem, ...] = ()

    @cached_property
    def _generator(self) -> LineGenerator:
        return LineGenerator(self.settings)

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process needs."""
        return {k: v for k, v in self.__dict__.items() if k != "_generator"}

    def __len__(self) -> int:
        """Return how many lines there are."""
        return self.count

    def read(self, place: int) -> Entry:
        """See `LineIndex.read`."""
        line = self._generator.line(place)
        name = f"{self.name}, line {place}"
        # Who doesn't keep the pixels has it drawn again.
        return Sample(name, line.text, pixels=line.image, load=partial(self._image, place))

    def text(self, place: int) -> str:
        """See `LineIndex.text`."""
        return self._generator.line(place).text

    def characters(self) -> set[str]:
        """Return the characters of the vocabulary, or of the first lines: texts are drawn, too."""
        if self.settings.vocabulary is not None:
            return set("".join(read_lines(Path(self.settings.vocabulary))))
        return {c for n in range(min(self.count, _LOOKED_AT)) for c in self.text(n)}

    def _image(self, place: int) -> BgrImage:
        return self._generator.line(place).image
