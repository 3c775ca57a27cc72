"""Rotation under load: once it was answered, no worker of any machine takes the old key."""

import json
import random
from http.client import HTTPConnection
from pathlib import Path

from app import database
from app.services import installation
from app.settings import Settings
from tests.databases import PostgresDatabases, SqliteDatabases
from tests.factories import make_key, make_operator, make_project
from tests.fire.fleet import Machine, ask, fleet, one_to_each_worker
from tests.profiles import pick
from tests.redis_server import RedisServer

ROTATIONS = pick(short=60, full=1_000)
SEED = 20261122
SEARCH = "/api/v1/lots/search?address=nowhere"
UNLIMITED = {f"PARKGRAPH_BUDGET_{name}": "1000000" for name in ("PAGES", "FAILED_AUTHENTICATION")}
PLENTY = {"operator": 1_000_000, "search": 1_000_000}


class Desk:
    """Where an operator rotates one key again and again, and everybody tries the old one."""

    def __init__(self, url: str, home: Path) -> None:
        settings = Settings(home=home, database_url=url, threads=2)
        engine = database.configure(settings)
        installation.configure(settings)
        project = make_project(operator=make_operator(), kind="live")
        self.boss = make_key(project=project, scopes=["operator"], budgets=PLENTY).secret
        key = make_key(project=project, scopes=["lots:read"], budgets=PLENTY)
        self.key_id, self.key = str(key.row.id), key.secret
        engine.dispose()

    def rotate(self, connection: HTTPConnection) -> str:
        """Rotate the key and return the old one."""
        old = self.key
        path = f"/api/v1/operator/api-keys/{self.key_id}/rotate"
        connection.request("POST", path, headers={"Authorization": f"Bearer {self.boss}"})
        answer = connection.getresponse()
        body = json.loads(answer.read())
        assert answer.status == 201, body
        self.key_id, self.key = body["api_key"]["id"], body["api_key"]["key"]
        return old


def rotate_often(desk: Desk, machines: list[Machine], *, workers: int, times: int) -> list[int]:
    """Rotate, and try the old key at once: on a connection to each worker, and on new ones.

    Return how often the old key was answered with each status.
    """
    dice = random.Random(SEED)
    everyone = [each for machine in machines for each in one_to_each_worker(machine, workers=workers)]
    found = []
    for _ in range(times):
        assert set(ask(everyone, SEARCH, key=desk.key)) == {200}  # now all of them remember it
        old = desk.rotate(dice.choice(everyone))
        strangers = [dice.choice(machines).connect() for _ in range(2)]
        found += ask([*everyone, *strangers], SEARCH, key=old)
        for stranger in strangers:
            stranger.close()
    for connection in everyone:
        connection.close()
    return found


def test_no_worker_of_several_machines_takes_an_old_key_with_redis_and_after_it_died(
    postgres_databases: PostgresDatabases, redis: RedisServer, tmp_path: Path
) -> None:
    url = postgres_databases.fresh()
    desk = Desk(url, tmp_path)
    settings = {**UNLIMITED, "PARKGRAPH_DATABASE_URL": url, "PARKGRAPH_REDIS_URL": redis.url}
    with fleet(tmp_path, machines=2, workers=2, **settings) as machines:
        found = rotate_often(desk, machines, workers=2, times=ROTATIONS // 2)
        redis.kill()
        found += rotate_often(desk, machines, workers=2, times=ROTATIONS // 2)
    assert set(found) == {401}
    assert len(found) == ROTATIONS // 2 * 2 * 6


def test_no_worker_of_several_machines_takes_an_old_key_without_redis(
    postgres_databases: PostgresDatabases, tmp_path: Path
) -> None:
    url = postgres_databases.fresh()
    desk = Desk(url, tmp_path)
    with fleet(tmp_path, machines=2, workers=1, **UNLIMITED, PARKGRAPH_DATABASE_URL=url) as machines:
        found = rotate_often(desk, machines, workers=1, times=ROTATIONS // 3)
    assert set(found) == {401}


def test_no_worker_of_one_machine_takes_an_old_key(sqlite_databases: SqliteDatabases, tmp_path: Path) -> None:
    url = sqlite_databases.fresh()
    desk = Desk(url, tmp_path)
    with fleet(tmp_path, machines=1, workers=4, **UNLIMITED, PARKGRAPH_DATABASE_URL=url) as machines:
        found = rotate_often(desk, machines, workers=4, times=ROTATIONS)
    assert set(found) == {401}
