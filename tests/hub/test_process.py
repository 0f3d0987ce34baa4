"""A value for each process, made once."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

from hubocr.hub.process import PerProcess


def test_it_is_made_once_however_many_ask() -> None:
    made: list[int] = []
    start = threading.Barrier(8)

    def make() -> int:
        made.append(1)
        return len(made)

    value = PerProcess(make)

    def get(_: int) -> int:
        start.wait()
        return value.get()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(get, range(8))) == {1}
    assert made == [1]


def test_a_forked_process_makes_its_own() -> None:
    value = PerProcess(os.getpid)
    assert value.get() == os.getpid()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # no pytest in here: write, and leave at once
        os.write(writer, str(value.get()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert int(os.read(reader, 20)) == child
    assert value.get() == os.getpid()
    os.close(reader)
    os.close(writer)
