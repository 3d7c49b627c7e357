"""What the engine talks to: the schema of the components, and a component made for a program that is not Python.

The schema is what Pulumi's own analyzer reads from the declarations in each component's `args.py` and from the
annotations of its outputs. Names cross over here: a program in another language writes `diskGib` where a component
reads `disk_gib`.
"""

import inspect
import json
import pkgutil
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi.errors import InputPropertiesError, InputPropertyErrorDetails
from pulumi.output import contains_unknowns
from pulumi.provider import ConstructResult, main
from pulumi.provider.experimental.analyzer import ComponentDefinition, PropertyDefinition, PropertyType
from pulumi.provider.experimental.component import ComponentProvider

import nodeyard

from ..errors import InputError, spelled
from ..keys import respelled

Properties = Mapping[str, PropertyDefinition]
Keys = Mapping[str, tuple[str, PropertyDefinition]]
"""What each key is called on the other side, and what its value is declared to be."""
Direction = Callable[[Properties, Mapping[str, str]], Keys]


def serve() -> None:
    """Serves the components until the engine ends it. The engine reads the port from standard output."""
    main(Components(), sys.argv[1:])


def components() -> Iterator[type[ComponentResource]]:
    """Every component that has arguments of its own and lies in a module of its own name: `MetisSequencer`, of
    `nodeyard.metis_sequencer`.

    Raises `TypeError` for a folder that declares arguments and has no such component: else it would be missing from the
    package in silence.
    """
    for module in pkgutil.iter_modules(nodeyard.__path__, f"{nodeyard.__name__}."):
        if not (module.ispkg and find_spec(f"{module.name}.args")):
            continue
        yield _component(import_module(module.name))


def _component(module: ModuleType) -> type[ComponentResource]:
    """The component that is called as its folder is, in capitals of its own choice: `TSMNode`, of `tsm_node`."""
    folder = module.__name__.rpartition(".")[2].replace("_", "")
    found = [getattr(module, name) for name in dir(module) if name.lower() == folder]
    for one in found:
        if inspect.isclass(one) and issubclass(one, ComponentResource) and _arguments(one):
            return one
    raise TypeError(f"{module.__name__} has an args.py, and no component of its name that takes `args`.")


def _arguments(component: type[ComponentResource]) -> Any:
    return inspect.get_annotations(component.__init__).get("args")


class Components(ComponentProvider):
    """Makes components for programs in other languages.

    The SDK's own provider drops unknown keys, stops at the first one that is missing, and leaves whole numbers as the
    floats that they are on the wire. Here a component is given everything, and says itself what is wrong.
    """

    def __init__(self) -> None:
        served = list(components())
        super().__init__(served, nodeyard.__name__, version=nodeyard.__version__)
        self.schema = json.dumps(_described(json.loads(self.schema or ""), [_arguments(kind) for kind in served]))

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: Mapping[str, Any],
        options: ResourceOptions | None = None,
    ) -> ConstructResult:
        try:
            return super().construct(name, resource_type, inputs, options)
        except Exception as error:
            bad = getattr(error, "inner", error)
            if not isinstance(bad, InputError):
                raise
            raise _refusal(bad, _arguments(self._components[resource_type.rpartition(":")[2]])) from None

    def map_inputs(self, inputs: Mapping[str, Any], component_def: ComponentDefinition) -> dict[str, Any]:
        return self._renamed(inputs, _inward(component_def.inputs, component_def.inputs_mapping), _inward)

    def get_state(self, instance: ComponentResource, component_def: ComponentDefinition) -> dict[str, Any]:
        outputs = {name: getattr(instance, name) for name in component_def.outputs_mapping.values()}
        return self._renamed(outputs, _outward(component_def.outputs, component_def.outputs_mapping), _outward)

    def _renamed(self, parts: Mapping[str, Any], keys: Keys, direction: Direction) -> dict[str, Any]:
        """`parts` as the other side spells them. A key that nobody declared stays as it is. On the wire keys have no
        order: they are sorted, so that what is written from them is the same in each plan."""
        return {
            key: self._crossed(value, declared, direction)
            for given, value in sorted(parts.items())
            for key, declared in [keys.get(given, (given, PropertyDefinition()))]
        }

    def _crossed(self, value: Any, declared: PropertyDefinition, direction: Direction) -> Any:
        if isinstance(value, Output) and declared.plain:
            value = _at_once(value)
        if isinstance(value, Output):
            return value.apply(lambda known: self._crossed(known, declared, direction))
        if isinstance(value, list):
            return [self._crossed(part, declared.items or PropertyDefinition(), direction) for part in value]
        if isinstance(value, Mapping):
            if kind := declared.ref and self.get_type_definition(declared):
                return self._renamed(value, direction(kind.properties, kind.properties_mapping), direction)
            each = declared.additional_properties or PropertyDefinition()
            return {name: self._crossed(part, each, direction) for name, part in sorted(value.items())}
        if isinstance(value, float) and declared.type is PropertyType.INTEGER and value.is_integer():
            return int(value)
        return value


def _at_once(value: Output[Any]) -> Any:
    """What came with the request. The SDK makes an Output of a value that depends on a resource, though the value is
    there: what a reference to a platform's stack gave. An unknown or secret one stays an Output."""
    came = value._data.result() if value._data.done() else None
    if came is None or not came.is_known or came.is_secret or contains_unknowns(came.value):
        return value
    return came.value


def _inward(properties: Properties, python_names: Mapping[str, str]) -> Keys:
    """Python's own spelling is taken too: what a platform made by a Python program exports has it."""
    names = {name: (python_names[name], declared) for name, declared in properties.items()}
    return {python: (python, declared) for python, declared in names.values()} | names


def _outward(properties: Properties, python_names: Mapping[str, str]) -> Keys:
    return {python_names[name]: (name, declared) for name, declared in properties.items()}


def _described(schema: Any, inputs: list[Any]) -> Any:
    """The schema with keys in its descriptions as other languages spell them, and without a docstring's indentation."""
    if isinstance(schema, list):
        return [_described(part, inputs) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {key: _described(part, inputs) for key, part in schema.items()}
    if isinstance(text := parts.get("description"), str):
        for args_type in inputs:
            text = respelled(args_type, ((), text))[1]
        parts["description"] = inspect.cleandoc(text)
    return parts


def _refusal(bad: InputError, args_type: Any) -> InputPropertiesError:
    """Every problem, as the engine reports them: each with its path, in the spelling of the program."""
    told = [respelled(args_type, problem) for problem in bad.found]
    details = [InputPropertyErrorDetails(property_path=spelled(path), reason=reason) for path, reason in told]
    return InputPropertiesError(str(bad).partition("\n")[0], details)
