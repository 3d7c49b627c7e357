"""What overwriting a secret means, where the old value is somebody's identity."""

from pydantic import SecretStr

THETA_NODE = (
    "It encrypts the node's key on its disk and must never change while that disk lives: with another password the "
    "node cannot open its key, and its identity and earnings are out of reach."
)
VALIDATOR = (
    "It is the validator's identity: with another key this is another validator, which is not whitelisted and has no "
    "stake. The old key must run nowhere before it is put anywhere else."
)
SEQUENCER = (
    "It is the sequencer's private key, and belongs to priv_validator_key.json: with another one blocks are signed by "
    "an address that is not whitelisted."
)
NODE = "It is the node's name among its peers: those who list it in persistent_peers no longer find it."

# By the key of the output `secrets`.
_BY_KEY = {"privValidatorKey": VALIDATOR, "seqPriv": SEQUENCER, "nodeKey": NODE}


def mistake(key: str, value: SecretStr) -> str:
    """What is wrong with a value for `key`, where upstream's tools invite to it; empty when nothing is known to be."""
    if key == "seqPriv" and value.get_secret_value().lstrip().startswith("{"):
        return "It is JSON, as `themisd show-privatekey` prints it: give the hexadecimal number in it alone."
    return ""


def meaning(key: str, password: bool) -> str:
    """What is lost with the old value; empty for a value that is only configuration."""
    return THETA_NODE if password else _BY_KEY.get(key, "")
