"""``hubocr distil``: teach a recogniser what another one reads."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from hubocr.cli.synth import add_synth_arguments, read_synth
from hubocr.cli.train import require_training
from hubocr.settings.flags import add_settings_arguments, flag_names, given
from hubocr.synth.settings import SYNTH_PARAMS
from hubocr.training.distillation.request import DISTILLATION_PARAMS, DistillationRequest

if TYPE_CHECKING:
    from hubocr.cli.command import Commands


def add_command(commands: Commands) -> None:
    """Add ``distil``."""
    parser = commands.add_parser(
        "distil",
        help="teach a recogniser what another one reads, or make it int8, without labels",
        description="Teach a recogniser (the student) the probabilities that another one (the "
        "teacher) gives, on synthetic lines and on pictures of lines that nobody has labelled. "
        "With --int8 and the same model as both, a recogniser learns to read in 8 bits as it does "
        "in 32. Needs hubocr[train].",
    )
    for title in ("model", "data", "training"):
        group = parser.add_argument_group(title)
        own = [name for name, p in DISTILLATION_PARAMS.items() if p.rule.group == title]
        add_settings_arguments(group, DISTILLATION_PARAMS, own)
    add_synth_arguments(parser)
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    names = flag_names({**DISTILLATION_PARAMS, **SYNTH_PARAMS})
    parser.set_defaults(run=_distil, flag_names=names)


def _distil(arguments: argparse.Namespace) -> int:
    require_training()
    from hubocr.training.distillation.run import distil

    values: dict[str, Any] = given(arguments, DISTILLATION_PARAMS)
    request = DistillationRequest(
        **{DISTILLATION_PARAMS[name].field: value for name, value in values.items()},
        synth=read_synth(arguments),
        progress=not arguments.quiet,
    )
    result = distil(request)
    if not result.steps:
        print("hubocr: the student has not learnt: its ranges were measured only", file=sys.stderr)
    print(f"model                  {result.model.parent}")
    print(f"steps                  {result.steps}")
    print(f"read like the teacher  {result.before:.4f} -> {result.after:.4f}")
    return 0
