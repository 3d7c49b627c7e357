"""The rendered rules, loaded into network namespaces and asked with real packets.

container (198.18.255.242) -- theta0, host -- outside (metadata services, private networks, the internet)
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nodeyard.theta_edge_node.boot import FORBIDDEN
from tests.boot.harness import AWS, WITH_SBIN

PUBLIC, RESOLVER, CLIENT = "8.8.8.8", "1.1.1.1", "10.1.0.9"
CLOSED = {
    "metadata of every cloud": "169.254.169.254",
    "credentials of ECS": "169.254.170.2",
    "Azure's wire server": "168.63.129.16",
    "a private network": "10.20.30.40",
    "another private network": "172.16.9.9",
    "a home network": "192.168.7.7",
    "a shared range": "100.64.1.1",
    "the network's own public range": "192.0.2.77",
}
CONTAINER, HOST, BEYOND = "198.18.255.242", "198.18.255.241", "203.0.113.1"
METADATA_V6 = "fd00:ec2::254"
# Answers on every TCP port and, on UDP 53, at every address it is told.
SERVER = """
import socketserver, sys, threading
class Tcp(socketserver.ThreadingTCPServer): allow_reuse_address = True; daemon_threads = True
class Tcp6(Tcp): import socket; address_family = socket.AF_INET6
class Answer(socketserver.BaseRequestHandler):
    def handle(self): self.request.sendall(self.client_address[0].encode())
class Datagram(socketserver.BaseRequestHandler):
    def handle(self): self.request[1].sendto(b"answer", self.client_address)
servers = [Tcp6(("::", int(word)), Answer) for word in sys.argv[1:] if "." not in word]
servers += [socketserver.UDPServer((word, 53), Datagram) for word in sys.argv[1:] if "." in word]
threads = [threading.Thread(target=server.serve_forever) for server in servers]
for thread in threads: thread.start()
print("ready", flush=True)
"""
CALL = """
import socket, sys
kind, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
family = socket.AF_INET6 if ":" in address else socket.AF_INET
with socket.socket(family, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM) as s:
    s.settimeout(0.7)
    if len(sys.argv) > 4: s.bind((sys.argv[4], 0))
    s.connect((address, port))
    if kind == "udp": s.send(b"question")
    sys.exit(0 if s.recv(100) else 1)
"""


def run(*command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=check, capture_output=True, text=True, timeout=30, env=WITH_SBIN)


class Network:
    """Three namespaces, with nothing in them of this machine's own network."""

    def __init__(self, tag: str) -> None:
        self.host, self.container, self.outside = (f"{name}{tag}" for name in ("h", "c", "o"))
        self.servers: list[subprocess.Popen[str]] = []

    def inside(self, namespace: str, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return run("ip", "netns", "exec", namespace, *command, check=check)

    def build(self) -> None:
        for namespace in (self.host, self.container, self.outside):
            run("ip", "netns", "add", namespace)
            self.inside(
                namespace, "sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.all.accept_dad=0"
            )
            run("ip", "-n", namespace, "link", "set", "lo", "up")
        run("ip", "-n", self.host, "link", "add", "theta0", "type", "bridge")
        self.join(self.container, "eth0", "port0")
        run("ip", "-n", self.host, "link", "set", "port0", "master", "theta0")
        self.join(self.outside, "eth0", "ens5")
        self.address(self.host, "theta0", f"{HOST}/28", "fd99::1/64")
        self.address(self.host, "ens5", f"{BEYOND}/24", "fd98::1/64")
        self.address(self.container, "eth0", f"{CONTAINER}/28", "fd99::2/64")
        everything = (PUBLIC, RESOLVER, CLIENT, "10.9.0.9", *CLOSED.values())
        self.address(self.outside, "eth0", "203.0.113.2/24", "fd98::2/64", *(f"{a}/32" for a in everything))
        self.address(self.outside, "lo", f"{METADATA_V6}/128")
        run("ip", "-n", self.container, "route", "add", "default", "via", HOST)
        run("ip", "-n", self.container, "-6", "route", "add", "default", "via", "fd99::1")
        run("ip", "-n", self.host, "route", "add", "default", "via", "203.0.113.2")
        run("ip", "-n", self.host, "-6", "route", "add", "default", "via", "fd98::2")
        run("ip", "-n", self.outside, "route", "add", "198.18.255.240/28", "via", BEYOND)
        run("ip", "-n", self.outside, "-6", "route", "add", "fd99::/64", "via", "fd98::1")
        self.inside(self.host, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        for namespace, ports in (
            (self.outside, ("80", "53", *everything)),
            (self.host, ("80",)),
            (self.container, ("17888", "22")),
        ):
            self.serve(namespace, *ports)

    def settle(self) -> None:
        """A new bridge takes a moment until it passes the first packets, those of IPv6 above all."""
        for _ in range(20):
            if self.reaches(self.container, PUBLIC, 80) and self.reaches(self.container, METADATA_V6, 80):
                return
            time.sleep(0.5)
        pytest.fail("the namespaces do not reach each other even without the rules")

    def join(self, namespace: str, inner: str, outer: str) -> None:
        run("ip", "-n", self.host, "link", "add", outer, "type", "veth", "peer", "name", inner, "netns", namespace)

    def address(self, namespace: str, link: str, *addresses: str) -> None:
        run("ip", "-n", namespace, "link", "set", link, "up")
        if link == "theta0":
            run("ip", "-n", namespace, "link", "set", "port0", "up")
        for address in addresses:
            run("ip", "-n", namespace, "address", "add", address, "dev", link)

    def serve(self, namespace: str, *ports: str) -> None:
        command = ["ip", "netns", "exec", namespace, sys.executable, "-c", SERVER, *ports]
        started = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.servers.append(started)
        assert started.stdout
        assert started.stdout.readline() == "ready\n"

    def load(self, rules: str, directory: Path) -> None:
        file = directory / "firewall.nft"
        file.write_text(rules)
        self.inside(self.host, "nft", "--file", str(file))

    def clear(self) -> None:
        self.inside(self.host, "nft", "flush", "ruleset")

    def reaches(self, namespace: str, address: str, port: int, kind: str = "tcp", source: str = "") -> bool:
        command = [sys.executable, "-c", CALL, kind, address, str(port), *([source] if source else [])]
        return self.inside(namespace, *command, check=False).returncode == 0

    def close(self) -> None:
        for server in self.servers:
            server.kill()
            server.wait()
        for namespace in (self.host, self.container, self.outside):
            run("ip", "netns", "delete", namespace, check=False)


@pytest.fixture(scope="module")
def built(as_root: None) -> Iterator[Network]:
    network = Network(f"{os.getpid()}-{time.monotonic_ns() % 1000}")
    try:
        network.build()
        network.settle()
        yield network
    finally:
        network.close()


@pytest.fixture
def network(built: Network) -> Iterator[Network]:
    yield built
    built.clear()


LOOPBACK = AWS.but(network_cidrs=("192.0.2.0/24",)).files["/etc/nodeyard/firewall.nft"]
VPC = AWS.but(expose="vpc", expose_cidrs=("10.1.0.0/16",)).files["/etc/nodeyard/firewall.nft"]


@pytest.fixture
def closed(network: Network, tmp_path: Path) -> Network:
    network.load(LOOPBACK, tmp_path)
    return network


def test_without_the_rules_the_container_reaches_everything(network: Network) -> None:
    # Else none of the tests below would prove anything.
    for address in (*CLOSED.values(), PUBLIC, HOST, BEYOND, METADATA_V6):
        assert network.reaches(network.container, address, 80), address
    for address in (*CLOSED.values(), RESOLVER):
        assert network.reaches(network.container, address, 53, "udp"), address
        assert network.reaches(network.container, address, 53), address
    assert network.reaches(network.outside, CONTAINER, 17888, source="10.9.0.9")


@pytest.mark.parametrize("address", CLOSED.values(), ids=CLOSED)
def test_the_container_cannot_reach(closed: Network, address: str) -> None:
    assert not closed.reaches(closed.container, address, 80)
    # Nor by the port that its resolvers have.
    assert not closed.reaches(closed.container, address, 53)
    assert not closed.reaches(closed.container, address, 53, "udp")


def test_the_container_cannot_reach_metadata_over_ipv6(closed: Network) -> None:
    assert not closed.reaches(closed.container, METADATA_V6, 80)


@pytest.mark.parametrize("address", [HOST, BEYOND, "fd99::1"])
def test_the_container_cannot_reach_the_hosts_own_services(closed: Network, address: str) -> None:
    assert not closed.reaches(closed.container, address, 80)


def test_the_container_reaches_the_internet_and_its_resolvers(closed: Network) -> None:
    assert closed.reaches(closed.container, PUBLIC, 80)
    assert closed.reaches(closed.container, RESOLVER, 53, "udp")
    assert closed.reaches(closed.container, RESOLVER, 53)


def test_a_resolver_of_the_network_is_open_for_names_alone(network: Network, tmp_path: Path) -> None:
    # On Google Cloud the metadata service is the resolver, too.
    network.load(AWS.but(resolvers=("169.254.169.254",)).files["/etc/nodeyard/firewall.nft"], tmp_path)
    assert network.reaches(network.container, "169.254.169.254", 53, "udp")
    assert not network.reaches(network.container, "169.254.169.254", 80)


def test_the_host_reaches_the_node(closed: Network) -> None:
    assert closed.reaches(closed.host, CONTAINER, 17888)


def test_the_host_keeps_its_own_way_to_the_metadata(closed: Network) -> None:
    assert closed.reaches(closed.host, "169.254.169.254", 80)


@pytest.mark.parametrize("source", [CLIENT, PUBLIC])
def test_on_loopback_nobody_outside_reaches_the_node(closed: Network, source: str) -> None:
    assert not closed.reaches(closed.outside, CONTAINER, 17888, source=source)


def test_exposed_the_given_clients_reach_its_ports_and_get_their_answer(network: Network, tmp_path: Path) -> None:
    network.load(VPC, tmp_path)
    assert network.reaches(network.outside, CONTAINER, 17888, source=CLIENT)
    # No other port, and nobody else.
    assert not network.reaches(network.outside, CONTAINER, 22, source=CLIENT)
    assert not network.reaches(network.outside, CONTAINER, 17888, source="10.9.0.9")
    assert not network.reaches(network.outside, CONTAINER, 17888, source=PUBLIC)


def test_exposed_a_client_gets_there_by_the_machines_own_address(network: Network, tmp_path: Path) -> None:
    # What Docker does with a published port; the answer goes back the same way.
    network.load(VPC, tmp_path)
    rule = f"-t nat -A PREROUTING -d {BEYOND} -p tcp --dport 17888 -j DNAT --to-destination {CONTAINER}:17888"
    network.inside(network.host, "iptables", *rule.split())
    assert network.reaches(network.outside, BEYOND, 17888, source=CLIENT)
    assert not network.reaches(network.outside, BEYOND, 17888, source="10.9.0.9")


def test_exposed_the_container_still_cannot_call_its_clients(network: Network, tmp_path: Path) -> None:
    network.load(VPC, tmp_path)
    assert not network.reaches(network.container, CLIENT, 80)


def test_what_docker_does_to_its_own_chains_changes_nothing(closed: Network) -> None:
    for command in ("iptables -P FORWARD ACCEPT", "iptables -F", "iptables -I FORWARD -j ACCEPT", "iptables -t nat -F"):
        closed.inside(closed.host, *command.split())
    assert not closed.reaches(closed.container, "169.254.169.254", 80)


def test_loading_the_rules_again_replaces_them(closed: Network, tmp_path: Path) -> None:
    before = closed.inside(closed.host, "nft", "--stateless", "list", "table", "inet", "nodeyard").stdout
    closed.load(LOOPBACK, tmp_path)
    after = closed.inside(closed.host, "nft", "--stateless", "list", "table", "inet", "nodeyard").stdout
    assert before == after
    assert not closed.reaches(closed.container, "169.254.169.254", 80)


def test_the_rules_name_every_range_that_is_closed() -> None:
    assert all(cidr in LOOPBACK for cidr in FORBIDDEN)
    assert "192.0.2.0/24" in LOOPBACK
