"""A themis home: a volume, the pod's secrets, and the chart's own init-themis.sh between them, run for real by sh."""

import hashlib
import json
import subprocess
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_keys.datatypes import PrivateKey

from ops.metis_keys import NODE_FILE, VALIDATOR_FILE, Keys
from tests.charts.harness import Stubs
from tests.charts.metis import FILES, rendered

Result = subprocess.CompletedProcess[str]

GENESIS = b'{"chain_id": "andromeda"}\n'
PEERS = f"{'0123456789abcdef' * 2 + '01234567'}@192.0.2.1:26656,{'fedcba98' * 5}@peer.invalid:26656"

# What a node of the engine wrote at height 12 (tests/consensus), with another height: themis reads neither of the two.
SIGNATURE = "StBtVBD1bgoOC0fwCOpS8esNXx5JOBOyk1sNCITaFDZ2q3tv2hCI4SJd86NnbgyD7Nwz5PEcx/4FNw12dekjHQE="
SIGN_BYTES = (
    "720802110C0000000000000022480A207E85B9B1C6AB54EC74BA317F4B1345ABEB6201EFF1C53CD891FB6D4DD4F881FE12240A208950D8251591"
    "EF9887FD3D1AD8EC7026CD24E7160E6FE12C22AC5FF423F2799410012A0C08C8DBAED80610E6DCC38003320D6E6F6465796172642D74657374"
)


def keys(number: int = 1) -> Keys:
    """Real ones, which are the same at every call."""
    secret = hashlib.sha256(b"validator %d" % number).digest()
    return Keys(PrivateKey(secret), Ed25519PrivateKey.from_private_bytes(secret))


def bootstrap(volume: str = "vol-1") -> dict[str, str]:
    return {"BOOTSTRAP": "true", "VOUCHED_VOLUME": volume}


def resume(volume: str, height: int = 5000) -> dict[str, str]:
    return {"RESUME_AT_HEIGHT": str(height), "VOUCHED_VOLUME": volume, "KEY_RAN_NOWHERE_ELSE": "true"}


def signed_state(height: int) -> str:
    """The state of a validator whose last signature is a precommit at this height."""
    state = {"height": str(height), "round": "0", "step": 3, "signature": SIGNATURE, "signbytes": SIGN_BYTES}
    return json.dumps(state, indent=2)


def assert_tells_how_to_resume(said: str, volume: str) -> None:
    assert (
        "signingState.resumeAtHeight to a height above the chain's head of today, to sign from this height on" in said
    )
    assert f"signingState.volume: {volume} and signingState.keyRanNowhereElse: true." in said


class Themis:
    """A volume, the pod's secrets, and the script between them."""

    def __init__(
        self, root: Path, stubs: Stubs, held: Keys | None = None, genesis: bytes = GENESIS, peers: str = PEERS
    ) -> None:
        self.stubs = stubs
        self.genesis = genesis
        self.home, self.files, self.secrets = root / "home", root / "files", root / "secrets"
        for directory in (self.home, self.files, self.secrets):
            directory.mkdir(parents=True)
        for name in ("config.toml", "app.toml", "themis-config.toml", "amino.jq"):
            (self.files / name).write_text(rendered().config_file("themis", name))
        self.give(held or keys())
        (self.secrets / "persistent_peers").write_text(peers + "\n")
        (self.secrets / "genesis.json").write_bytes(genesis)
        self.volume = "vol-1"
        stubs.add("curl", 'echo "curl $*" >&2; exit 22\n')

    def give(self, held: Keys) -> None:
        """The operator puts keys into the secret store."""
        for name in (NODE_FILE, VALIDATOR_FILE):
            (self.secrets / name).write_text(held.files()[name])

    def start(self, **env: str) -> Result:
        return self.stubs.run(
            FILES / "init-themis.sh",
            HOME_DIR=str(self.home),
            CONFIG_DIR=str(self.files),
            SECRETS_DIR=str(self.secrets),
            VOLUME_ID=self.volume,
            GENESIS_URL="https://example.invalid/genesis.json",
            GENESIS_SHA256=hashlib.sha256(self.genesis).hexdigest(),
            **env,
        )

    def started(self, **env: str) -> Result:
        result = self.start(**env)
        assert result.returncode == 0, result.stderr
        return result

    def key(self, name: str) -> Path:
        """Where the volume holds a key."""
        return self.home / "config" / name

    @property
    def state(self) -> Path:
        return self.home / "data" / "priv_validator_state.json"

    @property
    def record(self) -> Path:
        return self.home / "data" / ".nodeyard-volume-id"

    @property
    def height(self) -> int:
        return int(json.loads(self.state.read_text())["height"])

    @property
    def copies(self) -> list[Path]:
        """Of states that the script replaced."""
        return sorted(self.state.parent.glob("*.bak"))

    def sign(self, height: int) -> str:
        """themis runs and signs."""
        (self.home / "data" / "blockstore.db").mkdir(exist_ok=True)
        self.state.write_text(signed_state(height))
        return self.state.read_text()

    def restored_to(self, volume: str) -> None:
        """The same files on another volume, as a snapshot brings them back."""
        self.volume = volume
