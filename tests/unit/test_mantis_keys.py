"""The keys of a network's nodes, and the hash of a genesis, held against what others say."""

from __future__ import annotations

import json

import pytest
from eth_keys import keys as eth_keys
from hypothesis import given, settings
from hypothesis import strategies as st

from nodeyard.mantis_cluster import keys
from nodeyard.mantis_cluster.genesis import genesis_hash, genesis_text, read_gas_limit

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Of secp256k1."""
ETHER = 10**18

numbers = st.integers(min_value=1, max_value=ORDER - 1)


@settings(max_examples=15, deadline=None)
@given(numbers)
def test_a_key_is_the_same_node_and_the_same_account_as_by_another_library(number: int) -> None:
    theirs = eth_keys.PrivateKey(number.to_bytes(32, "big")).public_key
    key = f"{number:064x}"
    assert keys.public_id(key) == theirs.to_bytes().hex()
    assert keys.address(key) == theirs.to_address() == keys.address_of(keys.public_id(key))


def test_capital_letters_make_no_other_key() -> None:
    assert keys.public_id("AB" * 32) == keys.public_id("ab" * 32)


@pytest.mark.parametrize(
    "key", ["", "ab", "0x" + "a" * 62, "g" * 64, "a" * 65, "a" * 64 + "\n", f"{0:064x}", f"{ORDER:064x}", "f" * 64]
)
def test_what_is_no_key_is_refused_and_not_named(key: str) -> None:
    with pytest.raises(ValueError, match=r"^is no key: ") as refused:
        keys.public_id(key)
    assert not key or key not in str(refused.value)


SEPOLIA = {
    "0x0000006916a87b82333f4245046623b23794c65c": 10_000_000,
    "0x10f5d45854e038071485ac9e402308cf80d2d2fe": 100_000_000,
    "0x799d329e5f583419167cd722962485926e338f4a": 1,
    "0x7cf5b79bfe291a67ab02b393e456ccc4c266f753": 1_000_000,
    "0x8b7f0977bb4f0fbe7076fa22bc24aca043583f5e": 1_000_000,
    "0xa2a6d93439144ffe4d27c9e088dcd8b783946263": 1_000_000,
    "0xaaec86394441f915bce3e6ab399977e9906f3b69": 1_000_000,
    "0xb21c33de1fab3fa15499c62b59fe0cc3250020d1": 100_000_000,
    "0xbc11295936aa79d594139de1b2e12629414f3bdb": 1_000_000,
    "0xbeef32ca5b9a198d27b4e02f4c70439fe60356cf": 1_000_000,
    "0xd7d76c58b3a519e9fa6cc4d22dc017259bc49f1e": 100_000_000,
    "0xd7eddb78ed295b3c9629240e8924fb8d8874ddd8": 1_000_000,
    "0xd9a5179f091d85051d3c982785efd1455cec8699": 1_000_000,
    "0xe2e2659028143784d557bcec6ff3a0721048880a": 1_000_000,
    "0xf47cae1cf79ca6758bfc787dbd21e6bdbe7112b8": 1_000_000,
}
"""Ether. This, and what is below, is of go-ethereum v1.10.26, `core/genesis.go` and `core/genesis_alloc.go`."""
GOERLI = {
    "0x4c2ae482593505f0163cdefc073e81c63cda4107": 100_000,
    "0xa8e8f14732658e4b51e8711931053a8a69baf2b1": 100_000,
    "0xd9a5179f091d85051d3c982785efd1455cec8699": 10_000_000,
    "0xe0a2bd4258d2768837baa26a28fe71dc079f84c7": 89_800_000,
}
"""Ether, besides a wei for each of the first 256 addresses."""
GOERLI_VANITY = b'"Flexi is a thing" - Afri'
GOERLI_SIGNER = bytes.fromhex("e0a2bd4258d2768837baa26a28fe71dc079f84c7")


def test_the_hash_of_sepolia_is_the_one_that_the_world_knows() -> None:
    """Proof of work, with EIP-1559 from the first block on."""
    text = genesis_text(
        difficulty=0x20000,
        gas_limit=0x1C9C380,
        timestamp=1633267481,
        extra_data=b"Sepolia, Athens, Attica, Greece!",
        alloc={address: ether * ETHER for address, ether in SEPOLIA.items()},
        baseFeePerGas=hex(10**9),
    )
    assert genesis_hash(text) == "0x25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9"


def test_the_hash_of_goerli_is_the_one_that_the_world_knows() -> None:
    """clique, without EIP-1559."""
    alloc = {f"0x{number:040x}": 1 for number in range(256)}
    text = genesis_text(
        difficulty=1,
        gas_limit=10485760,
        timestamp=1548854791,
        extra_data=GOERLI_VANITY.ljust(32, b"\0") + GOERLI_SIGNER + bytes(65),
        alloc=alloc | {address: ether * ETHER for address, ether in GOERLI.items()},
    )
    assert genesis_hash(text) == "0xbf7e331f7f7c1dd2e05159666b3bf8bc7a8a3a9eb1d518969eab529dd9b88c1a"
    assert read_gas_limit(text) == 10485760


def test_neither_the_order_nor_the_capitals_of_addresses_change_a_genesis() -> None:
    alloc = {"0xAB" + "0" * 38: 1, "0x" + "0" * 40: 2}
    turned = dict(reversed([(address.lower(), wei) for address, wei in alloc.items()]))
    text = genesis_text(difficulty=1, gas_limit=1, alloc=alloc)
    assert text == genesis_text(difficulty=1, gas_limit=1, alloc=turned)
    assert list(json.loads(text)["alloc"]) == ["0" * 40, "ab" + "0" * 38]
