"""The simulation against what queueing theory says."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("simpy", reason="simpy is not installed")

from benchmarks.queueing import Batches, Load, Loss, simulate
from benchmarks.scale import replicas_for


def test_one_thread_with_fixed_times_is_an_m_d_1_queue() -> None:
    # Mean wait of M/D/1: rho / (2 * (1 - rho)) service times (Pollaczek and Khinchine).
    found = simulate(Load(rate=7.0, replicas=1, threads=1), [0.1], requests=60_000)
    waits = [seconds - 0.1 for _, seconds in found.seconds]
    expected = 0.7 / (2 * 0.3) * 0.1
    assert sum(waits) / len(waits) == pytest.approx(expected, rel=0.1)


def test_many_threads_are_an_m_m_c_queue() -> None:
    # Erlang's C formula, for 4 threads at 80 %; 1,000 quantiles stand for the exponential.
    mean, servers, rate = 0.1, 4, 32.0
    times = [-mean * math.log(1 - (i + 0.5) / 1000) for i in range(1000)]
    load = rate * mean
    partial = sum(load**k / math.factorial(k) for k in range(servers))
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    expected = last / (partial + last) / (servers / mean - rate)
    found = simulate(Load(rate, 1, servers), times, requests=60_000)
    waited = sum(seconds for _, seconds in found.seconds) / len(found.seconds) - mean
    assert waited == pytest.approx(expected, rel=0.15)


def test_two_choices_are_better_than_chance() -> None:
    by_chance, by_two = (
        simulate(Load(160, 10, 2, choices), [0.1]).percentile(0.99) for choices in (1, 2)
    )
    assert by_two < by_chance


def test_replicas_grow_with_the_rate_and_less_than_it() -> None:
    few, many = (replicas_for(rate, 0.3, [0.1], 2, 2) for rate in (10, 100))
    assert few < many < 10 * few + 1
    with pytest.raises(ValueError, match="p99"):
        replicas_for(10, 0.05, [0.1], 2, 2)


def test_what_a_lost_replica_worked_on_is_answered_by_another() -> None:
    found = simulate(Load(50, 10, 1, loss=Loss(0.3)), [0.1], requests=5_000)
    assert len(found.seconds) == 5_000
    assert 0 < found.repeated < 30
    assert found.percentile(0.99, after_loss=True) > found.percentile(0.99)


def test_a_loss_that_is_noticed_late_holds_up_what_is_sent_there() -> None:
    found = simulate(Load(50, 10, 1, loss=Loss(0.1, notice=3.0)), [0.1], requests=5_000)
    assert len(found.seconds) == 5_000
    assert found.repeated > 5
    assert 2.5 < found.percentile(0.999, after_loss=True) < 4


def test_threads_that_share_a_core_take_as_much_longer() -> None:
    # Processor sharing: the mean of M/G/1-PS is service / (1 - rho), whatever the times are.
    found = simulate(Load(5.0, 1, 50, cores=1), [0.05, 0.15], requests=8_000)
    mean = sum(seconds for _, seconds in found.seconds) / len(found.seconds)
    assert mean == pytest.approx(0.1 / (1 - 0.5), rel=0.1)


def test_batches_without_a_gain_only_wait() -> None:
    alone = simulate(Load(10.0, 2, 1), [0.1], requests=10_000)
    together = simulate(Load(10.0, 2, 1, batches=Batches(8, 0.05)), [0.1], requests=10_000)
    assert len(together.seconds) == 10_000
    assert together.percentile(0.5) > alone.percentile(0.5) + 0.04


def test_batches_that_cost_half_bear_a_load_that_is_too_much_one_by_one() -> None:
    load = Load(30.0, 2, 1, batches=Batches(8, 0.01, cost=0.5))
    assert simulate(load, [0.1], requests=10_000).percentile(0.99) < 3


def test_affinity_overloads_the_replica_of_the_largest_client() -> None:
    spread = simulate(Load(120, 10, 2), [0.1])
    bound = simulate(Load(120, 10, 2, clients=100), [0.1])
    assert bound.percentile(0.99) > 2 * spread.percentile(0.99)
