"""`nodeyard tsm config check`: each thing that can be wrong with a config.toml, by its path and without its value."""

import base64
import copy
import hashlib
import json
import tomllib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from nodeyard.tsm_node import config_check
from nodeyard.tsm_node.args import MPCServer, Permission
from nodeyard.tsm_node.config import Connection, MeshPeer, render
from nodeyard.tsm_node.keys import new_private_key, public_key_of
from tests.ops.harness import Command, told

PASSWORD = "correct-horse-battery-staple"


def private(curve: ec.EllipticCurve | None = None, form: PrivateFormat = PrivateFormat.PKCS8) -> str:
    key = ec.generate_private_key(curve or ec.SECP256R1())
    return base64.b64encode(key.private_bytes(Encoding.DER, form, NoEncryption())).decode()


def hashed(key: str) -> str:
    return base64.b64encode(hashlib.sha256(key.encode()).digest()).decode()


OWN = new_private_key()
PUBLIC = [public_key_of(private()), public_key_of(OWN), public_key_of(private())]


def good() -> dict[str, Any]:
    """Player 1 of three, in the vendor's words."""
    return {
        "Player": {"Index": 1, "PrivateKey": OWN},
        "Players": {
            "0": {"PublicKey": PUBLIC[0]},
            "1": {"PublicKey": PUBLIC[1], "Address": "tcp://tsm1:9000"},
            "2": {"PublicKey": PUBLIC[2], "Address": "tcp://tsm2:9000?connectionPoolSize=2"},
        },
        "Database": {
            "DriverName": "postgres",
            "DataSourceName": f"postgres://tsm1:{PASSWORD}@db:5432/tsm?sslmode=verify-full",
            "EncryptorMasterPassword": PASSWORD,
            "MaxOpenConns": 50,
        },
        "MPCTCPServer": {"Port": 9000},
        "SDKServer": {"Port": 8080},
        "ManagementServer": {
            "Port": 14401,
            "Metrics": {"Prometheus": True},
            "APIKeys": [{"APIKey": hashed("management"), "Permissions": ["HEALTH", "TSMINFO", "METRICS"]}],
        },
        "Authentication": {"APIKeys": [{"APIKey": hashed("sdk"), "ApplicationID": "app"}]},
        "MultiInstance": {
            "Address": "{{ env `TSM_MULTIINSTANCE_ADDRESS` }}",
            "CleanupInterval": "5m",
            "CleanupProbability": 75,
        },
        "DKLS23": {"Features": {"Sign": True}},
    }


def toml(value: Any) -> str:
    """TOML's inline forms, which JSON's strings and lists are as well."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(each)}" for key, each in value.items()) + "}"
    return "[" + ", ".join(map(toml, value)) + "]" if isinstance(value, list) else json.dumps(value)


def written(config: dict[str, Any]) -> str:
    text = "\n".join(f"{json.dumps(key)} = {toml(value)}" for key, value in config.items())
    assert tomllib.loads(text) == config
    return text


def found(config: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each.severity, each.path) for each in config_check.check(written(config))]


def set_at(config: dict[str, Any], path: str, value: Any) -> None:
    *sections, key = path.split(".")
    for section in sections:
        config = config[int(section)] if isinstance(config, list) else config.setdefault(section, {})
    if value is None:
        del config[key]
    else:
        config[key] = value


def test_a_good_file_has_no_findings() -> None:
    assert config_check.check(written(good())) == []


@pytest.mark.parametrize("server", MPCServer)
@pytest.mark.parametrize("dynamic", [True, False])
def test_what_the_component_renders_has_no_errors(server: MPCServer, dynamic: bool) -> None:
    args: Any = {
        "index": 1,
        "export_white_list": [],
        "database": {"max_open_connections": 50, "max_idle_connections": 50},
        "mesh": {"server": server},
        "authentication": {
            "management_keys": {"ops": {"hash": hashed("ops"), "permissions": list(Permission)}},
            "dynamic": dynamic,
            "api_keys": {"app": {"hash": hashed("app"), "application_id": "app"}},
        },
        "multi_instance": {"cleanup_interval": "5m", "cleanup_probability": 75},
        "features": {"DKLS19": ["Sign"]},
    }
    text = render(
        args,
        private_key=OWN,
        master_password=PASSWORD,
        connection=Connection(
            host="db", port=5432, role="tsm1", password="{}?&sslmode=disable", ssl_mode="verify-full"
        ),
        peers=[MeshPeer(index=index, address=f"tcp://{index}:9000", public_key=PUBLIC[index]) for index in (0, 2)],
        metrics_key_hash=hashed("metrics"),
    )
    assert [each for each in config_check.check(text) if each.severity == "error"] == []


def test_a_broker_needs_no_addresses() -> None:
    config = good() | {"MPCRedisServer": {"ServerURL": "redis://{{ env `REDIS` }}/0"}}
    del config["MPCTCPServer"]
    for player in config["Players"].values():
        player.pop("Address", None)
    assert found(config) == []


def test_an_index_beyond_the_players_that_are_known() -> None:
    config = good()
    del config["Players"]["1"]
    config["Player"]["Index"] = 7
    assert found(config) == [("error", "Player.Index")]


def test_another_index_than_the_one_that_has_this_key() -> None:
    config = good()
    config["Player"]["Index"] = 3
    assert found(config) == [("error", "Players.1.PublicKey")]


@pytest.mark.parametrize(("name", "told"), [("Database", 3), ("Player", 2), ("SDKServer", 1)])
def test_an_empty_section_lacks_what_it_needs(name: str, told: int) -> None:
    assert [severity for severity, _ in found(good() | {name: {}})] == ["error"] * told


def test_a_private_key_in_pkcs8_is_one_as_well() -> None:
    config = good()
    config["Player"]["PrivateKey"] = private()
    config["Players"]["1"]["PublicKey"] = public_key_of(config["Player"]["PrivateKey"])
    assert found(config) == []


def test_an_own_entry_among_the_players_is_not_needed() -> None:
    config = good()
    del config["Players"]["1"]
    assert found(config) == []


@pytest.mark.parametrize(
    "path",
    [
        "Player.PrivateKey",
        "Players.0.PublicKey",
        "Players.1.PublicKey",
        "Players.2.Address",
        "Database.DriverName",
        "Database.DataSourceName",
        "Database.EncryptorMasterPassword",
        "MultiInstance.CleanupInterval",
    ],
)
def test_what_the_node_fills_in_is_taken_for_right(path: str) -> None:
    config = good()
    set_at(config, path, "{{ env `SOMETHING` }}")
    assert found(config) == []


@pytest.mark.parametrize(
    ("source", "warns"),
    [
        ("postgres://u:p@h/d?sslmode=verify-full", False),
        ("host=h user=u sslmode = 'verify-full' dbname=d", False),
        ("postgres://u:{{ env `P` }}@h/d?sslmode=verify-full", False),
        ("postgres://u:p@h/d?sslmode={{ env `MODE` }}", False),
        ("postgres://u:p@h/d", True),
        ("postgres://u:p@h/d?sslmode=disable", True),
        ("postgres://u:{{ env `P` }}@h/d?sslmode=require", True),
        ("postgres://u:p@h/d?sslmode=verify-full&sslmode=disable", True),
        ("host=h sslmode=verify-ca", True),
        ("postgres://u:p@h/d?notsslmode=verify-full", True),
    ],
)
def test_a_database_that_is_not_checked_is_a_warning(source: str, warns: bool) -> None:
    config = good()
    config["Database"]["DataSourceName"] = source
    assert found(config) == [("warning", "Database.DataSourceName")] * warns


ERRORS: list[tuple[str, Any, str]] = [
    ("Player", None, "Player"),
    ("Player", "one", "Player"),
    ("Player.Index", None, "Player.Index"),
    ("Player.Index", -1, "Player.Index"),
    ("Player.Index", True, "Player.Index"),
    ("Player.Index", "1", "Player.Index"),
    ("Player", {"PrivateKey": OWN}, "Player.Index"),
    ("Player", {"Index": 1}, "Player.PrivateKey"),
    ("Player.PrivateKey", None, "Player.PrivateKey"),
    ("Player.PrivateKey", "", "Player.PrivateKey"),
    ("Player.PrivateKey", 7, "Player.PrivateKey"),
    ("Player.PrivateKey", "!", "Player.PrivateKey"),
    ("Player.PrivateKey", base64.b64encode(b"0 no key").decode(), "Player.PrivateKey"),
    ("Player.PrivateKey", private(ec.SECP384R1()), "Player.PrivateKey"),
    ("Player.PrivateKey", PUBLIC[1], "Player.PrivateKey"),
    ("Player.PrivateKey", "caf\N{LATIN SMALL LETTER E WITH ACUTE}", "Player.PrivateKey"),
    ("Player.ExportWhiteList", "*", "Player.ExportWhiteList"),
    ("Players", None, "Players"),
    ("Players", {}, "Players"),
    ("Players.x", {}, "Players.x"),
    ("Players.00", {}, "Players.00"),
    ("Players.2", "tsm2", "Players.2"),
    ("Players.0.PublicKey", None, "Players.0.PublicKey"),
    ("Players.0.PublicKey", "QUJD", "Players.0.PublicKey"),
    ("Players.0.PublicKey", private(), "Players.0.PublicKey"),
    ("Players.0.PublicKey", PUBLIC[1], "Players.0.PublicKey"),
    ("Players.2.PublicKey", PUBLIC[0], "Players.2.PublicKey"),
    ("Players.1.PublicKey", public_key_of(private()), "Players.1.PublicKey"),
    ("Players.4", {"PublicKey": public_key_of(private()), "Address": "broker://"}, "Players"),
    ("Players.2.Address", None, "Players.2.Address"),
    ("Players.2.Address", 9000, "Players.2.Address"),
    ("Players.2.Address", "http://tsm2:9000", "Players.2.Address"),
    ("Players.2.Address", "tsm2:9000", "Players.2.Address"),
    ("Players.2.Address", "tcp://tsm2", "Players.2.Address"),
    ("Players.2.Address", "tcp://:9000", "Players.2.Address"),
    ("Players.2.Address", "tcp://tsm2:90000", "Players.2.Address"),
    ("Players.0.Address", "ftp://tsm0:9000", "Players.0.Address"),
    ("Database", None, "Database"),
    ("Database.DriverName", None, "Database.DriverName"),
    ("Database.DriverName", "oracle", "Database.DriverName"),
    ("Database.DataSourceName", "", "Database.DataSourceName"),
    ("Database.EncryptorMasterPassword", None, "Database.EncryptorMasterPassword"),
    ("Database.EncryptorMasterPassword", " ", "Database.EncryptorMasterPassword"),
    ("Database.MaxOpenConns", "many", "Database.MaxOpenConns"),
    ("MPCTCPServer", None, ""),
    ("MPCTCPServer", {}, "MPCTCPServer.Port"),
    ("MPCTCPServer.Port", None, "MPCTCPServer.Port"),
    ("MPCDirectServer", {"Port": 9001}, "MPCTCPServer"),
    ("MPCWebSocketServer", {"Port": 9001}, "MPCWebSocketServer"),
    ("SDKServer", None, "SDKServer"),
    ("SDKServer.Port", 0, "SDKServer.Port"),
    ("SDKServer.Port", 70000, "SDKServer.Port"),
    ("SDKServer.Port", "8080", "SDKServer.Port"),
    ("SDKServer.Port", 9000, "SDKServer.Port"),
    ("ManagementServer.Port", 8080, "ManagementServer.Port"),
    ("ManagementServer.APIKeys", "key", "ManagementServer.APIKeys"),
    ("ManagementServer.APIKeys", ["key"], "ManagementServer.APIKeys.0"),
    ("ManagementServer.APIKeys.0.APIKey", None, "ManagementServer.APIKeys.0.APIKey"),
    ("ManagementServer.APIKeys.0.APIKey", PASSWORD, "ManagementServer.APIKeys.0.APIKey"),
    ("ManagementServer.APIKeys.0.APIKey", "QUJD", "ManagementServer.APIKeys.0.APIKey"),
    ("ManagementServer.APIKeys.0.Permissions", [], "ManagementServer.APIKeys.0.Permissions"),
    ("ManagementServer.APIKeys.0.Permissions", ["ALL"], "ManagementServer.APIKeys.0.Permissions"),
    ("Authentication.APIKeys.0.APIKey", PASSWORD, "Authentication.APIKeys.0.APIKey"),
    ("Authentication.APIKeys.0.ApplicationID", None, "Authentication.APIKeys.0.ApplicationID"),
    ("Authentication.DynamicAPIKeys", "yes", "Authentication.DynamicAPIKeys"),
    ("MultiInstance.Address", "", "MultiInstance.Address"),
    ("MultiInstance.CleanupInterval", "often", "MultiInstance.CleanupInterval"),
    ("MultiInstance.CleanupProbability", "75", "MultiInstance.CleanupProbability"),
]


@pytest.mark.parametrize(("path", "value", "told"), ERRORS)
def test_one_thing_that_is_wrong_is_told_by_its_path(path: str, value: Any, told: str) -> None:
    config = good()
    set_at(config, path, value)
    assert found(config) == [("error", told)]


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("Player.ExportWhiteList", ["*"], "Player.ExportWhiteList"),
        ("Players.0", None, "Players"),
        ("Players.2.Address", "tcp://tsm2:9000?conectionPoolSize=2", "Players.2.Address"),
        ("Database.DriverName", "sqlite3", "Database.DriverName"),
        ("MPCRedisServer", {"ServerURL": "redis://r"}, "MPCRedisServer"),
        ("ManagementServer", None, "ManagementServer"),
        ("ManagementServer.APIKeys", None, "ManagementServer.APIKeys"),
        ("MultiInstance.Address", None, "MultiInstance.Address"),
        ("MultiInstanse", {}, "MultiInstanse"),
    ],
)
def test_what_the_node_takes_and_an_operator_should_know_is_a_warning(path: str, value: Any, told: str) -> None:
    config = good()
    set_at(config, path, value)
    assert found(config) == [("warning", told)]


@pytest.mark.parametrize("direct", [{"Port": 9000, "WSPort": 0}, {"Port": 0, "WSPort": 9080}, {"WSPort": 9080}])
def test_a_direct_server_may_leave_one_port_closed(direct: dict[str, int]) -> None:
    config = good() | {"MPCDirectServer": direct}
    del config["MPCTCPServer"]
    assert found(config) == []


@pytest.mark.parametrize(
    ("direct", "told"),
    [({}, []), ({"Port": 0}, ["MPCDirectServer"]), ({"Port": 1, "WSPort": 1}, ["MPCDirectServer.WSPort"])],
)
def test_a_direct_server_that_cannot_listen(direct: dict[str, int], told: list[str]) -> None:
    config = good() | {"MPCDirectServer": direct}
    del config["MPCTCPServer"]
    assert found(config) == [("error", path) for path in told or ["MPCDirectServer"]]


@pytest.mark.parametrize("crypt", ["$2a$10$abc", "$5$salt$hash", "$argon2id$v=19$m=1"])
def test_a_crypt_hash_is_a_hash_as_well(crypt: str) -> None:
    config = good()
    config["ManagementServer"]["APIKeys"][0]["APIKey"] = crypt
    assert found(config) == []


def test_everything_is_told_at_once() -> None:
    config = good()
    for path, value in (("Player.Index", -1), ("SDKServer", None), ("MultiInstance.Address", "")):
        set_at(config, path, value)
    assert {path for _, path in found(config)} == {"Player.Index", "SDKServer", "MultiInstance.Address"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'[Player]\nPrivateKey = "{PASSWORD}', "is not TOML, at "),
        (f"EncryptorMasterPassword = {PASSWORD}", "is not TOML, at line 1, column "),
        ("[SDKServer]\nPort = {{ env `PORT` }}", "a template outside of quotes is filled in by the node only"),
        ("Index = " + "9" * 5000, "is not TOML"),
        ("a = " + "[" * 5000, "is not TOML"),
    ],
)
def test_a_file_that_is_no_toml(text: str, said: str) -> None:
    (only,) = config_check.check(text)
    assert (only.severity, only.path) == ("error", "")
    assert said in only.message
    assert PASSWORD not in only.message


def secrets_in(config: dict[str, Any]) -> list[str]:
    return [
        OWN,
        PASSWORD,
        *(each["APIKey"] for name in ("ManagementServer", "Authentication") for each in config[name]["APIKeys"]),
    ]


@pytest.mark.parametrize(("path", "value", "told"), ERRORS)
def test_no_finding_says_a_value(nodeyard: Command, path: str, value: Any, told: str) -> None:
    config = good()
    shown = secrets_in(config)
    set_at(config, path, value)
    (file := nodeyard.directory / "config.toml").write_text(written(config))
    output = (
        nodeyard("tsm", "config", "check", str(file)).output
        + nodeyard("tsm", "config", "check", str(file), "--json").output
    )
    assert told in output
    assert not [each for each in shown if each in output]
    assert not (isinstance(value, str) and len(value) > 6 and value in output)


def test_the_command_ends_well_for_a_good_file_and_reads_stdin(nodeyard: Command) -> None:
    result = nodeyard("tsm", "config", "check", "-", "--json", stdin=written(good()))
    assert (result.exit_code, told(result)) == (0, [])


def test_warnings_alone_end_well(nodeyard: Command) -> None:
    config = good()
    del config["ManagementServer"]
    result = nodeyard("tsm", "config", "check", "-", stdin=written(config))
    assert (result.exit_code, "warning" in result.stdout, "No errors." in result.stderr) == (0, True, True)


def test_errors_end_with_one(nodeyard: Command) -> None:
    config = good()
    del config["SDKServer"], config["Database"]
    result = nodeyard("tsm", "config", "check", "-", "--json", stdin=written(config))
    assert (result.exit_code, "2 errors." in result.stderr) == (1, True)
    assert [each["path"] for each in told(result)] == ["Database", "SDKServer"]


def test_a_file_that_is_not_there(nodeyard: Command) -> None:
    result = nodeyard("tsm", "config", "check", str(nodeyard.directory / "none.toml"))
    assert (result.exit_code, "There is no file" in result.stderr) == (2, True)


values = st.recursive(
    st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), st.text(st.characters(codec="ascii"), max_size=9)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(["Port", "0", "APIKeys"]), inner)
    ),
    max_leaves=4,
)


def paths(config: Any, before: str = "") -> list[str]:
    inner = config.items() if isinstance(config, dict) else ()
    return [path for key, each in inner for path in (f"{before}{key}", *paths(each, f"{before}{key}."))]


@given(st.sampled_from(paths(good())), values)
def test_no_value_whatever_breaks_the_check(path: str, value: Any) -> None:
    config = copy.deepcopy(good())
    set_at(config, path, value)
    for each in config_check.check(written(config)):
        assert each.message


@given(st.text())
def test_no_text_whatever_breaks_the_check(text: str) -> None:
    config_check.check(text)


@given(st.permutations(range(5)), st.integers(2, 5))
def test_players_are_right_by_their_indices_whatever_their_order(order: list[int], count: int) -> None:
    config = good()
    keys = [private() for _ in range(count)]
    config["Player"] = {"Index": count - 1, "PrivateKey": keys[count - 1]}
    config["Players"] = {
        str(index): {"PublicKey": public_key_of(keys[index]), "Address": f"tcp://tsm{index}:9000"}
        for index in order
        if index < count
    }
    assert found(config) == []
