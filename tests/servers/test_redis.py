import pytest
from redis import Redis

from tests.servers import redis

pytestmark = pytest.mark.usefixtures("processes")


def test_redis_stores_values_until_it_is_stopped() -> None:
    with redis.running() as server:
        with Redis.from_url(server.url) as client:
            client.set("attempts", 3)
            assert client.get("attempts") == b"3"
        server.stop()
        assert not server.answers()
        server.start()
        with Redis.from_url(server.url) as client:
            assert client.get("attempts") is None
    assert not server.answers()
    assert not server.folder.exists()
