"""The embedded Redis: it starts empty, dies, and comes back at the same address."""

from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from embedded.process import ServerError
from embedded.redis import Redis


def test_it_comes_back_empty_at_the_same_address_after_kill_and_after_stop(tmp_path: Path) -> None:
    with Redis.start(tmp_path / "redis") as server:
        address = server.url
        client = redis.from_url(address, retry=Retry(NoBackoff(), 0))
        client.set("total", 1)
        for end in (server.kill, server.stop):
            end()
            assert not server.alive
            with pytest.raises(redis.ConnectionError):
                client.get("total")
            server.restart()
            assert server.url == address
            assert client.get("total") is None
            client.set("total", 2)
        client.close()


def test_it_bounds_its_memory_and_writes_nothing(tmp_path: Path) -> None:
    with Redis.start(tmp_path / "redis") as server, redis.from_url(server.url) as client:
        settings = client.config_get("maxmemory*", "save", "appendonly", "port")
        assert settings["maxmemory"] == str(256 * 1024 * 1024)
        assert settings["maxmemory-policy"] == "allkeys-lru"
        assert (settings["save"], settings["appendonly"], settings["port"]) == ("", "no", "0")


def test_two_servers_live_side_by_side(tmp_path: Path) -> None:
    with (
        Redis.start(tmp_path / "a") as row,
        Redis.start(tmp_path / "b") as two,
        redis.from_url(row.url) as first,
        redis.from_url(two.url) as second,
    ):
        first.set("here", 1)
        assert second.get("here") is None


def test_a_server_that_dies_at_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="no-such-setting"):
        Redis.start(tmp_path / "redis", {"no-such-setting": "1"})


def test_a_path_too_long_for_a_socket_still_works(tmp_path: Path) -> None:
    with Redis.start(tmp_path / ("long" * 30) / "redis") as server, redis.from_url(server.url) as client:
        assert client.ping()
        sockets = server.sockets.path
        server.stop()
        assert not sockets.exists()
        server.restart()
        assert client.ping()
