from __future__ import annotations

import pytest

from hubocr.training.schedule import Schedule, plan


def test_the_rate_rises_and_falls() -> None:
    factors = [Schedule(10, 1000).factor(step, 0) for step in range(1000)]
    top = factors.index(max(factors))
    assert 20 < top < 100
    assert factors[:top] == sorted(factors[:top])
    assert factors[top:] == sorted(factors[top:], reverse=True)
    assert factors[0] < 0.05
    assert 0 < factors[-1] <= 0.01


def test_a_time_limit_shortens_the_run_smoothly() -> None:
    schedule = Schedule(10, 1000, time_limit_s=100)
    assert schedule.factor(100, 90) == pytest.approx(Schedule(10, 1000).factor(900, 0))
    assert schedule.progress(100, 100) == 1


@pytest.mark.parametrize(
    ("images", "epochs", "steps"),
    [(2000, None, 63 * 24), (200, None, 7 * 100), (1_000_000, None, 312_500), (64, 3, 6)],
)
def test_the_length_of_a_run(images: int, epochs: int | None, steps: int) -> None:
    assert plan(images, 32, epochs, 0).steps == steps


def test_evaluations_are_spread() -> None:
    def stages(schedule: Schedule, elapsed_s: float = 0) -> int:
        return len({schedule.stage(step, elapsed_s) for step in range(1, schedule.steps + 1)})

    assert stages(plan(2000, 32, None, None)) == 21
    assert stages(plan(20, 32, 3, None)) == 3
    assert stages(plan(100_000, 32, None, None)) > 120
    assert {Schedule(10, 10**6, 100).stage(9, second) for second in range(101)} == {*range(21)}
    assert Schedule(10, 1000, 100).stage(1, 4) != Schedule(10, 1000, 100).stage(2, 6)
