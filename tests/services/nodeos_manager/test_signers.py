"""Signing keys: the form of a file's, and a signer that may be away."""

from collections.abc import Callable, Sequence
from pathlib import Path

import httpx2
import pytest

from nodeos_manager.nodeos.signers import Signer, from_file
from nodeos_manager.nodeos.superviser import NotYet, Unusable
from tests.services.nodeos_manager.keys import base58, finalizer, public, signing, wif
from tests.services.nodeos_manager.simulation.loop import simulated
from tests.services.nodeos_manager.stand_ins import clock


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "signing-keys"


def test_a_file_has_one_key_a_line(file: Path) -> None:
    file.write_text(f"# ours\n{signing(1)}\n\n  {signing(2)}  \n")
    assert from_file(file) == [signing(1), signing(2)]


@pytest.mark.parametrize("curve", ["K1", "R1"])
def test_keys_of_the_newer_form_are_taken(file: Path, curve: str) -> None:
    line = f"PUB_{curve}_{public().removeprefix('EOS')}=KEY:PVT_{curve}_{base58(bytes([1]) * 36)}"
    file.write_text(line)
    assert from_file(file) == [line]
    file.write_text(line[:-1])
    with pytest.raises(Unusable, match="line 1: this is no private key"):
        from_file(file)


MISTYPED = wif()[:-1] + ("1" if wif()[-1] != "1" else "2")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (f"{public()}=KEY:{MISTYPED}", "line 2: the private key is mistyped"),
        (f"{public()}=KEY:{wif()[:-5]}", "line 2: this is no private key"),
        (f"{public()}=KEY:0OIl", "line 2: this is no private key"),
        (f"{public()[:-3]}=KEY:{wif()}", "line 2 is not of the form"),
        (f"{public()} {wif()}", "line 2 is not of the form"),
        (wif(), "line 2 is not of the form"),
        (f"{public()}=KEOSD:http://signer", "line 2 is not of the form"),
        (finalizer(), "line 2: a finalizer key is one ordinal's own"),
    ],
)
def test_a_wrong_line_is_refused_with_its_number_and_without_the_key(file: Path, line: str, message: str) -> None:
    file.write_text(f"{signing(2)}\n{line}\n")
    with pytest.raises(Unusable, match=message) as refused:
        from_file(file)
    for secret in (wif(), MISTYPED, wif()[:-5]):
        assert secret not in repr(refused.value)
    assert refused.value.__cause__ is None


def test_a_file_without_a_key_is_refused(file: Path) -> None:
    with pytest.raises(Unusable, match="signing-keys cannot be read: No such file"):
        from_file(file)
    file.write_text("# nothing\n")
    with pytest.raises(Unusable, match="has no signing key"):
        from_file(file)


def keys(answer: Callable[[httpx2.Request], httpx2.Response]) -> Sequence[str]:
    async def run() -> Sequence[str]:
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as http:
            return await Signer(http, "http://signer:6666/", clock()).keys()

    return simulated(run())


def test_a_signer_is_asked_for_its_keys_and_nodeos_signs_there() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        assert (request.method, str(request.url)) == ("POST", "http://signer:6666/v1/wallet/get_public_keys")
        return httpx2.Response(200, json=[public(1), public(2)])

    sign = "KEOSD:http://signer:6666/v1/wallet/sign_digest"
    assert keys(answer) == [f"{public(1)}={sign}", f"{public(2)}={sign}"]


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (500, {"code": 500}, "answered 500 for its public keys: its wallet may be locked"),
        (200, [], "has no key"),
        (200, {"keys": []}, "something else"),
        (200, ["EOS\nhttp-server-address = 0.0.0.0:8888"], "something else"),
    ],
)
def test_a_signer_that_names_no_key_is_waited_for(status: int, body: object, message: str) -> None:
    with pytest.raises(NotYet, match=message):
        keys(lambda _request: httpx2.Response(status, json=body))


def test_a_signer_that_is_away_is_waited_for() -> None:
    def away(_request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("no way to http://user:secret@signer")

    with pytest.raises(NotYet, match=r"The signer does not answer \(ConnectError\)\.") as waiting:
        keys(away)
    assert "secret" not in str(waiting.value)
