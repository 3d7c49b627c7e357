"""The clouds' memory: every object of every provider and stack of one sandbox, in one SQLite file.

What an object is called (its id, its ARN, the ids it brought along) are its identifiers; what it refers to are its
references. With the two, a reference to nothing and the deletion of something still in use can be refused as a cloud
refuses them.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TABLES = """
CREATE TABLE IF NOT EXISTS objects (
    key INTEGER PRIMARY KEY, type TEXT NOT NULL, scope TEXT NOT NULL, name TEXT, id TEXT NOT NULL,
    inputs TEXT NOT NULL, properties TEXT NOT NULL, UNIQUE (type, scope, id), UNIQUE (type, scope, name));
CREATE TABLE IF NOT EXISTS identifiers (
    identifier TEXT NOT NULL, object INTEGER NOT NULL REFERENCES objects ON DELETE CASCADE);
CREATE TABLE IF NOT EXISTS refs (
    identifier TEXT NOT NULL, object INTEGER NOT NULL REFERENCES objects ON DELETE CASCADE);
CREATE INDEX IF NOT EXISTS identified ON identifiers (identifier);
CREATE INDEX IF NOT EXISTS referred ON refs (identifier);
"""


@dataclass
class Object:
    """Something that exists. `scope` is where its name is unique: a region, an account, a Kubernetes cluster."""

    type: str
    scope: str
    id: str
    name: str | None = None
    inputs: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    key: int | None = None


class World:
    def __init__(self, file: Path):
        file.parent.mkdir(parents=True, exist_ok=True)
        self.file = file
        # To connect takes longer than a short transaction does. Threads take turns: a transaction locks the whole file.
        self.database = sqlite3.connect(file, timeout=60, isolation_level=None, check_same_thread=False)
        self.turn = threading.Lock()
        self.database.execute("PRAGMA foreign_keys = ON")
        self.database.execute("PRAGMA synchronous = OFF")  # a world is scaffolding: it need not survive a power cut
        with self.transaction() as database:
            database.executescript(TABLES)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside happens at once or not at all, whatever other threads and processes do meanwhile."""
        with self.turn, self.database as database:  # which commits, or rolls back
            database.execute("BEGIN IMMEDIATE")
            yield database

    def put(self, item: Object, identifiers: Iterable[str], references: Iterable[str]) -> None:
        """Creates the object, or stores it anew when it has a key."""
        row = (item.type, item.scope, item.name, item.id, json.dumps(item.inputs), json.dumps(item.properties))
        with self.transaction() as database:
            if item.key is None:
                statement = "INSERT INTO objects (type, scope, name, id, inputs, properties) VALUES (?, ?, ?, ?, ?, ?)"
                item.key = database.execute(statement, row).lastrowid
            else:
                statement = "UPDATE objects SET type=?, scope=?, name=?, id=?, inputs=?, properties=? WHERE key=?"
                database.execute(statement, (*row, item.key))
            for table, values in (("identifiers", identifiers), ("refs", references)):
                database.execute(f"DELETE FROM {table} WHERE object = ?", (item.key,))
                database.executemany(f"INSERT INTO {table} VALUES (?, ?)", [(value, item.key) for value in set(values)])

    def find(
        self, token: str, *, scope: str | None = None, id_: str | None = None, name: str | None = None
    ) -> list[Object]:
        wanted = {"type": token, "scope": scope, "id": id_, "name": name}
        wanted = {column: value for column, value in wanted.items() if value is not None}
        return self.select(" AND ".join(f"{column} = ?" for column in wanted), *wanted.values())

    def identified(self, identifier: str) -> list[Object]:
        """What this id or ARN names, wherever it is."""
        return self.select("key IN (SELECT object FROM identifiers WHERE identifier = ?)", identifier)

    def find_in(self, scope: str, name_prefix: str = "") -> list[Object]:
        return self.select("scope = ? AND substr(coalesce(name, ''), 1, ?) = ?", scope, len(name_prefix), name_prefix)

    def users(self, item: Object) -> list[Object]:
        """What still refers to the object."""
        using = "SELECT refs.object FROM refs JOIN identifiers USING (identifier) WHERE identifiers.object = ?"
        return self.select(f"key IN ({using}) AND key != ?", item.key, item.key)

    def all(self) -> list[Object]:
        return self.select("1")

    def delete(self, item: Object) -> None:
        with self.transaction() as database:
            database.execute("DELETE FROM objects WHERE key = ?", (item.key,))

    def select(self, where: str, *values: Any) -> list[Object]:
        columns = "type, scope, id, name, inputs, properties, key"
        with self.transaction() as database:
            rows = database.execute(f"SELECT {columns} FROM objects WHERE {where} ORDER BY key", values).fetchall()
        return [
            Object(type_, scope, id_, name, json.loads(inputs), json.loads(properties), key)
            for type_, scope, id_, name, inputs, properties, key in rows
        ]
