"""The table of connections, by itself."""

from __future__ import annotations

from hubocr.server.edge.connections import Connection, ConnectionLimits, ConnectionTable, Phase


class Transport:
    """Remembers that it was closed."""

    is_closed = False

    def abort(self) -> None:
        self.is_closed = True

    def get_write_buffer_size(self) -> int:
        return 0


def test_a_share_of_one_holds_after_an_eviction() -> None:
    table = ConnectionTable(ConnectionLimits(connections=10, connections_per_client=1))
    made = [Connection(("10.0.0.1", port), Transport()) for port in range(4)]
    assert all(table.add(each) for each in made)
    assert len(table) == 1
    assert table.find(made[-1].peer) is made[-1]


def test_a_refused_address_is_not_remembered() -> None:
    table = ConnectionTable(ConnectionLimits(connections=1))
    busy = Connection(("10.0.0.1", 1), Transport())
    assert table.add(busy)
    table.enter(busy, Phase.REQUEST)
    for number in range(50):
        assert not table.add(Connection((f"10.0.1.{number}", 1), Transport()))
    assert len(table) == 1
    table.remove(busy)
    assert not table._clients


def test_the_one_that_has_been_idle_longest_gives_way() -> None:
    table = ConnectionTable(ConnectionLimits(connections=4))
    made = [Connection((f"10.0.0.{number}", 1), Transport()) for number in range(4)]
    assert all(table.add(each) for each in made)
    table.enter(made[0], Phase.REQUEST)
    table.end(made[0])  # now it is the last that became idle
    table.enter(made[1], Phase.REQUEST)
    table.enter(made[2], Phase.LINGER)  # as well
    closed = []
    for number in range(4, 7):
        assert table.add(Connection((f"10.0.0.{number}", 1), Transport()))
        closed.append([index for index, each in enumerate(made) if table.find(each.peer) is None])
    assert closed == [[3], [0, 3], [0, 2, 3]]


def test_a_connection_that_has_gone_is_forgotten_by_every_list() -> None:
    table = ConnectionTable(ConnectionLimits(connections=10))
    made = [Connection((f"10.0.0.{number % 2}", number), Transport()) for number in range(6)]
    assert all(table.add(each) for each in made)
    table.enter(made[0], Phase.REQUEST)
    table.enter(made[1], Phase.LINGER)
    assert table.lingering == 1
    for each in made:
        table.remove(each)
        table.end(each)  # its request is over after it has gone
    assert len(table) == 0
    assert table.lingering == 0
    assert not table._clients
    assert not table._idle
