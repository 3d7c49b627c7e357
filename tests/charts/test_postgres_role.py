"""postgres-role.sh, run for real by sh and psql against a real PostgreSQL server, which logs every statement."""

from __future__ import annotations

import itertools
import os
import pty
import secrets
import select
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nodeyard.clouds.contract import database
from tests.charts.harness import COMMON_FILES, Stubs
from tests.charts.postgres_server import CONNECTIONS, HOST, Authority, Server, programs, running

SCRIPT = COMMON_FILES / "postgres-role.sh"
ADMIN_PASSWORD = "the admin's: ' \" \\ $HOME :role"
Result = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        quoted = ADMIN_PASSWORD.replace("'", "''")
        server.answer(f"CREATE ROLE {database.ADMIN} LOGIN CREATEDB CREATEROLE PASSWORD '{quoted}'")
        yield server


_numbers = itertools.count()


@dataclass
class Player:
    """One run's settings, of a role and a database that no other test has."""

    server: Server
    stubs: Stubs
    directory: Path
    name: str = field(default_factory=lambda: f"tsm{next(_numbers)}")
    database: str = ""
    password: str = field(default_factory=lambda: f'it\'s "{secrets.token_hex(12)}" \\ $HOME :role')

    def __post_init__(self) -> None:
        self.database = self.database or f"db_{self.name}"
        self.write("admin", ADMIN_PASSWORD)
        self.write(self.name, self.password + "\n")
        self.psql()

    def write(self, name: str, content: str) -> Path:
        path = self.directory / name
        path.write_text(content)
        return path

    def psql(self, before: str = "") -> None:
        """The real psql, which leaves word of how it was started."""
        self.stubs.add(
            "psql",
            f'{{ printf "%s\\n" "$@"; env; }} >>{self.directory}/started\n{before} exec {programs()}/psql "$@"\n',
        )

    def dies_before(self, statement: str) -> None:
        """psql is killed with its connection open, before it runs the statement."""
        self.stubs.add(
            "psql",
            f"""awk -v at='{statement}' 'index($0, at) {{ print "\\\\! kill -9 $PPID" }} {{ print }}' |
  {programs()}/psql "$@"
""",
        )

    @property
    def env(self) -> dict[str, str]:
        return {
            **self.server.where,
            "PGUSER": database.ADMIN,
            "ADMIN_PASSWORD_FILE": str(self.directory / "admin"),
            "ROLE_PASSWORD_FILE": str(self.directory / self.name),
            "DATABASE": self.database,
            "SCHEMA": self.name,
            "ROLE": self.name,
            "ATTEMPTS": "1",
            "RETRY": "0",
        }

    def run(self, **env: str) -> Result:
        return self.stubs.run(SCRIPT, **{**self.env, **env})

    def made(self, **env: str) -> Result:
        result = self.run(**env)
        assert result.returncode == 0, result.stderr
        return result

    def ask(self, sql: str, database: str = "") -> Result:
        """As the role."""
        return self.server.ask(sql, self.name, self.password, database or self.database)

    def state(self) -> str:
        """All that the script makes, but the password, with the player's own names taken out."""
        role = f"'{self.name}'::regrole"
        rows = self.server.answer(
            f"""
SELECT rolname, rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolinherit, rolbypassrls, rolreplication,
  rolconnlimit, rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE oid = {role};
SELECT roleid::regrole, member::regrole FROM pg_auth_members WHERE roleid = {role} OR member = {role};
SELECT datname, datdba::regrole, datacl FROM pg_database WHERE datname = '{self.database}';
SELECT nspname, nspowner::regrole, nspacl FROM pg_namespace WHERE nspname !~ '^(pg_|information)' ORDER BY 1;
SELECT setrole::regrole, setconfig FROM pg_db_role_setting WHERE setrole = {role};
""",
            self.database,
        )
        return rows.replace(self.database, "DATABASE").replace(self.name, "ROLE")


@pytest.fixture
def player(server: Server, stubs: Stubs, tmp_path: Path) -> Player:
    return Player(server, stubs, tmp_path)


@pytest.fixture
def other(player: Player) -> Player:
    """Another player of the same server."""
    return Player(player.server, player.stubs, player.directory)


def test_shellcheck_finds_nothing() -> None:
    result = subprocess.run(["shellcheck", SCRIPT], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_the_admin_is_no_superuser_as_on_every_cloud(server: Server) -> None:
    assert server.answer(f"SELECT rolsuper FROM pg_roles WHERE rolname = '{database.ADMIN}'") == "f"


def test_what_it_makes_is_this(player: Player) -> None:
    player.made()
    assert player.state().splitlines() == [
        "ROLE|t|f|f|f|t|f|f|-1|t",
        f"DATABASE|{database.ADMIN}|{{{database.ADMIN}=CTc/{database.ADMIN},ROLE=Tc/{database.ADMIN}}}",
        "public|pg_database_owner|{pg_database_owner=UC/pg_database_owner}",
        "ROLE|ROLE|",
        "ROLE|{search_path=ROLE}",
    ]


def test_a_second_run_changes_nothing_and_keeps_the_data(player: Player) -> None:
    player.made()
    before = player.state()
    assert player.ask("CREATE TABLE shares (id int); INSERT INTO shares VALUES (7)").returncode == 0
    player.made()
    assert player.state() == before
    assert player.ask("SELECT id FROM shares").stdout == "7\n"


def test_a_new_password_takes_the_place_of_the_old_one(player: Player) -> None:
    player.made()
    old, player.password = player.password, "another one"
    player.write(player.name, player.password)
    player.made()
    assert player.ask("SELECT 1").returncode == 0
    assert player.server.ask("SELECT 1", player.name, old, player.database).returncode != 0


STEPS = (
    "SELECT pg_advisory_lock",
    "CREATE ROLE",
    "ALTER ROLE :\"role\" LOGIN",
    "\\\\password",
    "CREATE DATABASE",
    "REVOKE ALL ON DATABASE",
    "GRANT CONNECT",
    "BEGIN;",
    "REVOKE ALL ON SCHEMA public",
    "CREATE SCHEMA",
    "REVOKE :\"role\" FROM",
    "IN DATABASE",
    "COMMIT;",
    "AS open",
    "AS elsewhere",
)  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
def test_killed_before_any_step_it_ends_the_same_when_run_again(player: Player, other: Player, step: str) -> None:
    player.dies_before(step)
    killed = player.run()
    assert killed.returncode == 1, killed
    player.psql()
    player.made()
    other.made()
    assert player.state() == other.state()


def test_four_at_once_end_as_one_does(player: Player, other: Player) -> None:
    other.made()
    path = f"{player.stubs.directory}:{os.defpath}"
    runs = [
        subprocess.Popen(["sh", SCRIPT], env={"PATH": path, **player.env}, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for run in runs:
        _, said = run.communicate(timeout=60)
        assert run.returncode == 0, said
    assert player.state() == other.state()


def test_players_of_one_database_cannot_touch_each_others_schema(player: Player, other: Player) -> None:
    other.database = player.database
    player.made()
    other.made()
    assert player.ask("CREATE TABLE shares (id int); INSERT INTO shares VALUES (1)").returncode == 0
    assert other.ask("CREATE TABLE shares (id int); SELECT count(*) FROM shares").stdout == "0\n"
    for sql in (
        f"SELECT * FROM {player.name}.shares",
        f"INSERT INTO {player.name}.shares VALUES (2)",
        f"CREATE TABLE {player.name}.mine (id int)",
        f"DROP SCHEMA {player.name} CASCADE",
        "CREATE TABLE public.mine (id int)",
        "CREATE SCHEMA mine",
    ):
        assert "permission denied" in other.ask(sql).stderr or "must be owner" in other.ask(sql).stderr, sql


def test_a_player_cannot_connect_to_anothers_database(player: Player, other: Player) -> None:
    player.made()
    other.made()
    assert 'permission denied for database "' in other.ask("SELECT 1", player.database).stderr


def test_the_admin_reads_nothing_of_a_players(player: Player) -> None:
    player.made()
    player.ask("CREATE TABLE shares (id int)")
    sql = f"SELECT * FROM {player.name}.shares"
    result = player.server.ask(sql, database.ADMIN, ADMIN_PASSWORD, player.database)
    assert f"permission denied for schema {player.name}" in result.stderr


def test_a_schema_of_another_is_not_taken(player: Player, other: Player, sentence: Callable[[Result], str]) -> None:
    player.made()
    other.database = player.database
    assert "The schema belongs to another role." in sentence(other.run(SCHEMA=player.name))


def test_names_are_quoted(player: Player) -> None:
    player.name = 'It\'s "odd"; DROP'
    player.database = f"{player.database} 'x' \"y\" = z"
    player.write(player.name, player.password)
    player.made()
    assert player.ask("CREATE TABLE shares (id int); SELECT current_schema()").stdout == f"{player.name}\n"


def no_password_in(player: Player, text: str) -> bool:
    """Neither as it is, nor as SQL quotes it."""
    passwords = (player.password, ADMIN_PASSWORD)
    return all(secret not in text for password in passwords for secret in (password, password.replace("'", "''")))


def test_no_password_is_in_the_servers_log_nor_in_what_is_said(player: Player) -> None:
    result = player.made()
    assert f"ALTER USER {player.name} PASSWORD 'SCRAM-SHA-256$" in player.server.log
    assert no_password_in(player, player.server.log + result.stdout + result.stderr)


def test_no_password_is_on_a_command_line_nor_in_the_environment(player: Player) -> None:
    player.made()
    started = (player.directory / "started").read_text()
    assert "--file=-" in started
    assert "PGHOST=" in started
    assert no_password_in(player, started)


def test_a_terminal_is_not_asked(player: Player) -> None:
    """psql would ask it, and run the passwords of its input as statements."""
    ours, its = pty.openpty()
    process = subprocess.Popen(
        ["setsid", "--ctty", "sh", SCRIPT],
        env={"PATH": f"{player.stubs.directory}:{os.defpath}", **player.env},
        stdin=its,
        stdout=its,
        stderr=its,
    )
    os.close(its)
    said = b""
    with suppress(OSError):  # the terminal ends with its last process
        while select.select([ours], [], [], 60)[0] and (chunk := os.read(ours, 4096)):
            said += chunk
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=5)
    process.kill()
    assert process.wait() == 0, said
    assert no_password_in(player, said.decode() + player.server.log)
    assert player.ask("SELECT 1").returncode == 0


def test_another_authority_is_refused(player: Player, sentence: Callable[[Result], str]) -> None:
    wrong = player.write("wrong.crt", Authority("another").pem().decode())
    assert "certificate verify failed" in sentence(player.run(PGSSLROOTCERT=str(wrong)))


def test_another_name_is_refused(player: Player, sentence: Callable[[Result], str]) -> None:
    said = sentence(player.run(PGHOST="other.internal"))
    assert f'server certificate for "{HOST}" does not match host name "other.internal"' in said


def test_a_connection_without_tls_is_refused_by_the_server(player: Player, sentence: Callable[[Result], str]) -> None:
    assert "no encryption" in sentence(player.run(PGSSLMODE="disable"))


@pytest.mark.parametrize("which", ["admin", "role"])
@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "is missing or empty"),
        ("", "is missing or empty"),
        ("\n", "is not one line"),
        ("two\nlines\n", "is not one line"),
    ],
)
def test_a_bad_password_file_stops_it_before_it_asks_the_server(
    player: Player, sentence: Callable[[Result], str], which: str, content: str | None, problem: str
) -> None:
    file = player.directory / (player.name if which == "role" else which)
    file.unlink() if content is None else file.write_text(content)
    assert f"the password file {file} {problem}." in sentence(player.run())
    assert not (player.directory / "started").exists()


def test_a_wrong_password_of_the_admin_is_said(player: Player, sentence: Callable[[Result], str]) -> None:
    player.write("admin", "wrong")
    assert f'password authentication failed for user "{database.ADMIN}"' in sentence(player.run())


def test_the_admin_is_never_made_a_player(player: Player, sentence: Callable[[Result], str]) -> None:
    assert f"the role {database.ADMIN} is the admin." in sentence(player.run(ROLE=database.ADMIN))


def test_a_server_that_does_not_answer_is_waited_for_and_then_given_up(player: Player) -> None:
    result = player.run(PGPORT="9", ATTEMPTS="3")
    assert result.returncode == 1
    assert result.stdout.count(f"waits for {HOST}: ") == 2
    assert f"failed on {HOST} after 3 attempts: " in result.stderr
    assert "Connection refused" in result.stderr


def test_a_server_that_comes_late_is_found(player: Player) -> None:
    player.psql(f"[ -e {player.directory}/late ] || {{ touch {player.directory}/late; PGPORT=9; }};")
    assert f"waits for {HOST}" in player.made(ATTEMPTS="2").stdout


def test_replicas_times_their_connections_fit_beside_the_reserved_ones(player: Player) -> None:
    """Two replicas of fifty, on a server whose max_connections is theirs and the superusers'."""
    player.made()
    player.server.wait_until_alone()
    sleep = player.write("sleep.sql", "SELECT pg_sleep(3600);\n")
    env = {**player.server.where, "PGUSER": player.name, "PGPASSWORD": player.password, "PGDATABASE": player.database}
    load = [programs() / "pgbench", "-n", "-f", sleep, "-c", str(CONNECTIONS // 2), "-t", "1"]
    before = player.server.log.count("pg_sleep")
    nodes = [subprocess.Popen(load, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(2)]
    until = time.monotonic() + 240
    # Told by the log: whoever asks the server takes one of its connections.
    while (seen := player.server.log.count("pg_sleep") - before) < CONNECTIONS:
        assert time.monotonic() < until, seen
        assert all(node.poll() is None for node in nodes), seen
        time.sleep(0.2)
    assert "remaining connection slots are reserved" in player.ask("SELECT 1").stderr
    player.server.answer(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{player.name}'")
    for node in nodes:
        node.wait(timeout=60)
