"""The constants of the Metis networks: protocol facts, in one place.

Sources: MetisProtocol/metis-charts @ 83fa07b `docs/networks/*` and
ericlee42/metis-sequencer-setup-docker-compose @ a0f0c1a (the newer one, linked from the operators' guide), whose
values win where they differ: the charts' sepolia file turns SYNC_L1_BATCH off, against its own comment that sequencers
always need it. `BLOCK_SIGNER_KEY` and the MinIO keys are the same for every operator and public by upstream's design.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..words import Word

_CHARTS = "https://raw.githubusercontent.com/MetisProtocol/metis-charts/83fa07b02bffbe8a0a83db36f8d5cb598762a53b"
_STATE = "https://metisprotocol.github.io/metis-networks"

_L2GETH = {
    "BLOCK_SIGNER_ADDRESS": "0x00000398232E2064F896018496b4b44b3D62751F",
    "BLOCK_SIGNER_KEY": "6587ae678cf4fc9a33000cdbf9f35226b71dcc6a4684a31203241f9bcfd55d27",
    "NO_USB": "true",
    "ROLLUP_BACKEND": "l1",
    "ROLLUP_ENFORCE_FEES": "true",
    "ROLLUP_POLL_INTERVAL_FLAG": "10s",
    "USING_OVM": "true",
    "VERBOSITY": "3",
}

_L1DTL = {
    "DATA_TRANSPORT_LAYER__CONFIRMATIONS": "12",
    "DATA_TRANSPORT_LAYER__DANGEROUSLY_CATCH_ALL_ERRORS": "true",
    "DATA_TRANSPORT_LAYER__LOGS_PER_POLLING_INTERVAL": "1000",
    "DATA_TRANSPORT_LAYER__MINIO_ENABLED": "true",
    "DATA_TRANSPORT_LAYER__MINIO_USE_SSL": "true",
    "DATA_TRANSPORT_LAYER__POLLING_INTERVAL": "30000",
    "DATA_TRANSPORT_LAYER__SYNC_FROM_L1": "true",
    "DATA_TRANSPORT_LAYER__SYNC_FROM_L2": "false",
    "DATA_TRANSPORT_LAYER__SYNC_L1_BATCH": "true",
    "DATA_TRANSPORT_LAYER__TRANSACTIONS_PER_POLLING_INTERVAL": "1000",
}

_THEMIS = {
    "enable_self_heal": "false",
    "main_chain_max_gas_price": "400000000000",
    "metis_poll_interval": "1s",
    "mpc_poll_interval": "10s",
    "respan_delay_time": "3m0s",
    "respan_poll_interval": "10s",
    "root_poll_interval": "15s",
    "sh_max_depth_duration": "1h0m0s",
    "sh_stake_update_interval": "3h0m0s",
    "span_poll_interval": "10s",
    "themis_poll_interval": "1s",
}


class MetisNetworkName(Word):
    """The Metis networks."""

    ANDROMEDA = "andromeda"
    """Mainnet, chain id 1088."""
    SEPOLIA = "sepolia"
    """The testnet, chain id 59902."""


@dataclass(frozen=True, kw_only=True)
class MetisNetwork:
    """One Metis network: what each process is told of it."""

    name: MetisNetworkName
    chain_id: int
    mainnet: bool
    public_rpc: str
    """The RPC that Metis itself runs."""
    sequencer_apis: Sequence[str]
    """What a sequencer's RPC answers."""
    l2geth_env: Mapping[str, str]
    """What every kind of node is told of it."""
    l1dtl_env: Mapping[str, str]
    bridge_env: Mapping[str, str]
    themis_config: Mapping[str, str]
    """Keys of themis-config.toml, besides the endpoints."""
    genesis_url: str
    genesis_sha256: str


ANDROMEDA = MetisNetwork(
    name=MetisNetworkName.ANDROMEDA,
    chain_id=1088,
    mainnet=True,
    public_rpc="https://andromeda.metis.io",
    sequencer_apis=("eth", "net", "web3", "mvm", "rollup", "rollupbridge", "debug", "txpool"),
    l2geth_env={
        **_L2GETH,
        "BOOTNODES": ",".join(
            [
                "enode://61b617d2549296b0b950efcf8c1d87227d454d44362e642dde37d83092a445f2b6a6fd651d611b2893249d1e9d15c8f1"
                "d4b067142cff53280a08c9c7565c29e2@3.22.33.68:30303",
                "enode://524e335aaa2a4555fe2d54f07fc34da83d80b0407d86c606b76ce918f96a348cf91947f7c60b0eabd29f68d2669cc0ce"
                "d1360636daa53d0ccc948e154d0ce21e@3.129.121.37:30303",
                "enode://c4cc213e3c5cb57b1ea6e1aa0b8a28240b03a5fa4b65ff08c53faf448182ae161d68c78fe48040da1e5d9087c6f19b60"
                "644605c4c2d78845627f09b90207e56c@3.17.198.212:30303",
            ]
        ),
        "CHAIN_ID": "1088",
        "NETWORK_ID": "1088",
        "DESEQBLOCK": "16500000",
        "ETH1_CTC_DEPLOYMENT_HEIGHT": "13626959",
        "ROLLUP_STATE_DUMP_PATH": f"{_STATE}/andromeda-mainnet/state-dump.latest.json",
        "SEQSET_CONTRACT": "0x0fe382b74C3894B65c10E5C12ae60Bbd8FAf5b48",
        "SEQSET_VALID_HEIGHT": "15214531",
        "TARGET_GAS_LIMIT": "1100000000",
    },
    l1dtl_env={
        **_L1DTL,
        "DATA_TRANSPORT_LAYER__ADDRESS_MANAGER": "0x918778e825747a892b17C66fe7D24C618262867d",
        "DATA_TRANSPORT_LAYER__BATCH_INBOX_ADDRESS": "0xff00000000000000000000000000000000001088",
        "DATA_TRANSPORT_LAYER__BATCH_INBOX_L1_HEIGHT": "19438451",
        "DATA_TRANSPORT_LAYER__BATCH_INBOX_SENDER": "0x1a9da0aeda630ddf2748a453bf6d92560762d914",
        "DATA_TRANSPORT_LAYER__BATCH_INBOX_START_INDEX": "42647",
        "DATA_TRANSPORT_LAYER__DESEQBLOCK": "16500000",
        "DATA_TRANSPORT_LAYER__ETH_NETWORK_NAME": "mainnet",
        "DATA_TRANSPORT_LAYER__FP_BLOCK": "22482000",
        "DATA_TRANSPORT_LAYER__L1_START_HEIGHT": "13625200",
        "DATA_TRANSPORT_LAYER__L2_CHAIN_ID": "1088",
        "DATA_TRANSPORT_LAYER__MINIO_ACCESS_KEY": "metisread",
        "DATA_TRANSPORT_LAYER__MINIO_BUCKET": "metis-1088-prod",
        "DATA_TRANSPORT_LAYER__MINIO_ENDPOINT": "memoapi.metis.io",
        "DATA_TRANSPORT_LAYER__MINIO_PORT": "6083",
        "DATA_TRANSPORT_LAYER__MINIO_SECRET_KEY": "8uyywb*7y3",
        "URL": f"{_STATE}/andromeda-mainnet/addresses.json",
    },
    bridge_env={"LOCKING_START_HEIGHT": "19430344", "LOG_LEVEL": "info"},
    themis_config={**_THEMIS, "chain": "andromeda", "main_chain_gas_limit": "5000000"},
    genesis_url=f"{_CHARTS}/docs/networks/andromda/themis/genesis.json",
    genesis_sha256="fd5c531bf64beb7f7d19c2d0f7054252b57780adc383c73e795452d69f8a92d4",
)

SEPOLIA = MetisNetwork(
    name=MetisNetworkName.SEPOLIA,
    chain_id=59902,
    mainnet=False,
    public_rpc="https://sepolia.metisdevops.link",
    sequencer_apis=("eth", "net", "web3", "rollup", "rollupbridge", "debug", "txpool"),
    l2geth_env={
        **_L2GETH,
        "BOOTNODES": ",".join(
            [
                "enode://0b07faff18115a46539fa34882bcae182ddcbf4dda135d3102d3cde8f3bd2b21928d9f65ad1c3c387aef4480d838ca09"
                "0a5daea99e284802914dfb376a9d61a8@34.239.200.85:30303",
                "enode://75d1da5e91369f56091b9358c921451c11523601341a5e25d7a779d4aaa720263d36ea408ac6aa4ee4b2c1a8f44a0bc2"
                "295de8c874ee289cc4428b54bfa7d85a@3.229.226.37:30303",
                "enode://428037cd3656d83ac4dd11242926bb57879be4b3488ee3184d29654439095cb6d8824121d6fe2859398e06a259e959da"
                "017db81b5b67d9beb38052bbd59e1b88@34.206.236.62:30303",
            ]
        ),
        "CHAIN_ID": "59902",
        "NETWORK_ID": "59902",
        "DESEQBLOCK": "600000",
        "ETH1_CTC_DEPLOYMENT_HEIGHT": "5375027",
        "ROLLUP_STATE_DUMP_PATH": f"{_STATE}/sepolia-testnet/state-dump.latest.json",
        "SEQSET_CONTRACT": "0xdE8d56212118906a0CeCD331e842429714b4c47B",
        "SEQSET_VALID_HEIGHT": "1000",
        "TARGET_GAS_LIMIT": "30000000",
    },
    l1dtl_env={
        **_L1DTL,
        "DATA_TRANSPORT_LAYER__ADDRESS_MANAGER": "0xa66Fa1eD0f1C1ee300893B4eb5493FeAD9a7e9c3",
        "DATA_TRANSPORT_LAYER__BATCH_INBOX_ADDRESS": "0xff00000000000000000000000001115511159902",
        "DATA_TRANSPORT_LAYER__BATCH_INBOX_L1_HEIGHT": "5536000",
        "DATA_TRANSPORT_LAYER__BATCH_INBOX_SENDER": "0x578c88eeee23db03e70adb2445f0043bec3c416e",
        "DATA_TRANSPORT_LAYER__BATCH_INBOX_START_INDEX": "1",
        "DATA_TRANSPORT_LAYER__DESEQBLOCK": "600000",
        "DATA_TRANSPORT_LAYER__ETH_NETWORK_NAME": "sepolia",
        "DATA_TRANSPORT_LAYER__FP_BLOCK": "7683900",
        "DATA_TRANSPORT_LAYER__L1_START_HEIGHT": "5375027",
        "DATA_TRANSPORT_LAYER__L2_CHAIN_ID": "59902",
        "DATA_TRANSPORT_LAYER__MINIO_ACCESS_KEY": "readonly",
        "DATA_TRANSPORT_LAYER__MINIO_BUCKET": "metis-1088-tx",
        "DATA_TRANSPORT_LAYER__MINIO_ENDPOINT": "metis.memosync.org",
        "DATA_TRANSPORT_LAYER__MINIO_PORT": "6081",
        "DATA_TRANSPORT_LAYER__MINIO_SECRET_KEY": "read888&",
        "URL": f"{_STATE}/sepolia-testnet/addresses.json",
    },
    bridge_env={"LOCKING_START_HEIGHT": "5457080", "LOG_LEVEL": "info"},
    themis_config={**_THEMIS, "chain": "sepolia", "main_chain_gas_limit": "30000000"},
    genesis_url=f"{_CHARTS}/docs/networks/sepolia/themis/genesis.json",
    genesis_sha256="f23e11e4e9770756f90dfe408c680da176f2a9912dab1508fd7a730c8b41677c",
)

NETWORKS = {network.name: network for network in (ANDROMEDA, SEPOLIA)}

LEAST_DISK_GIB = 500
"""Of l2geth on mainnet: the least that upstream's sequencer guide names."""
