"""Commands that are run beside `make run` work on its servers."""

from pathlib import Path

import redis

from app.demo.environment import with_demo_environment
from embedded.redis import Redis


def test_a_command_finds_the_demos_redis_while_it_runs(tmp_path: Path) -> None:
    environ = {"DATA_DIR": str(tmp_path)}
    assert "REDIS_URL" not in with_demo_environment(environ)
    with Redis.start(tmp_path / "redis") as server:
        env = with_demo_environment(environ)
        assert env["REDIS_URL"] == server.url
        client = redis.from_url(env["REDIS_URL"])
        assert client.ping()
        client.close()
        own = {**environ, "REDIS_URL": "redis://127.0.0.1:1/0"}
        assert with_demo_environment(own) == own
        assert "REDIS_URL" not in with_demo_environment({**environ, "BEISHAN_ENV": "production"})
    assert "REDIS_URL" not in with_demo_environment(environ)
