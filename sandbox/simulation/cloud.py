"""A cloud: what the generic provider and the unit-test mocks ask, answered from the tables and the world.

Everything here is plain data. The adapters unwrap secrets before and wrap them again after.
"""

import secrets
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from . import schema
from .resource import CloudError, Instance, Reference, Resource, Template, autoname, autonamed
from .schema import Problem
from .values import UNKNOWN, has_unknown
from .world import Object, World


@dataclass
class Checked:
    """Inputs that the program left to the provider, and what is wrong with those it gave."""

    added: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass
class Answer:
    id: str
    outputs: dict[str, Any]
    inputs: dict[str, Any] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


class Cloud:
    def __init__(self, world: World, table: ModuleType, config: Mapping[str, Any]):
        self.world = world
        self.table = table
        self.config = config

    def check(self, type: str, logical: str, olds: dict, news: dict, seed: bytes) -> Checked:
        entry = self.table.RESOURCES.get(type)
        checked = Checked(problems=schema.check(type, news))
        if entry is None:
            file = f"sandbox/simulation/tables/{self.table.__name__.split('.')[-1]}.py"
            return Checked(problems=[("", f"the sandbox has no stand-in for {type}; add it to {file}")])
        checked.problems += disallowed(entry, news)
        if entry.name and news.get(entry.name) is None and not news.get(f"{entry.name}Prefix"):
            checked.added[entry.name] = olds.get(entry.name) or entry.name_prefix + autoname(logical, entry.name_limit, seed)
        return checked

    def replaces(self, type: str) -> tuple[str, ...]:
        return self.table.RESOURCES[type].replaces

    def delete_before_replace(self, type: str, olds: dict, news: dict) -> bool:
        """A name the program chose can exist only once, so the old one must go before the new one comes."""
        entry = self.table.RESOURCES[type]
        name = news.get(entry.name)
        return bool(entry.name) and name == olds.get(entry.name) and not autonamed(str(name))

    def create(self, type: str, logical: str, inputs: dict, preview: bool) -> Answer:
        entry = self.table.RESOURCES[type]
        if preview:
            known = entry.defaults | inputs
            for path in entry.later:
                known = with_unknown(known, path.split("."))
            return Answer("", known, secrets=entry.secrets)
        instance = self.instance(type, inputs)
        instance.name = self.physical_name(entry, instance)
        values = Values(entry.defaults | inputs, name=instance.name, region=instance.region, account=instance.account)
        values |= {"hex": secrets.token_hex(9)[:17], "suffix": secrets.token_hex(3), "uuid": str(uuid.uuid4())}
        values["id"] = instance.id = filled(entry.id, instance, values)
        instance.arn = filled(entry.arn, instance, values)
        unique = instance.name or filled(entry.unique, instance, values) or None
        item = Object(type, filled(entry.scope, instance, values), instance.id, unique)
        self.require_references(entry, instance)
        entry.refuses(instance)
        try:
            answer = self.store(item, entry, instance)
        except sqlite3.IntegrityError:
            raise CloudError(entry.taken, f"{kind(type)} {unique or instance.id} already exists") from None
        entry.made(instance)
        return answer

    def update(self, type: str, id: str, olds: dict, inputs: dict, preview: bool) -> Answer:
        entry = self.table.RESOURCES[type]
        if preview and has_unknown(inputs):
            return Answer(id, olds | inputs, secrets=entry.secrets)
        item = self.one(type, id)
        instance = self.instance(type, inputs, item)
        if preview:
            return Answer(id, self.outputs(entry, instance), secrets=entry.secrets)
        self.require_references(entry, instance)
        entry.refuses(instance)
        return self.store(item, entry, instance)

    def read(self, type: str, id: str, inputs: dict) -> Answer | None:
        entry = self.table.RESOURCES[type]
        found = self.world.find(type, id=id)
        return Answer(id, found[0].properties, found[0].inputs, entry.secrets) if found else None

    def delete(self, type: str, id: str, inputs: dict) -> None:
        entry = self.table.RESOURCES[type]
        guard, code = entry.guard
        for item in self.world.find(type, id=id):
            if item.properties.get(guard):
                raise CloudError(code, f"{kind(type)} {item.name or id} has {guard}: turn it off first")
            users = self.world.users(item) if entry.in_use else []
            if users:
                used = ", ".join(sorted(f"{kind(user.type)} {user.name or user.id}" for user in users))
                raise CloudError(entry.in_use, f"{kind(type)} {item.name or id} is still in use by {used}")
            self.world.delete(item)
            entry.deleted(self.instance(type, item.properties, item))

    def invoke(self, token: str, arguments: dict) -> dict:
        function = self.table.FUNCTIONS.get(token)
        if function is None:
            raise CloudError("", f"the sandbox has no stand-in for {token}; add it to {self.table.__name__}")
        return function(self.instance(token, arguments))

    def instance(self, type: str, inputs: dict, item: Object | None = None) -> Instance:
        region = inputs.get("region") or self.config.get("region") or ""
        if self.table.REGIONAL and not region:
            raise CloudError("", "missing region configuration: set aws:region, or the provider's region")
        instance = Instance(type, inputs, region=region, account=self.table.ACCOUNT, world=self.world)
        if item:
            instance.id, instance.name, instance.before = item.id, item.name or "", item.properties
            instance.arn = item.properties.get("arn", "")
        return instance

    def physical_name(self, entry: Resource, instance: Instance) -> str:
        if not entry.name:
            return ""
        prefix = instance.get(f"{entry.name}Prefix", "")
        return instance.get(entry.name) or prefix + secrets.token_hex(13)

    def require_references(self, entry: Resource, instance: Instance) -> None:
        for reference in self.references(entry, instance):
            if not self.world.identified(reference.identifier):
                raise CloudError(reference.code, reference.message)

    def references(self, entry: Resource, instance: Instance) -> Iterable[Reference]:
        return [*self.table.references(instance, entry.external), *entry.uses(instance)]

    def outputs(self, entry: Resource, instance: Instance) -> dict[str, Any]:
        named = {entry.name: instance.name} if entry.name else {}
        with_arn = {"arn": instance.arn} if instance.arn else {}
        computed = {**self.table.common(instance, self.config), **entry.outputs(instance)}
        return {**entry.defaults, **named, **with_arn, **instance.inputs, **computed}

    def store(self, item: Object, entry: Resource, instance: Instance) -> Answer:
        item.inputs, item.properties = dict(instance.inputs), self.outputs(entry, instance)
        brought = self.table.identifiers({k: v for k, v in item.properties.items() if k != "arn"}, instance)
        own = {name for name in brought if all(other.key == item.key for other in self.world.identified(name))}
        own |= {name for name in (item.id, instance.arn, f"{item.type}/{item.scope}/{item.name}") if name}
        self.world.put(item, own, [reference.identifier for reference in self.references(entry, instance)])
        return Answer(item.id, item.properties, item.inputs, entry.secrets)

    def one(self, type: str, id: str) -> Object:
        found = self.world.find(type, id=id)
        if not found:
            raise CloudError("", f"{kind(type)} {id} does not exist any more; `pulumi refresh` brings the state up to date")
        return found[0]


class Values(dict):
    """Values for a template; what the program left out is empty."""

    def __missing__(self, key: str) -> str:
        return ""


def with_unknown(value: Any, path: list[str]) -> Any:
    if not path:
        return UNKNOWN
    return {**value, path[0]: with_unknown(value.get(path[0]), path[1:])} if isinstance(value, dict) else value


def filled(template: Template, instance: Instance, values: Values) -> str:
    return template(instance) if callable(template) else template.format_map(values)


def disallowed(entry: Resource, inputs: dict) -> Iterator[Problem]:
    for path, allowed in entry.allowed.items():
        for where, value in at(inputs, path.split(".")):
            if value not in (*allowed, UNKNOWN, None):
                yield where, f"expected one of {', '.join(allowed)}, got {value!r}"


def at(value: Any, path: list[str], where: str = "") -> Iterator[tuple[str, Any]]:
    """Every (path with indices, value) at a path without indices."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from at(item, path, f"{where}[{index}]")
    elif not path:
        yield where, value
    elif isinstance(value, dict):
        yield from at(value.get(path[0]), path[1:], f"{where}.{path[0]}" if where else path[0])


def kind(type: str) -> str:
    """The type as a reader knows it: `aws:ec2/vpc:Vpc` is a Vpc."""
    return type.split(":")[-1]
