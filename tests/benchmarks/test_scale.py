"""The simulation against what queueing theory says."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("simpy", reason="simpy is not installed")

from benchmarks.scale import Load, percentile, replicas_for, simulate


def test_one_thread_with_fixed_times_is_an_m_d_1_queue() -> None:
    # Mean wait of M/D/1: rho / (2 * (1 - rho)) service times (Pollaczek and Khinchine).
    found = simulate(Load(rate=7.0, replicas=1, threads=1), [0.1], requests=60_000)
    waits = [seconds - 0.1 for _, seconds in found]
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
    waited = sum(seconds for _, seconds in found) / len(found) - mean
    assert waited == pytest.approx(expected, rel=0.15)


def test_two_choices_are_better_than_chance() -> None:
    by_chance, by_two = (
        percentile(simulate(Load(160, 10, 2, choices), [0.1]), 0.99) for choices in (1, 2)
    )
    assert by_two < by_chance


def test_replicas_grow_with_the_rate_and_less_than_it() -> None:
    few, many = (replicas_for(rate, 0.3, [0.1], 2, 2) for rate in (10, 100))
    assert few < many < 10 * few + 1
    with pytest.raises(ValueError, match="p99"):
        replicas_for(10, 0.05, [0.1], 2, 2)


def test_what_a_lost_replica_worked_on_is_answered_by_another() -> None:
    found = simulate(Load(50, 10, 1, lost=0.3), [0.1], requests=5_000)
    assert len(found) == 5_000
    assert percentile(found, 0.99) > percentile(simulate(Load(50, 10, 1), [0.1]), 0.99)
