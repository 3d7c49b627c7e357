"""Lines of blocks, as both flavours write them."""

from nodeos_manager.plugins.block_lines import BlockLines

SPRING_RECEIVED = (
    "info  2026-11-29T15:25:00.612 nodeos    controller.cpp:3637           log_applied          ] Received block "
    "5f1c2a3b4c5d6e7f... #413000001 @ 2026-11-29T15:25:00.500 signed by eosnationftw [trxs: 3, lib: 412999998, "
    "net: 480, cpu: 900 us, elapsed: 700 us, applying time: 1200 us, latency: 112 ms]"
)
SPRING_PRODUCED = (
    "info  2026-11-29T15:25:01.050 nodeos    controller.cpp:3613           log_applied          ] Produced block "
    "6f1c2a3b4c5d6e7f... #413000002 @ 2026-11-29T15:25:01.000 signed by ours [trxs: 0, lib: 412999999, net: 0, "
    "cpu: 100 us, elapsed: 50 us, producing time: 400000 us]"
)
EOSIO_RECEIVED = (
    "info  2021-07-19T15:25:00.400 nodeos    producer_plugin.cpp:417       on_incoming_block    ] Received block "
    "5f1c2a3b4c5d6e7f... #194000001 @ 2021-07-19T15:25:00.500 signed by eosnationftw [trxs: 12, lib: 193999670, "
    "conf: 240, latency: -100 ms]"
)
EOSIO_PRODUCED = (
    "info  2021-07-19T15:25:01.002 nodeos    producer_plugin.cpp:2330      produce_block        ] Produced block "
    "6f1c2a3b4c5d6e7f... #194000002 @ 2021-07-19T15:25:01.000 signed by ours [trxs: 1, lib: 193999671, confirmed: 240]"
)


def test_received_blocks_are_counted_with_the_latency_of_the_last_one() -> None:
    lines = BlockLines()
    lines.said(SPRING_RECEIVED)
    assert (lines.received, lines.latency) == (1, 0.112)
    lines.said(EOSIO_RECEIVED)
    assert (lines.received, lines.latency, lines.produced) == (2, -0.1, 0)


def test_produced_blocks_are_counted() -> None:
    lines = BlockLines()
    lines.said(SPRING_PRODUCED)
    lines.said(EOSIO_PRODUCED)
    assert (lines.produced, lines.received, lines.latency) == (2, 0, None)


def test_other_lines_say_nothing() -> None:
    lines = BlockLines()
    lines.said("info  2026-11-29T15:25:00.612 nodeos net_plugin.cpp:3170 ] received block 12, id 5f..., latency: 5ms")
    lines.said("warn  Block not applied to head 5f... #1 @ 2021-07-19T15:25:00.500 signed by ours [latency: 3 ms]")
    lines.said("error Produced block is invalid")
    assert (lines.produced, lines.received, lines.latency) == (0, 0, None)
