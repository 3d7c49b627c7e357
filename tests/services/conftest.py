"""A new bucket for a test, in one of three object stores. Nothing looks for a cloud's metadata server elsewhere."""

import itertools
from collections.abc import Iterator

import pytest

from tests.services.chain_store import servers

DEAD = "127.0.0.1:9"
_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def s3() -> Iterator[servers.S3]:
    with servers.s3() as server:
        yield server


@pytest.fixture(scope="session")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Azure]:
    with servers.azure(tmp_path_factory.mktemp("azurite")) as server:
        yield server


@pytest.fixture(scope="session")
def gcs() -> Iterator[servers.Gcs]:
    with servers.gcs() as server:
        yield server


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chain_store.backups.CHUNK", 1 << 20)


@pytest.fixture(params=["s3", "azure", "gcs"])
def url(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of a bucket in each of the three."""
    return _new(request, request.param, monkeypatch)


@pytest.fixture
def one_url(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of a bucket in one of them, for what does not depend on the cloud."""
    return _new(request, "gcs", monkeypatch)


@pytest.fixture
def s3_url(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of a bucket whose objects know when they were written."""
    return _new(request, "s3", monkeypatch)


def _new(request: pytest.FixtureRequest, name: str, monkeypatch: pytest.MonkeyPatch) -> str:
    server = request.getfixturevalue(name)
    dead = {"GCE_METADATA_HOST": DEAD, "GCE_METADATA_IP": DEAD, "AWS_METADATA_ENDPOINT": f"http://{DEAD}"}
    for key, value in {**dead, **server.environment}.items():
        monkeypatch.setenv(key, value)
    url: str = server.create(f"nodeos-{next(_NUMBERS)}")
    return url
