"""How a component's input is declared once: its types, its check, its spellings and the package's schema."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NotRequired

import pulumi
import pytest
from pulumi.provider.experimental.analyzer import Analyzer, PropertyType
from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from nodeyard import asking
from nodeyard.asking import checked, read_alone
from nodeyard.errors import InputError, Problem
from nodeyard.inputs import (
    Cidr,
    Default,
    DiskGib,
    Distinct,
    Env,
    ImageByDigest,
    ImageReference,
    KubernetesName,
    SecretSource,
    SecretValue,
    Text,
    declared,
)
from nodeyard.keys import respelled
from nodeyard.metis_sequencer import MetisSequencer
from nodeyard.platform import Platform
from nodeyard.words import Word

CHECKOUT = Path(__file__).resolve().parents[2]


class Colour(Word):
    """What it is painted with."""

    RED = "red"
    """As a rose."""
    DARK_BLUE = "dark-blue"
    """As the sea."""


@declared
class NodeArgs(TypedDict):
    """One node."""

    disk_gib: NotRequired[Annotated[DiskGib, Default(8)]]
    """Size of the disk (default 8)."""
    seed_from: NotRequired[Text | None]
    """A snapshot to start from."""
    existing_disk: NotRequired[Text | None]
    """A disk to adopt."""
    spot: NotRequired[bool]
    """Whether it may be taken away."""


@declared
class HouseArgs(TypedDict):
    """A house."""

    colour: Colour
    """The colour of its walls."""
    cidrs: Annotated[Sequence[Cidr], Distinct]
    """Who may come in."""
    nodes: Mapping[KubernetesName, NodeArgs]
    """What runs in it, by name."""
    env: NotRequired[Mapping[str, str]]
    """Variables."""
    password: NotRequired[SecretSource]
    """What opens it."""
    garden: NotRequired[Annotated[NodeArgs, Default({})]]
    """Another node."""
    floors: NotRequired[Annotated[int, Field(ge=1)]]
    """How many it has."""


class House(pulumi.ComponentResource):
    """A house."""

    def __init__(self, name: str, args: HouseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("nodeyard:index:House", name, None, opts)


def house(**changes: Any) -> HouseArgs:
    given: Any = {"colour": "red", "cidrs": ["10.0.0.0/8"], "nodes": {"a-1": {"disk_gib": 5}}, **changes}
    return {key: value for key, value in given.items() if value is not ...}  # type: ignore[return-value]


def one_source(args: HouseArgs) -> Iterator[Problem]:
    for name, node in args["nodes"].items():
        if node.get("seed_from") and node.get("existing_disk"):
            yield ("nodes", name, "seed_from"), "give `seed_from` or `existing_disk`, not both"


def not_red(args: HouseArgs) -> Iterator[Problem]:
    if args["colour"] is Colour.RED and args.get("floors", 1) > 3:
        yield "floors", "a red house has three at most"


def problems(args: Any) -> dict[str, str]:
    with pytest.raises(InputError) as raised:
        checked("House", HouseArgs, args, one_source, not_red)
    return dict(raised.value.problems)


def test_a_word_becomes_its_enum_and_an_output_stays_one() -> None:
    secret = pulumi.Output.secret("x")
    args = checked("House", HouseArgs, house(password={"value": secret}))
    assert args["colour"] is Colour.RED
    assert args["password"]["value"] is secret


def test_what_is_not_given_is_the_default_even_where_something_else_is_malformed() -> None:
    args = checked("House", HouseArgs, house(nodes={"a": {}}))
    assert (args["nodes"]["a"]["disk_gib"], args["garden"]["disk_gib"]) == (8, 8)
    seen: list[int] = []

    def looks(args: HouseArgs) -> Iterator[Problem]:
        seen.extend([args["nodes"]["a"]["disk_gib"], args["garden"]["disk_gib"]])
        yield from ()

    with pytest.raises(InputError):
        checked("House", HouseArgs, house(floors=0, nodes={"a": {"spot": 1}}), looks)
    assert seen == [8, 8]


def test_form_and_rules_are_told_at_once() -> None:
    found = problems(
        house(
            floors=9,
            cidrs=["10.0.0.0/8", "10.0.0.1/8", "10.0.0.0/8"],
            nodes={"a-1": {"disk_gb": 1}, "b": {"seed_from": "s", "existing_disk": "d", "disk_gib": 0}},
        )
    )
    assert found == {
        "cidrs[1]": "must be a range of IPv4 addresses like 10.40.0.0/16: 10.0.0.1/8 has host bits set",
        "nodes.a-1.disk_gb": "unknown key; did you mean `disk_gib`?",
        "nodes.b.disk_gib": "must be 1 or more",
        "nodes.b.seed_from": "give `seed_from` or `existing_disk`, not both",
        "floors": "a red house has three at most",
    }


def test_a_rule_waits_for_what_is_malformed() -> None:
    assert list(problems(house(colour="pink", floors=9))) == ["colour"]
    assert list(problems(house(colour=..., floors=9))) == ["colour"]
    assert list(problems(house(floors="9"))) == ["floors"]


@pytest.mark.parametrize("args", [None, 3, "text", [], pulumi.Output.from_input({})])
def test_what_is_no_input_at_all_is_told_in_one_line(args: Any) -> None:
    assert list(problems(args)) == [""]


def test_a_thing_named_twice_in_a_list_is_told() -> None:
    assert problems(house(cidrs=["10.0.0.0/8", "10.0.0.0/8"])) == {"cidrs": "names 10.0.0.0/8 more than once"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"floors": True}, "must be a whole number"),
        ({"floors": "2"}, "must be a whole number, without quotes"),
        ({"floors": 2.0}, "must be a whole number"),
        ({"env": {"A": 1.33}}, "must be a string: put quotes around it"),
        ({"env": {"A": True}}, "must be a string: put quotes around it"),
        ({"nodes": {"a": {"spot": "true"}}}, "must be true or false, without quotes"),
        ({"nodes": {"a": {"spot": 1}}}, "must be true or false"),
        ({"nodes": []}, "must hold keys and their values"),
        ({"nodes": {"A": {}}}, "must be at most 40 of a-z, 0-9 and -, with no - at either end"),
        ({"cidrs": "10.0.0.0/8"}, "must be a list"),
        ({"cidrs": {"10.0.0.0/8"}}, "must be a list"),
        ({"cidrs": {"a": "10.0.0.0/8"}}, "must be a list"),
        ({"cidrs": ["fd00::/8"]}, "must be a range of IPv4 addresses like 10.40.0.0/16: Expected 4 octets in 'fd00::'"),
        ({"cidrs": ["10.40.0.0/255.255.0.0"]}, "must be written as 10.40.0.0/16"),
        ({"cidrs": ["10.40.0.0/016"]}, "must be written as 10.40.0.0/16"),
        ({"cidrs": ["203.0.113.7"]}, "must be written as 203.0.113.7/32"),
        ({"colour": "Red"}, "must be one of red, dark-blue; did you mean red?"),
        ({"nodes": {"a": {"seed_from": " "}}}, "must be a text that is not empty and has no space around it"),
        (
            {"floors": pulumi.Output.from_input(3)},
            "must be a plain value, which is known before anything is made: it is an Output",
        ),
        ({"colour": ...}, "is required"),
        ({"banana": 1}, "unknown key; known are `cidrs`, `colour`, `env`, `floors`, `garden`, `nodes`, `password`"),
        ({"password": {"vaule": "x"}}, "unknown key; did you mean `value`?"),
        ({"password": {"value": " "}}, "is empty"),
    ],
)
def test_a_reason_says_what_helps(changes: Any, reason: str) -> None:
    assert list(problems(house(**changes)).values()) == [reason]


@pytest.mark.parametrize("key", [5, 2.5, None, ("a", "b"), True])
@pytest.mark.parametrize(
    ("place", "right"), [("nodes", {"a-1": {}}), ("env", {"A": "1"}), ("password", {"value": "x"})]
)
def test_a_key_that_is_no_string_is_told_where_it_stands(place: str, right: dict[str, Any], key: Any) -> None:
    [value] = right.values()
    told = f"must have strings for keys: one is of type {type(key).__name__}"
    assert problems(house(**{place: {**right, key: value}})) == {place: told}
    assert problems({**house(), key: 1}) == {"": told}


def test_a_name_is_told_at_its_own_path_whatever_it_is() -> None:
    assert problems(house(env={"[key]": 1})) == {'env["[key]"]': "must be a string: put quotes around it"}
    nodes = {"[key]": {}, "a": {"spot": 1}}
    assert list(problems(house(nodes=nodes))) == ['nodes["[key]"]', "nodes.a.spot"]


DIGEST = "@sha256:" + "ab" * 32
TAGGED = ["x:1", "a/b-c__d.e:v1_2", "localhost:5000/x:1", "Reg.Example:443/a/b:1.0", "[2001:db8::1]:5000/x:1"]
PINNED = [f"x{DIGEST}", f"reg.example/a/b:v1{DIGEST}", f"x:latest{DIGEST}"]
LARGE = [f"Reg.Example/x{DIGEST}", f"x:V1{DIGEST}", f"[2001:db8::1]/x{DIGEST}"]
NO_IMAGES = ["https://x/y:1", "::::1", "arn:aws:x", "X:1", "a//b:1", "/a:1", "a/:1", "a b:1", "x:", "x:latest", "x", ""]


@pytest.mark.parametrize("image", [*TAGGED, *PINNED, *LARGE])
def test_an_image_is_what_a_container_runtime_pulls(image: str) -> None:
    assert read_alone(ImageReference, image) == image


@pytest.mark.parametrize("image", NO_IMAGES)
def test_what_no_container_runtime_pulls_is_no_image(image: str) -> None:
    with pytest.raises(ValueError, match="must be an image, `host:port/path` in small letters"):
        read_alone(ImageReference, image)


@pytest.mark.parametrize("image", PINNED)
def test_an_image_by_digest_is_one_that_a_machine_reads(image: str) -> None:
    assert read_alone(ImageByDigest, image) == image
    program = (CHECKOUT / "components/theta_edge_node/boot/templates/node/image.sh").read_text()
    [form] = re.findall(r"=~ (\S+) \]\]", program)
    assert re.fullmatch(form, image)


@pytest.mark.parametrize("image", [*TAGGED, *LARGE, f"https://x/y{DIGEST}", f"::::{DIGEST}"])
def test_what_a_machine_would_not_read_is_no_image_by_digest(image: str) -> None:
    with pytest.raises(ValueError, match="an image by digest"):
        read_alone(ImageByDigest, image)


def test_an_input_of_which_something_is_malformed_is_read_with_one_reader_for_all_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[Any] = []
    make = asking._made
    monkeypatch.setattr(asking, "_made", lambda annotation: made.append(annotation) or make(annotation))
    nodes = {f"a-{n}": {"disk_gib": n} for n in range(1, 200)}
    assert list(problems(house(nodes={**nodes, "b": {"spot": 1}}))) == ["nodes.b.spot"]
    assert len(made) < 30


def test_a_secrets_value_is_never_told() -> None:
    with pytest.raises(InputError) as raised:
        checked("House", HouseArgs, house(password={"value": ["canary"], "existing": {"canary": 1}}))
    assert "canary" not in str(raised.value)


def test_a_file_spells_declared_keys_its_own_way_and_names_as_they_are() -> None:
    told = respelled(HouseArgs, (("nodes", "my_node", "seed_from"), "give `seed_from`, `nodes.x.disk_gib` or `my_var`"))
    assert told == (("nodes", "my_node", "seedFrom"), "give `seedFrom`, `nodes.x.diskGib` or `my_var`")


def test_pulumis_analyzer_makes_a_schema_of_it() -> None:
    found = Analyzer("nodeyard").analyze([House])
    inputs = found["component_definitions"]["House"].inputs
    assert {key: definition.optional for key, definition in inputs.items()} == {
        "colour": False,
        "cidrs": False,
        "nodes": False,
        "env": True,
        "password": True,
        "garden": True,
        "floors": True,
    }
    assert inputs["floors"].type is PropertyType.INTEGER
    assert inputs["floors"].description == "How many it has."
    node = found["type_definitions"]["NodeArgs"].properties
    assert node["diskGib"].description == "Size of the disk (default 8)."
    assert found["type_definitions"]["SecretSource"].properties["value"].plain is None, "it may be an Output"
    members = found["type_definitions"]["Colour"].enum or []
    assert [(member.value, member.description) for member in members] == [
        ("red", "As a rose."),
        ("dark-blue", "As the sea."),
    ]


@pytest.mark.parametrize("component", [MetisSequencer, Platform])
def test_every_key_of_a_public_component_is_described_in_the_package(component: Any) -> None:
    found = Analyzer("nodeyard").analyze([component])
    inputs = found["component_definitions"][component.__name__].inputs
    described = {key: definition.description for key, definition in inputs.items()}
    for name, definition in found["type_definitions"].items():
        described |= {f"{name}.{key}": its.description for key, its in definition.properties.items()}
        described |= {f"{name}.{member.name}": member.description for member in definition.enum or []}
    assert not [key for key, text in described.items() if not text]


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (NodeArgs | SecretSource, "give each a key of its own"),
        (NotRequired[Annotated[Mapping[str, NodeArgs | SecretSource | None], Distinct]], "give each a key of its own"),
        (Sequence[SecretSource], "make it a mapping of names"),
        (NotRequired[Annotated[Sequence[HouseArgs], Distinct]], "make it a mapping of names"),
        (Sequence[SecretValue], "make it a mapping of names"),
    ],
)
def test_a_declaration_that_no_reader_would_find_its_way_through_is_refused_at_once(
    annotation: Any, words: str
) -> None:
    with pytest.raises(TypeError, match=rf"^Bad\.key .*{words}"):
        declared(type("Bad", (), {"__annotations__": {"key": annotation}}))


def test_files_get_a_schema_of_it_in_their_spelling() -> None:
    schema = TypeAdapter(HouseArgs).json_schema()
    assert schema["properties"]["colour"]["enum"] == ["red", "dark-blue"]
    node = schema["$defs"]["NodeArgs"]
    assert node["properties"]["diskGib"] == {
        "default": 8,
        "description": "Size of the disk (default 8).",
        "maximum": 16384,
        "minimum": 1,
        "title": "Diskgib",
        "type": "integer",
    }
    assert node["additionalProperties"] is False
    assert schema["$defs"]["SecretSource"]["properties"]["value"]["writeOnly"] is True


# --- variables ---


@pytest.mark.parametrize(
    ("given", "read"),
    [("1.50", "1.50"), ("", ""), (150, "150"), (0, "0"), (-1, "-1"), (True, "true"), (False, "false")],
)
def test_a_variable_that_was_read_as_a_whole_number_or_a_switch_is_the_text_that_was_written(
    given: object, read: str
) -> None:
    assert read_alone(Env, {"A": given}) == {"A": read}


@pytest.mark.parametrize("given", [1.5, 1e3, 10**18, 12345678901234567000, None, [], ["a"], {}, {"a": "b"}])
def test_a_variable_of_which_nobody_knows_what_was_written_is_refused(given: object) -> None:
    with pytest.raises(ValueError, match="valid string"):
        read_alone(Env, {"A": given})
