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
    busy.enter(Phase.REQUEST)
    for number in range(50):
        assert not table.add(Connection((f"10.0.1.{number}", 1), Transport()))
    assert len(table) == 1
    table.remove(busy)
    assert not table._by_address
