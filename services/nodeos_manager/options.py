"""What the node manager is told on its command line. Names and defaults are manageos' where it had them."""

import argparse
import os
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit

from chain_store.bucket import BadUrl, Failed, bucket

from .nodeos.superviser import Limits
from .production.freshness import Freshness

_OF_THE_POD = ("pod_name", "pod_uid", "namespace")
_OF_A_PRODUCER = ("signature_provider_file", "signer_url", "finalizer_key_file")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """The options, checked. What is wrong ends the program with one sentence, as argparse does."""
    parser = argparse.ArgumentParser(prog="nodeos_manager", description="Manages one nodeos, in its container.")
    for add in (_nodeos, _keys, _ports, _who_we_are, _production, _store):
        add(parser)
    options = parser.parse_args(given)
    for name in _OF_THE_POD if options.bp_mode else ("pod_name",):
        if not getattr(options, name):
            parser.error(f"--{name.replace('_', '-')} is missing.")
    if options.bp_mode and not options.producer:
        parser.error("--bp-mode needs --producer.")
    if any("=" not in fellow for fellow in options.fellow):
        parser.error("--fellow is NAME=http://HOST:PORT.")
    for wrong in chain(_wrong_keys(options), _wrong_addresses(options), _wrong_store(options)):
        parser.error(wrong)
    return options


def _wrong_keys(options: argparse.Namespace) -> Iterator[str]:
    for name in _OF_A_PRODUCER:
        if getattr(options, name) and not options.bp_mode:
            yield f"--{name.replace('_', '-')} is a producer's: it needs --bp-mode."
    if options.finalizer_key_file and options.flavour == "eos":
        yield "--finalizer-key-file is for Savanna chains: EOSIO 2 has no finalizer keys."


def _wrong_addresses(options: argparse.Namespace) -> Iterator[str]:
    address = urlsplit(options.api_addr)
    if address.scheme != "http" or address.hostname not in _LOOPBACK or address.port is None:
        yield "--api-addr is http://127.0.0.1:PORT: nodeos' APIs have no authentication."
    if options.signer_url and urlsplit(options.signer_url).scheme not in ("http", "https"):
        yield "--signer-url is http://HOST:PORT or https://HOST:PORT."


def _wrong_store(options: argparse.Namespace) -> Iterator[str]:
    try:
        if options.store_url:
            bucket(options.store_url)
    except (BadUrl, Failed) as wrong:
        yield f"--store-url: {wrong}"
    if options.auto_restore != "none" and not (options.store_url and options.chain_id):
        yield "--auto-restore needs --store-url and --chain-id: an empty nodeos does not know its chain."


def _nodeos(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--nodeos-path", type=Path, required=True, help="the program")
    parser.add_argument("--flavour", choices=["antelope", "eos"], default="antelope", help="Spring, or EOSIO 2")
    parser.add_argument("--config-dir", type=Path, default=Path("/etc/nodeos"), help="has config.ini and genesis.json")
    parser.add_argument(
        "--run-dir", type=Path, default=Path("/run/nodeos"), help="gets config.ini as nodeos reads it; in memory"
    )
    parser.add_argument("--data-dir", type=Path, default=Path("/nodeos-data"))
    parser.add_argument(
        "--disk-id", default="", help="the id of the disk that --data-dir is on, which no copy of it has"
    )
    parser.add_argument(
        "--nodeos-arg", action="append", default=[], help="one more argument of nodeos: --nodeos-arg=..."
    )
    parser.add_argument("--peer", action="append", default=[], help="HOST:PORT of a p2p peer; may be repeated")
    parser.add_argument("--stop-wait", type=float, default=Limits().stop, help="seconds that nodeos has to stop")
    parser.add_argument("--stop-pause", type=float, default=20.0, help="seconds that a stop waits for a gap before")


def _keys(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--signature-provider-file",
        type=Path,
        action="append",
        default=[],
        help="holds PUBLIC=KEY:PRIVATE of a signing key, a line each; may be repeated",
    )
    parser.add_argument("--signer-url", default="", help="of a signer with keosd's API, which has the signing keys")
    parser.add_argument(
        "--finalizer-key-file", type=Path, help="holds PUB_BLS_...=KEY:PVT_BLS_... of this ordinal alone"
    )


def _ports(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--api-addr", default="http://127.0.0.1:8888", help="nodeos' APIs")
    parser.add_argument("--host", default="0.0.0.0", help="where the API, the proxy and the metrics listen")  # noqa: S104
    parser.add_argument("--manager-api-port", type=int, default=8080)
    parser.add_argument("--proxy-port", type=int, default=9999, help="the chain API, while the head is fresh")
    parser.add_argument("--metrics-port", type=int, default=9102)
    parser.add_argument("--token-file", type=Path, required=True, help="holds the API's bearer token")
    parser.add_argument("--readiness-max-latency", type=float, default=Freshness().max_latency, help="seconds")


def _who_we_are(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pod-name", default=os.environ.get("POD_NAME"), help="the ordinal; POD_NAME")
    parser.add_argument("--pod-uid", default=os.environ.get("POD_UID"), help="POD_UID")
    parser.add_argument("--namespace", default=os.environ.get("POD_NAMESPACE"), help="of the Lease; POD_NAMESPACE")


def _production(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--bp-mode", action="store_true", help="a producer, with all its checks; without it an API node"
    )
    parser.add_argument("--lease", default="nodeos-bp", help="the name of the Lease that says who may produce")
    parser.add_argument("--producer", action="append", default=[], help="our name in the schedule; may be repeated")
    parser.add_argument("--failover", choices=["manual", "automatic"], default="manual")
    parser.add_argument("--first", action="store_true", help="manual: takes a right that was never anybody's")
    parser.add_argument("--fellow", action="append", default=[], help="another ordinal, as NAME=http://HOST:PORT")


def _store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--store-url", default="", help="of the bucket: s3://NAME?region=REGION, az://ACCOUNT/CONTAINER or gs://NAME"
    )
    parser.add_argument("--chain-id", default="", help="what the bucket's objects must be of")
    parser.add_argument(
        "--auto-restore",
        choices=["none", "snapshot", "backup"],
        default="none",
        help="what a boot does with a data directory that is empty or dirty. Never on the only producer",
    )
    parser.add_argument("--auto-snapshot-period", type=float, default=0.0, help="seconds; 0 is never")
    parser.add_argument("--auto-snapshot-modulo", type=int, default=0, help="every so many blocks; 0 is never")
    parser.add_argument("--auto-backup-period", type=float, default=0.0, help="seconds; 0 is never")
    parser.add_argument("--auto-backup-modulo", type=int, default=0, help="every so many blocks; 0 is never")
    parser.add_argument("--number-of-snapshots-to-keep", type=int, default=7)
    parser.add_argument("--number-of-backups-to-keep", type=int, default=3)
