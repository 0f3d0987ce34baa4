"""What is noted of a run: for its model card, and for one that goes on from its checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from hubocr.evaluation.images import Source

RecordT = TypeVar("RecordT", bound="Record")


@dataclass(frozen=True)
class SourceRecord:
    """What one source gave.

    Attributes:
        use: ``training`` or ``validation``.
        name: Name of the file or folder, without its path.
        images: Images used.
        skipped: Images and labels that were skipped.
    """

    use: str
    name: str
    images: int
    skipped: int


@dataclass(frozen=True, kw_only=True)
class Record:
    """What a run was made of; each kind of model adds its own.

    Attributes:
        kind: The kind of model.
        base: Registry name or path of the model that it started from; None: from nothing.
        images: Images that an epoch takes.
        steps: Steps in all.
        batch_size: Images in a batch.
        learning_rate: The highest.
        preset: How images were changed.
        precision: What was asked for.
        seed: For everything that is drawn.
        interpolation: Share of the trained weights in the published ones.
        kept: Images without labels on which the base's answers are kept.
        keep_ratio: How many of those go with each image with a label.
        sources: The data.
    """

    kind: ClassVar[str]

    base: str | None
    images: int
    steps: int
    batch_size: int
    learning_rate: float
    preset: str
    precision: str
    seed: int
    interpolation: float = 1.0
    kept: int = 0
    keep_ratio: float = 0.0
    sources: tuple[SourceRecord, ...] = ()

    def table(self) -> str:
        """Return the data as the rows of a Markdown table, as model cards have it."""
        rows = (f"| {s.use} | {s.name} | {s.images} | {s.skipped} |\n" for s in self.sources)
        return "| use | source | images | skipped |\n|---|---|---|---|\n" + "".join(rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the record as plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls: type[RecordT], values: Mapping[str, Any]) -> RecordT:
        """Return the record of what `to_dict` gave."""
        sources = tuple(SourceRecord(**source) for source in values["sources"])
        return cls(**{**values, "sources": sources})

    def differences(self, values: Mapping[str, Any]) -> list[str]:
        """Return the fields in which another record, as plain values, is of another run.

        Sources don't count: labels may have been corrected.
        """
        own = self.to_dict()
        names = [field.name for field in fields(self) if field.name != "sources"]
        return [name for name in names if values.get(name) != own[name]]


def source_records(
    training: Sequence[Source[Any]], validation: Sequence[Source[Any]]
) -> tuple[SourceRecord, ...]:
    """Return the records of the sources of a run."""
    return tuple(
        SourceRecord(use, Path(source.name).name, len(source.samples), len(source.problems))
        for use, group in (("training", training), ("validation", validation))
        for source in group
    )
