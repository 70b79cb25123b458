"""Commands that are run beside `make run` work on its servers."""

from pathlib import Path

import redis

from app.demo.environment import with_demo_environment
from embedded.redis import Redis


def test_a_command_finds_the_demos_redis_while_it_runs(servers_dir: Path) -> None:
    folder = servers_dir / "beside"  # its path is short enough for a socket
    environ = {"DATA_DIR": str(folder)}
    assert "REDIS_URL" not in with_demo_environment(environ)
    with Redis.start(folder / "redis") as server:
        env = with_demo_environment(environ)
        assert env["REDIS_URL"] == server.url
        client = redis.from_url(env["REDIS_URL"])
        assert client.ping()
        client.close()
        own = {**environ, "REDIS_URL": "redis://127.0.0.1:1/0"}
        assert with_demo_environment(own) == own
        assert "REDIS_URL" not in with_demo_environment({**environ, "BEISHAN_ENV": "production"})
    assert "REDIS_URL" not in with_demo_environment(environ)
