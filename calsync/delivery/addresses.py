"""Which addresses a message may go to, so that nobody makes us call our own network.

The address is somebody else's text. It is judged twice: as a text when a person enters it,
and as numbers each time a message is sent, since a name may point elsewhere tomorrow.
"""

import re
import socket
from collections.abc import Callable, Sequence
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, urlsplit

from calsync.errors import UserError

IpAddress = IPv4Address | IPv6Address
#: Something that looks names up as socket.getaddrinfo does.
Resolver = Callable[..., Sequence[tuple[Any, Any, Any, Any, Any]]]

LONGEST_URL = 2048

#: Networks inside a house: open to those who set the product up for that.
_PRIVATE = tuple(
    map(
        ip_network,
        (
            "10.0.0.0/8",
            "100.64.0.0/10",  # carrier-grade NAT
            "127.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "::1/128",
            "fc00::/7",  # unique local
        ),
    )
)
#: What nobody's PSA lives at. Source: IANA's registries of special-purpose addresses.
_NEVER = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # reaches this machine
            "100.100.100.200/32",  # metadata of a cloud (Alibaba)
            "168.63.129.16/32",  # the host's own services (Azure), though it looks public
            "169.254.0.0/16",  # link-local; metadata of most clouds
            "192.0.0.0/24",
            "192.0.2.0/24",  # documentation
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "192.88.99.0/24",  # relays of 6to4
            "198.18.0.0/15",  # benchmarks
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved; broadcast
            "2001::/23",  # protocols, Teredo among them
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: an IPv4 address in disguise
            "3fff::/20",  # documentation
            "fd00:ec2::/32",  # metadata of a cloud (Amazon)
        ),
    )
)
#: The public part of IPv6. Mapped addresses, NAT64, link-local and multicast lie outside.
_PUBLIC_IPV6 = ip_network("2000::/3")

#: A host, in brackets or not, and a port. urlsplit overlooks what stands behind a bracket.
_NETLOC = re.compile(
    r"(?:\[(?P<ipv6>[0-9a-f:.]+)\]|(?P<host>[a-z0-9.-]+))(?::[0-9]+)?",
    re.IGNORECASE | re.ASCII,
)
_VISIBLE = re.compile(r"[!-\[\]-~]+", re.ASCII)
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)


class AddressFault(StrEnum):
    """What is wrong with an address; the page has a sentence for each."""

    TOO_LONG = "too_long"
    CHARACTERS = "characters"
    SCHEME = "scheme"
    USERINFO = "userinfo"
    FRAGMENT = "fragment"
    HOST = "host"
    PORT = "port"
    PRIVATE = "private"
    UNKNOWN_HOST = "unknown_host"


class UnfitAddress(UserError):
    """No message goes there; ``code`` says why."""

    def __init__(self, code: AddressFault) -> None:
        super().__init__(f"The address cannot be used: {code}.")
        self.code = code


def check_url(url: str, *, allow_private: bool) -> None:
    """Raise UnfitAddress unless a message may be sent to ``url``, as far as its text tells.

    Without ``https`` only where private addresses are allowed. No name is looked up here:
    ``resolve`` judges what it stands for.
    """
    if len(url) > LONGEST_URL:
        raise UnfitAddress(AddressFault.TOO_LONG)
    # Before anything is taken apart: urlsplit drops tabs and line breaks without a word,
    # and a backslash is a slash to some and a letter to others.
    if not _VISIBLE.fullmatch(url):
        raise UnfitAddress(AddressFault.CHARACTERS)
    if "#" in url:
        raise UnfitAddress(AddressFault.FRAGMENT)
    parts = _take_apart(url)
    if parts.scheme not in (("https", "http") if allow_private else ("https",)):
        raise UnfitAddress(AddressFault.SCHEME)
    if "@" in parts.netloc:
        raise UnfitAddress(AddressFault.USERINFO)
    _check_port(parts)
    _check_host(parts, allow_private=allow_private)


def resolve(
    host: str, port: int, *, allow_private: bool, resolver: Resolver = socket.getaddrinfo
) -> tuple[IpAddress, ...]:
    """Return the addresses of ``host``, looked up once, in the order to be tried.

    Raises UnfitAddress where there are none, or where any of them is refused: a name that
    also points into our network is not to be trusted with the rest.
    """
    try:
        answers = resolver(host, port, type=socket.SOCK_STREAM)
        addresses = tuple(dict.fromkeys(ip_address(answer[4][0]) for answer in answers))
    except (OSError, ValueError):
        addresses = ()
    if not addresses:
        raise UnfitAddress(AddressFault.UNKNOWN_HOST)
    if not all(is_allowed(address, allow_private=allow_private) for address in addresses):
        raise UnfitAddress(AddressFault.PRIVATE)
    return addresses


def is_allowed(address: IpAddress, *, allow_private: bool) -> bool:
    """Tell whether a connection may be made to ``address``.

    Metadata services and link-local addresses stay closed even where private ones are open.
    """
    if any(address in network for network in _NEVER):
        return False
    if any(address in network for network in _PRIVATE):
        return allow_private
    return address.version == 4 or address in _PUBLIC_IPV6


def _take_apart(url: str) -> SplitResult:
    """Split ``url``; raise outside the ``except``, for the words of that error quote it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = None
    if parts is None:
        raise UnfitAddress(AddressFault.HOST)
    return parts


def _check_port(parts: SplitResult) -> None:
    try:
        port = parts.port
    except ValueError:
        port = 0
    # The low ports but for the web's own belong to other services, which are not to be poked.
    if parts.netloc.endswith(":") or not (port in (None, 80, 443) or port >= 1024):
        raise UnfitAddress(AddressFault.PORT)


def _check_host(parts: SplitResult, *, allow_private: bool) -> None:
    match = _NETLOC.fullmatch(parts.netloc)
    if not match:
        raise UnfitAddress(AddressFault.HOST)
    host = parts.hostname or ""
    literal = _literal(host)
    if literal and (literal.version == 6) == bool(match["ipv6"]):
        is_open = is_allowed(literal, allow_private=allow_private)
    elif match["host"] and _is_name(host):
        # A name without a dot is known to our own network only.
        is_open = allow_private or "." in host
    else:
        raise UnfitAddress(AddressFault.HOST)
    if not is_open:
        raise UnfitAddress(AddressFault.PRIVATE)


def _literal(host: str) -> IpAddress | None:
    """Return the address that ``host`` spells out in the plain way, or None."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_name(host: str) -> bool:
    """Tell whether ``host`` is a name and nothing that a resolver takes for a number.

    What ends in a number is an IPv4 address to a resolver, in decimal, octal, hexadecimal
    or shortened, though it does not look like one.
    """
    labels = host.split(".")
    return (
        len(host) <= 253
        and all(_LABEL.fullmatch(label) for label in labels)
        and not _NUMBER.fullmatch(labels[-1])
    )
