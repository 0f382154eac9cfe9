"""Where this house may speak when somebody else chose the URL (RELIABILITY R-53): public addresses, https, known ports.

The address is judged when it is known, just before the connection is made; a URL that looks harmless may lead anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

DEFAULT_PORTS = {"https": 443, "http": 80}
LONGEST = 500  # characters of a URL
# ways to write an IPv4 address inside an IPv6 one: the last four bytes of NAT64 (RFC 6052), bytes 2 to 5 of 6to4
_NAT64 = ip_network("64:ff9b::/96")
_LOCAL_NAT64 = ip_network("64:ff9b:1::/48")  # RFC 8215: whatever the operator put there
_COMPATIBLE = ip_network("::/96")  # RFC 4291, given up long ago
_PROTOCOLS = (ip_network("192.0.0.0/24"), ip_network("192.88.99.0/24"), ip_network("2001::/23"))  # nobody's own


class Refused(Exception):
    """Nothing is sent there; the text says why, in words that may be shown."""


@dataclass(frozen=True)
class Target:
    """A URL taken apart: what is connected to, and what is asked for there."""

    scheme: str
    host: str  # as a name of the DNS (A-labels), or an address
    port: int
    path: str  # with the query

    @property
    def authority(self) -> str:
        """For the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True)
class Egress:
    """Which networks and ports are open. `allowed`: networks of one's own that may be spoken to all the same, by http
    too; every other address must be public, and spoken to by https."""

    allowed: tuple[Network, ...] = ()
    ports: frozenset[int] = frozenset({443})

    @classmethod
    def from_settings(cls) -> Egress:
        return cls(tuple(map(ip_network, settings.WEBHOOK_NETWORKS)), frozenset(settings.WEBHOOK_PORTS))

    def target(self, url: str) -> Target:
        """The parts of `url`. Raises Refused for what is no plain http(s) URL or names a port that is not open."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise Refused("This is not an address that can be sent to.") from error
        _check(url, parts)
        target = Target(
            scheme=parts.scheme,
            host=_host(parts.hostname or ""),
            port=DEFAULT_PORTS[parts.scheme] if port is None else port,
            path=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        )
        if target.port not in self.ports:
            allowed = ", ".join(map(str, sorted(self.ports)))
            raise Refused(
                f"Port {target.port} is not among the ports that may be sent to ({allowed}); the setting"
                " SHOPKEEPER_WEBHOOK_PORTS names them."
            )
        return target

    def choose(self, target: Target, addresses: Iterable[str]) -> list[Address]:
        """The addresses that the name led to, if all of them may be spoken to. Raises Refused otherwise: a name that
        leads to a public and to a private address is somebody's trick."""
        found = [ip_address(text.partition("%")[0]) for text in addresses]
        if not found:
            raise Refused(f"{target.host} has no address.")
        for address in found:
            own = self._is_allowed(address)
            if not own and not is_public(address):
                raise Refused(f"{target.host} leads to {address}, which is not a public address.")
            if not own and target.scheme != "https":
                raise Refused("Only https may be used for public addresses.")
        return found

    def _is_allowed(self, address: Address) -> bool:
        seen = embedded(address)
        return any(seen in network for network in self.allowed if network.version == seen.version)


def embedded(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, if it does; else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour or address
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_public(address: Address) -> bool:
    """Reachable by everybody, and one receiver's alone: no private, loopback, link-local (where clouds keep their
    metadata), shared, reserved, documentation or multicast address, in whatever disguise."""
    seen = embedded(address)
    if any(seen in network for network in (*_PROTOCOLS, _LOCAL_NAT64) if network.version == seen.version):
        return False
    if isinstance(seen, IPv6Address) and seen.is_site_local:
        return False
    return seen.is_global and not (seen.is_multicast or seen.is_reserved or seen.is_unspecified)


def _check(url: str, parts: SplitResult) -> None:
    if len(url) > LONGEST:
        raise Refused(f"The address is longer than {LONGEST} characters.")
    if parts.scheme not in DEFAULT_PORTS:
        raise Refused("The address must begin with https://.")
    if parts.username is not None or parts.password is not None:
        raise Refused("Leave name and password out of the address; deliveries are signed.")
    if "#" in url:
        raise Refused("Leave out the # and what follows it.")
    plain = url.replace(parts.netloc, "", 1)
    if not plain.isascii() or any(letter <= " " or letter in '\\"<>^`{|}\x7f' for letter in url):
        raise Refused("Write the address as it is sent: without spaces, letters with accents percent-encoded.")


def _host(name: str) -> str:
    try:
        host = name if ":" in name else name.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise Refused("The name of the server cannot be read.") from error
    if not host:
        raise Refused("The address names no server.")
    return host
