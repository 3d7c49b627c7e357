"""What a resource type may be given, read from the installed SDK itself: names, requiredness and types.

The SDK's generated classes are the cloud provider's own schema. Their source is read, not imported: importing all of
them takes seconds, and a plugin must start at once. Nothing here is written by hand, so a new SDK version changes it.
"""

import ast
import contextlib
import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from .values import UNKNOWN, is_special

Problem = tuple[str, str]  # property path, reason


@dataclass(frozen=True)
class Field:
    type: ast.expr
    required: bool


@dataclass(frozen=True)
class Shape:
    """An Args class of the SDK: its fields under the names that the engine sees, and where its neighbours are."""

    fields: dict[str, Field]
    directory: Path


def check(token: str, inputs: dict[str, Any]) -> list[Problem]:
    """Everything that is wrong with the inputs of a resource of this type."""
    shape = shape_of(token)
    if shape is None:
        return [("", f"the installed SDK knows no resource type {token}")]
    return list(object_problems(inputs, shape, ""))


def known(token: str) -> bool:
    return shape_of(token) is not None


def object_problems(value: dict[str, Any], shape: Shape, path: str) -> Iterator[Problem]:
    for name, inner in value.items():
        where = f"{path}.{name}" if path else name
        field = shape.fields.get(name)
        if field is None:
            close = get_close_matches(name, shape.fields, 1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            yield where, f"unknown property '{name}'{hint}"
        elif inner is not None:
            yield from type_problems(inner, field.type, shape.directory, where)
    for name, field in shape.fields.items():
        if field.required and value.get(name) is None:
            yield f"{path}.{name}" if path else name, f"missing required property '{name}'"


def type_problems(value: Any, node: ast.expr, directory: Path, path: str) -> Iterator[Problem]:
    if value == UNKNOWN or is_special(value):
        return
    found = [list(option_problems(value, option, directory, path)) for option in alternatives(node)]
    if [] in found:
        return
    # Of several alternatives the one that the value is nearest to explains best: its problems lie deeper inside it.
    deeper = [problems for problems in found if problems[0][0] != path]
    yield from (deeper or found)[0]


def option_problems(value: Any, option: ast.expr, directory: Path, path: str) -> Iterator[Problem]:
    name, arguments = option_name(option)
    if name == "Sequence":
        yield from sequence_problems(value, arguments[0], directory, path)
    elif name == "Mapping":
        yield from mapping_problems(value, arguments[1], directory, path)
    elif name in SCALARS:
        if type(value) not in SCALARS[name]:
            yield path, f"expected {NAMES[name]}, got {kind(value)}"
    elif name == "Literal" or enum_values(name, directory):
        allowed = [ast.literal_eval(argument) for argument in arguments] or enum_values(name, directory)
        if value not in allowed:
            yield path, f"expected {' or '.join(map(str, allowed))}, got {value!r}"
    elif shape := named_shape(name, directory):  # a class that is none of the SDK's own, such as Any, allows anything
        if isinstance(value, dict):
            yield from object_problems(value, shape, path)
        else:
            yield path, f"expected an object, got {kind(value)}"


def sequence_problems(value: Any, item_type: ast.expr, directory: Path, path: str) -> Iterator[Problem]:
    if not isinstance(value, list):
        yield path, f"expected a list, got {kind(value)}"
        return
    for index, item in enumerate(value):
        yield from type_problems(item, item_type, directory, f"{path}[{index}]")


def mapping_problems(value: Any, item_type: ast.expr, directory: Path, path: str) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield path, f"expected a map, got {kind(value)}"
        return
    for key, item in value.items():
        yield from type_problems(item, item_type, directory, f"{path}.{key}")


SCALARS = {"str": (str,), "int": (int,), "float": (int, float), "bool": (bool,)}
NAMES = {"str": "a string", "int": "a whole number", "float": "a number", "bool": "a boolean"}


def kind(value: Any) -> str:
    kinds = {
        str: "a string",
        int: "a whole number",
        float: "a number",
        bool: "a boolean",
        list: "a list",
        dict: "a map",
    }
    return kinds.get(type(value), "nothing")


def alternatives(node: ast.expr) -> Iterator[ast.expr]:
    """The types an annotation allows, without Input, Optional and the classes that describe the same dict."""
    name, arguments = option_name(node)
    if name in ("Input", "Optional", "Union"):
        for argument in arguments:
            yield from alternatives(argument)
    elif not name.endswith("ArgsDict") and not name.startswith("outputs."):
        yield node


def option_name(node: ast.expr) -> tuple[str, list[ast.expr]]:
    if isinstance(node, ast.Subscript):
        inner = node.slice
        return option_name(node.value)[0], inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if isinstance(node, ast.Constant):
        return str(node.value), []
    return re.sub(r"^(_builtins|pulumi|typing)\.", "", ast.unparse(node)), []


@cache
def shape_of(token: str) -> Shape | None:
    location = location_of(token)
    if location is None:
        return None
    directory, name = location
    own = [directory / f"{snake(name)}.py", directory / f"{name}.py"]
    # A big module has hundreds of files: they are listed only for a type that is in none of its own.
    return shape_in(own, name) or shape_in(sorted(directory.glob("*.py")), name)


def shape_in(files: list[Path], name: str) -> Shape | None:
    candidates = ((file, args) for file in files for args in (f"{name}InitArgs", f"{name}Args"))
    return next((shape for file, args in candidates if (shape := parse(file, args))), None)


@cache
def named_shape(name: str, directory: Path) -> Shape | None:
    *module, name = name.split(".")
    return next((shape for file in neighbours(module, directory, "_inputs.py") if (shape := parse(file, name))), None)


@cache
def enum_values(name: str, directory: Path) -> list[Any]:
    *module, name = name.split(".")
    for file in neighbours(module, directory, "_enums.py"):
        if found := class_in(file, name):
            return [ast.literal_eval(line.value) for line in found.body if isinstance(line, ast.Assign)]
    return []


def neighbours(module: list[str], directory: Path, file: str) -> list[Path]:
    """Where an annotation's name comes from: `TaintArgs` from beside us, `_meta.v1.ObjectMetaArgs` from elsewhere."""
    root = directory
    while (root.parent / "__init__.py").exists():
        root = root.parent
    if module and module[0].startswith("pulumi_"):
        root = package(module[0]) or root
        directory = root.joinpath(*module[1:])
    elif module and not module[0].startswith("_root"):
        directory = root.joinpath(module[0].removeprefix("_"), *module[1:])
    return [directory / file, root / file]


def parse(file: Path, name: str) -> Shape | None:
    found = class_in(file, name)
    functions = [f for f in found.body if isinstance(f, ast.FunctionDef)] if found else []
    init = next((function for function in functions if function.name == "__init__"), None)
    if init is None:
        return None
    names = getter_names(functions)
    arguments = zip(init.args.kwonlyargs, init.args.kw_defaults, strict=True)
    fields = {names.get(a.arg, a.arg): Field(a.annotation, default is None) for a, default in arguments if a.annotation}
    return Shape(fields, file.parent)


def getter_names(functions: list[ast.FunctionDef]) -> dict[str, str]:
    """Python name -> the engine's name, from @pulumi.getter(name=...)."""
    names = {}
    for function in functions:
        for decorator in function.decorator_list:
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pulumi.getter":
                names[function.name] = ast.literal_eval(decorator.keywords[0].value)
    return names


def class_in(file: Path, name: str) -> ast.ClassDef | None:
    match = re.search(rf"^class {name}\b.*?(?=^\S|\Z)", source(file), re.M | re.S)
    body = parsed(match[0]).body if match else []
    return next((found for found in body if isinstance(found, ast.ClassDef)), None)


def parsed(text: str) -> ast.Module:
    """CPython keeps the depth of what it parses for all threads together: where another thread parses meanwhile (every
    traceback that is printed does), it can fail for no fault of the text (python/cpython#106905). So it tries again."""
    for _ in range(10):
        with contextlib.suppress(SystemError):
            return ast.parse(text)
    return ast.parse(text)


def location_of(token: str) -> tuple[Path, str] | None:
    """Directory and class of a type, from the SDK's own register of its types."""
    name = token.split(":")[2] if token.startswith("pulumi:providers:") else token.split(":")[0]
    root = package(f"pulumi_{name.replace('-', '_')}")
    if root is None:
        return None
    if token.startswith("pulumi:providers:"):
        return root, "Provider"
    match = re.search(
        rf'"fqn": "([\w.]+)",\s+"classes": {{[^}}]*"{re.escape(token)}": "(\w+)"', source(root / "__init__.py")
    )
    return (root.joinpath(*match[1].split(".")[1:]), match[2]) if match else None


def package(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


@cache
def source(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
