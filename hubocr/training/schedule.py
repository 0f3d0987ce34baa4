"""How long a run is, and how its learning rate goes up and down."""

from __future__ import annotations

import math
from dataclasses import dataclass

_STEPS = 1500
_FEWEST_EPOCHS, _MOST_EPOCHS = 10, 100
_WARM_UP_STEPS = 50
"""The first steps of AdamW move every weight as far as the learning rate allows, whatever its
gradient; unless they are small, most of what the released model knows is lost (measured: the loss
of a cut head rose from 0.9 to 13 in four steps). Short runs warm up for a fifth of their steps."""

_WARM_UP_SHARE = 0.2
_LEAST_FACTOR = 0.01
_MOST_BETWEEN = 250


@dataclass(frozen=True)
class Schedule:
    """The plan of a run.

    Attributes:
        steps_per_epoch: Batches in an epoch.
        steps: Batches in all.
        time_limit_s: Seconds after which the run is over, whatever is done by then; None: no limit.
        evaluations: How many there are at least.
    """

    steps_per_epoch: int
    steps: int
    time_limit_s: float | None = None
    evaluations: int = 20

    def stage(self, step: int, elapsed_s: float) -> int:
        """Return the number that changes when it is time for an evaluation and a checkpoint.

        There are more than `evaluations` where a run has many steps and the time for them.
        """
        done, stages = self.progress(step, elapsed_s), self.evaluations
        if done <= step / self.steps:
            stages = max(stages, math.ceil(self.steps / _MOST_BETWEEN))
        return math.floor(done * stages + 1e-9)

    def progress(self, step: int, elapsed_s: float) -> float:
        """Return how much of the run is done, 0 to 1: by steps or by time, whichever is more."""
        done = step / self.steps
        if self.time_limit_s is not None:
            done = max(done, elapsed_s / self.time_limit_s)
        return min(done, 1.0)

    def factor(self, step: int, elapsed_s: float) -> float:
        """Return the share of the learning rate that a step is made with.

        It rises in a line, then falls along half a cosine (Loshchilov and Hutter, SGDR, 2017). A
        run that is cut short by its time limit falls as smoothly, only in fewer steps.
        """
        warm_up = min(self.steps * _WARM_UP_SHARE, _WARM_UP_STEPS)
        rise = min(1.0, (step + 1) / (warm_up + 1))
        fall = (1 + math.cos(math.pi * self.progress(step, elapsed_s))) / 2
        return rise * max(fall, _LEAST_FACTOR)


def plan(
    images: int, batch_size: int, epochs: int | None, time_limit_min: float | None
) -> Schedule:
    """Return the plan for a number of images an epoch.

    Args:
        images: Images that an epoch takes.
        batch_size: Images in a batch.
        epochs: None: as many as make about 1500 steps, but from 10 to 100.
        time_limit_min: In minutes; None or 0: no limit.
    """
    per_epoch = math.ceil(images / batch_size)
    if epochs is None:
        epochs = min(max(math.ceil(_STEPS / per_epoch), _FEWEST_EPOCHS), _MOST_EPOCHS)
    limit = time_limit_min * 60 if time_limit_min else None
    return Schedule(per_epoch, per_epoch * epochs, limit)
