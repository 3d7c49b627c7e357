"""A cloud: what the generic provider and the unit-test mocks ask, answered from the tables and the world.

Everything here is plain data. The adapters unwrap secrets before and wrap them again after.
"""

import secrets
import sqlite3
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import schema
from .resource import SUFFIX, CloudError, Instance, Reference, Resource, Template, autoname, autonamed
from .schema import Problem
from .values import UNKNOWN, has_secret, plain, secret, settled
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
    """What is the same in every cloud; tables/ has one of each, with what is its own."""

    resources: Mapping[str, Resource] = {}
    functions: Mapping[str, Callable[[Instance], dict[str, Any]]] = {}
    account = ""
    regional = False

    def __init__(self, world: World, config: Mapping[str, Any]):
        self.world = world
        self.config = config

    def common(self, instance: Instance) -> dict[str, Any]:
        """What the cloud and its provider add to every resource."""
        return {"id": instance.id}

    def references(self, instance: Instance, external: tuple[str, ...]) -> Iterable[Reference]:
        """What the instance uses, but for the properties that may name what was made elsewhere."""
        return ()

    def identifiers(self, instance: Instance, outputs: dict[str, Any]) -> Iterable[str]:
        """By what others may refer to the object, besides its id, its ARN and its name."""
        return ()

    def check(self, token: str, logical: str, olds: dict[str, Any], news: dict[str, Any], seed: bytes) -> Checked:
        entry = self.resources.get(token)
        checked = Checked(problems=schema.check(token, news))
        if entry is None:
            return Checked(problems=[("", f"the sandbox has no stand-in for {token}; add it to {self.where}")])
        checked.problems += disallowed(entry, news)
        if entry.name and news.get(entry.name) is None and not news.get(f"{entry.name}Prefix"):
            made_up = entry.name_prefix + autoname(logical, entry.name_limit, seed)
            checked.added[entry.name] = olds.get(entry.name) or made_up
            if len(entry.name_prefix + logical) + len(SUFFIX) > entry.name_limit and not olds.get(entry.name):
                # The providers refuse it too: no name is cut behind anybody's back.
                why = f"'{logical}' plus {len(SUFFIX)} random characters is longer than {entry.name_limit}"
                checked.problems.append((entry.name, why))
        return checked

    def compared(self, token: str, inputs: dict[str, Any]) -> dict[str, Any]:
        """The inputs as they are held against those of another time."""
        return inputs

    def replaces(self, token: str) -> tuple[str, ...]:
        return self.resources[token].replaces

    def delete_before_replace(self, token: str, olds: dict[str, Any], news: dict[str, Any]) -> bool:
        """A name the program chose can exist only once, so the old one must go before the new one comes."""
        entry = self.resources[token]
        name = news.get(entry.name)
        return bool(entry.name) and name == olds.get(entry.name) and not autonamed(str(name))

    def create(self, token: str, logical: str, inputs: dict[str, Any], preview: bool) -> Answer:
        entry = self.resources[token]
        if preview:
            known: Any = {**entry.defaults, **inputs}
            for path in entry.later:
                known = with_unknown(known, path.split("."))
            return Answer("", known, secrets=entry.secrets)
        instance = self.instance(token, inputs)
        instance.name = self.physical_name(entry, instance)
        values = self.values(entry, instance)
        values |= {"hex": secrets.token_hex(9)[:17], "suffix": secrets.token_hex(3), "uuid": str(uuid.uuid4())}
        values["id"] = instance.id = filled(entry.id, instance, values)
        instance.arn = filled(entry.arn, instance, values)
        unique = instance.name or filled(entry.unique, instance, values) or None
        item = Object(token, filled(entry.scope, instance, values), instance.id, unique)
        if entry.puts and (before := self.standing(item)):
            item, instance.id = before, before.id
        self.require_references(entry, instance)
        entry.refuses(instance)
        try:
            answer = self.store(item, entry, instance)
        except sqlite3.IntegrityError:
            raise CloudError(entry.taken, f"{kind(token)} {unique or instance.id} already exists") from None
        entry.made(instance)
        return answer

    def standing(self, item: Object) -> Object | None:
        """What is there already under the name, or under the id of what has no name."""
        called = {"name": item.name} if item.name else {"id_": item.id}
        return next(iter(self.world.find(item.type, scope=item.scope, **called)), None)

    def update(self, token: str, id_: str, olds: dict[str, Any], inputs: dict[str, Any], preview: bool) -> Answer:
        entry = self.resources[token]
        item = self.one(token, id_)
        instance = self.instance(token, inputs, item)
        if preview:
            return Answer(id_, self.foreseen(entry, instance), secrets=entry.secrets)
        self.require_references(entry, instance)
        entry.refuses(instance)
        return self.store(item, entry, instance)

    def read(self, token: str, id_: str, inputs: dict[str, Any]) -> Answer | None:
        entry = self.resources.get(token)
        if entry is None:
            raise CloudError("", f"the sandbox has no stand-in for {token}; add it to {self.where}")
        imported = self.world.identified(f"{token} {id_}") if entry.imported else []
        found = next(iter((*self.world.find(token, id_=id_), *imported)), None)
        return Answer(found.id, found.properties, found.inputs, entry.secrets) if found else None

    def delete(self, token: str, id_: str, inputs: dict[str, Any]) -> None:
        entry = self.resources[token]
        guard, code = entry.guard
        for item in self.world.find(token, id_=id_):
            if item.properties.get(guard):
                raise CloudError(code, f"{kind(token)} {item.name or id_} has {guard}: turn it off first")
            users = self.world.users(item) if entry.in_use else []
            users = [user for user in users if not entry.held_by or user.type in entry.held_by]
            if users:
                used = ", ".join(sorted(f"{kind(user.type)} {user.name or user.id}" for user in users))
                raise CloudError(entry.in_use, f"{kind(token)} {item.name or id_} is still in use by {used}")
            instance = self.instance(token, item.properties, item)
            entry.keeps(instance)
            self.world.delete(item)
            entry.deleted(instance)

    def invoke(self, token: str, arguments: dict[str, Any]) -> dict[str, Any]:
        function = self.functions.get(token)
        if function is None:
            raise CloudError("", f"the sandbox has no stand-in for {token}; add it to {self.where}")
        return function(self.instance(token, arguments))

    @property
    def where(self) -> str:
        return type(self).__module__.replace(".", "/")

    def instance(self, token: str, inputs: dict[str, Any], item: Object | None = None) -> Instance:
        region = inputs.get("region") or self.config.get("region") or ""
        if self.regional and not region:
            raise CloudError("", "missing region configuration: set aws:region, or the provider's region")
        instance = Instance(token, inputs, self.world, region=region, account=self.account)
        if item:
            instance.id, instance.name, instance.before = item.id, item.name or "", item.properties
            instance.arn = item.properties.get("arn", "")
        return instance

    def values(self, entry: Resource, instance: Instance) -> "Values":
        """What a template may name."""
        known = {**entry.defaults, **instance.inputs}
        return Values(known, name=instance.name, region=instance.region, account=instance.account)

    def physical_name(self, entry: Resource, instance: Instance) -> str:
        if not entry.name:
            return ""
        prefix = instance.get(f"{entry.name}Prefix", "")
        return str(instance.get(entry.name) or prefix + secrets.token_hex(13))

    def require_references(self, entry: Resource, instance: Instance) -> None:
        for reference in self.used(entry, instance):
            if not self.world.identified(reference.identifier):
                raise CloudError(reference.code, reference.message)

    def used(self, entry: Resource, instance: Instance) -> list[Reference]:
        return [*self.references(instance, entry.external), *entry.uses(instance)]

    def outputs(self, entry: Resource, instance: Instance) -> dict[str, Any]:
        named = {entry.name: instance.name} if entry.name else {}
        with_arn = {"arn": instance.arn} if instance.arn else {}
        computed = {**self.common(instance), **entry.outputs(instance)}
        return {**entry.defaults, **named, **with_arn, **instance.inputs, **computed}

    def foreseen(self, entry: Resource, instance: Instance) -> dict[str, Any]:
        """The outputs of a change: unknown where they are made of what is not known yet."""
        try:
            return {name: settled(value) for name, value in self.outputs(entry, instance).items()}
        except (LookupError, TypeError, ValueError):  # the table goes no further without the value or the object
            lasting = {"id", "arn", entry.name, *instance.inputs}
            return {**instance.before, **instance.inputs, **dict.fromkeys(instance.before.keys() - lasting, UNKNOWN)}

    def store(self, item: Object, entry: Resource, instance: Instance) -> Answer:
        item.inputs, item.properties = dict(instance.inputs), self.outputs(entry, instance)
        brought = self.identifiers(instance, {k: v for k, v in item.properties.items() if k != "arn"})
        own = {name for name in brought if all(other.key == item.key for other in self.world.identified(name))}
        own |= {name for name in (item.id, instance.arn, f"{item.type}/{item.scope}/{item.name}") if name}
        if entry.imported:
            own.add(f"{item.type} {filled(entry.imported, instance, self.values(entry, instance))}")
        self.world.put(item, own, [reference.identifier for reference in self.used(entry, instance)])
        return Answer(item.id, item.properties, item.inputs, entry.secrets)

    def one(self, token: str, id_: str) -> Object:
        found = self.world.find(token, id_=id_)
        if not found:
            raise CloudError(
                "", f"{kind(token)} {id_} does not exist any more; `pulumi refresh` brings the state up to date"
            )
        return found[0]


def wrapped(answer: Answer, inputs: dict[str, Any]) -> dict[str, Any]:
    """The answer with every property secret that is secret by nature or that the program gave as a secret."""
    outputs = {}
    for name, value in answer.outputs.items():
        given = inputs.get(name)
        if has_secret(given):
            outputs[name] = given if plain(given) == value else secret(value)
        else:
            outputs[name] = secret(value) if name in answer.secrets and value is not None else value
    return outputs


def merged(given: dict[str, Any], added: dict[str, Any]) -> dict[str, Any]:
    """What the program gave, with what the provider added to it, nested objects included."""
    both = {key: value for key, value in added.items() if isinstance(value, dict) and isinstance(given.get(key), dict)}
    return {**given, **added, **{key: merged(given[key], value) for key, value in both.items()}}


class Values(dict[str, Any]):
    """Values for a template; what the program left out is empty."""

    def __missing__(self, key: str) -> str:
        return ""


def with_unknown(value: Any, path: list[str]) -> Any:
    if not path:
        return UNKNOWN
    return {**value, path[0]: with_unknown(value.get(path[0]), path[1:])} if isinstance(value, dict) else value


def filled(template: Template, instance: Instance, values: Values) -> str:
    return template(instance) if callable(template) else template.format_map(values)


def disallowed(entry: Resource, inputs: dict[str, Any]) -> Iterator[Problem]:
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


def kind(token: str) -> str:
    """The type as a reader knows it: `aws:ec2/vpc:Vpc` is a Vpc."""
    return token.split(":")[-1]
