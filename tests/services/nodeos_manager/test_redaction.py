"""No private key of nodeos' lines is passed on."""

import pytest

from nodeos_manager.nodeos.redaction import redacted
from tests.services.nodeos_manager.keys import base58, finalizer, finalizer_public, public, signing, wif

K1 = f"PVT_K1_{base58(bytes([1]) * 36)}"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            f'error nodeos ] Malformed signature provider: "{signing()}", ignoring!',
            f'error nodeos ] Malformed signature provider: "{public()}=KEY:***", ignoring!',
        ),
        (f"{public()}=KEY:{K1}, next = 1", f"{public()}=KEY:***, next = 1"),
        (finalizer(), f"{finalizer_public()}=KEY:***"),
        (f"bad key {K1}: no", "bad key ***: no"),
        (f"bad key {finalizer().rpartition(':')[2]}", "bad key ***"),
        (f"bad key ({wif()})", "bad key (***)"),
    ],
)
def test_a_private_key_is_hidden_and_the_public_one_is_not(line: str, told: str) -> None:
    assert redacted(line) == told


def test_a_line_without_a_key_is_as_it_was() -> None:
    line = "info  Received block 5f1c2a3b4c5d6e7f... #413 @ 2026-11-29T15:25:00.500 signed by eosnationftw [trxs: 3]"
    assert redacted(line) == line
