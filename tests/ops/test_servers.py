"""The private cluster that `make run` and the tests start: made, used, killed, recovered, stopped."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from server.launch import databases, processes
from server.launch.ports import free_port
from server.launch.postgres import Postgres, PostgresFailed, attach_postgres, start_postgres

pytestmark = pytest.mark.server


@pytest.fixture
def cluster(run_dir: Path, request: pytest.FixtureRequest) -> Iterator[Postgres]:
    """A cluster of its own, so that killing it disturbs no other test."""
    handle = start_postgres(run_dir / f"{request.node.name}-{free_port()}", free_port())
    yield handle
    handle.stop()


def test_database_url_is_a_fresh_database_owned_by_a_plain_role(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT current_user, usesuper FROM pg_user WHERE usename = current_user").fetchone()
        assert row == ("platform", False)
        assert connection.execute("SELECT ST_Covers(ST_MakeEnvelope(0,0,1,1), ST_MakePoint(1,1))").fetchone() == (True,)
        connection.execute("CREATE TABLE mine (id int)")


def test_databases_do_not_see_each_other(make_database: Callable[[], str]) -> None:
    for url in (make_database(), make_database()):
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE twice (id int)")


def test_committed_rows_survive_kill_and_restart(cluster: Postgres) -> None:
    url = databases.prepare(cluster)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS id")
    pid = cluster.pid
    assert pid is not None
    family = [pid, *processes.descendants(pid)]
    assert len(family) > 3
    cluster.kill()
    assert not [member for member in family if processes.alive(member)]
    cluster.restart()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


def test_stop_leaves_no_process(cluster: Postgres) -> None:
    pid = cluster.pid
    assert pid is not None
    family = [pid, *processes.descendants(pid)]
    cluster.stop()
    assert cluster.pid is None
    assert not [member for member in family if processes.alive(member)]


def test_pid_file_of_a_dead_cluster_is_no_obstacle(cluster: Postgres) -> None:
    """Also when the number now belongs to another process, as after a reboot: here, to this test."""
    cluster.stop()
    (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data}\n1\n{cluster.port}\n")
    assert cluster.pid is None
    cluster.start()
    assert cluster.pid is not None


def test_cluster_left_running_is_found_and_replaced(cluster: Postgres) -> None:
    left = attach_postgres(cluster.directory)
    assert left is not None and left.pid == cluster.pid and left.url == cluster.url
    before = cluster.pid
    again = start_postgres(cluster.directory, cluster.port)
    assert again.pid not in (None, before)
    again.stop()


def test_broken_start_says_why(cluster: Postgres) -> None:
    cluster.stop()
    cluster.settings = {"no_such_setting": "1"}
    with pytest.raises(PostgresFailed, match="no_such_setting"):
        cluster.start()
    cluster.settings = {}


def test_interrupted_creation_is_begun_again(run_dir: Path) -> None:
    directory = run_dir / "interrupted"
    (directory / "data.new" / "base").mkdir(parents=True)
    handle = start_postgres(directory, free_port())
    handle.stop()
    assert (directory / "data" / "PG_VERSION").exists()
