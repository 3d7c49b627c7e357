"""Between the engine's protobuf structs and plain data. A struct has only doubles: whole numbers are ints again."""

from typing import Any

from google.protobuf import struct_pb2


def from_struct(struct: struct_pb2.Struct) -> dict[str, Any]:
    return {name: from_value(value) for name, value in struct.fields.items()}


def from_value(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return from_struct(value.struct_value)
    if kind == "list_value":
        return [from_value(item) for item in value.list_value.values]
    if kind == "number_value":
        return int(value.number_value) if value.number_value.is_integer() else value.number_value
    return getattr(value, kind) if kind in ("string_value", "bool_value") else None


def to_struct(data: dict[str, Any]) -> struct_pb2.Struct:
    return struct_pb2.Struct(fields={name: to_value(value) for name, value in data.items() if value is not None})


def to_value(data: Any) -> struct_pb2.Value:
    if isinstance(data, dict):
        return struct_pb2.Value(struct_value=to_struct(data))
    if isinstance(data, (list, tuple)):
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[to_value(item) for item in data]))
    if isinstance(data, bool):
        return struct_pb2.Value(bool_value=data)
    if isinstance(data, (int, float)):
        return struct_pb2.Value(number_value=data)
    if data is None:
        return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    return struct_pb2.Value(string_value=str(data))
