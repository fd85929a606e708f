"""Which addresses are taken, against everything that has ever been used to get around that."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from urllib3.util import parse_url

from calsync.delivery.addresses import (
    AddressFault,
    UnfitAddress,
    check_url,
    is_allowed,
    resolve,
)
from tests.delivery.receiver import Names

PUBLIC = ["93.184.215.14", "8.8.8.8", "2606:4700:4700::1111", "2a00:1450:4001:80b::200e"]
PRIVATE = [
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "::1",
    "fc00::1",
    "fd12:3456:789a::1",
]
NEVER = [
    "0.0.0.0",  # noqa: S104
    "0.1.2.3",
    "100.100.100.200",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "3fff::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]

HOSTILE = {
    "": AddressFault.CHARACTERS,
    "psa.example": AddressFault.SCHEME,
    "//psa.example/": AddressFault.SCHEME,
    "http://psa.example/": AddressFault.SCHEME,
    "ftp://psa.example/": AddressFault.SCHEME,
    "file:///etc/passwd": AddressFault.SCHEME,
    "gopher://psa.example/_x": AddressFault.SCHEME,
    "javascript:alert(1)": AddressFault.SCHEME,
    "https:psa.example": AddressFault.HOST,
    "https://": AddressFault.HOST,
    "https:///hook": AddressFault.HOST,
    "https://user@psa.example/": AddressFault.USERINFO,
    "https://user:pass@psa.example/": AddressFault.USERINFO,
    "https://psa.example@169.254.169.254/": AddressFault.USERINFO,
    "https://@psa.example/": AddressFault.USERINFO,
    "https://psa.example/#top": AddressFault.FRAGMENT,
    "https://psa.example/#": AddressFault.FRAGMENT,
    "https://psa.example#@10.0.0.1/": AddressFault.FRAGMENT,
    "https://psa.example:0/": AddressFault.PORT,
    "https://psa.example:/": AddressFault.PORT,
    "https://psa.example:22/": AddressFault.PORT,
    "https://psa.example:25/": AddressFault.PORT,
    "https://psa.example:65536/": AddressFault.PORT,
    "https://psa.example:-1/": AddressFault.PORT,
    "https://psa.example:4_43/": AddressFault.PORT,
    "https://psa.example:+443/": AddressFault.PORT,
    "https://psa.example:443:443/": AddressFault.PORT,
    "https://psa.example./": AddressFault.HOST,
    "https://.psa.example/": AddressFault.HOST,
    "https://psa..example/": AddressFault.HOST,
    "https://-psa.example/": AddressFault.HOST,
    "https://psa-.example/": AddressFault.HOST,
    "https://psa_1.example/": AddressFault.HOST,
    "https://*.example/": AddressFault.HOST,
    "https://psa%2eexample/": AddressFault.HOST,
    "https://psa.example%00.evil.example/": AddressFault.HOST,
    f"https://{'a' * 64}.example/": AddressFault.HOST,
    f"https://{'a.' * 126}example/": AddressFault.HOST,
    "https://2130706433/": AddressFault.HOST,
    "https://0x7f000001/": AddressFault.HOST,
    "https://0x7f.0x0.0x0.0x1/": AddressFault.HOST,
    "https://0177.0.0.1/": AddressFault.HOST,
    "https://127.1/": AddressFault.HOST,
    "https://127.0.1/": AddressFault.HOST,
    "https://127.0.0.1./": AddressFault.HOST,
    "https://127.0.0.01/": AddressFault.HOST,
    "https://127.0.0.0x1/": AddressFault.HOST,
    "https://256.256.256.256/": AddressFault.HOST,
    "https://1.2.3.4.5/": AddressFault.HOST,
    "https://psa.0x/": AddressFault.HOST,
    "https://[::1/": AddressFault.HOST,
    "https://[::1]evil.example/": AddressFault.HOST,
    "https://[127.0.0.1]/": AddressFault.HOST,
    "https://[psa.example]/": AddressFault.HOST,
    "https://[v1.x]/": AddressFault.HOST,
    "https://[dead.beef]/": AddressFault.HOST,
    "https://x[::1]/": AddressFault.HOST,
    "https://[fe80::1%25eth0]/": AddressFault.HOST,
    "https://localhost/": AddressFault.PRIVATE,
    "https://metadata/": AddressFault.PRIVATE,
    "https://127.0.0.1/": AddressFault.PRIVATE,
    "https://169.254.169.254/latest/meta-data/": AddressFault.PRIVATE,
    "https://[::1]/": AddressFault.PRIVATE,
    "https://[::ffff:127.0.0.1]/": AddressFault.PRIVATE,
    "https://[::ffff:8.8.8.8]/": AddressFault.PRIVATE,
    "https://[0:0:0:0:0:ffff:7f00:1]/": AddressFault.PRIVATE,
    "https://[64:ff9b::7f00:1]/": AddressFault.PRIVATE,
    "https://[fd00::1]/": AddressFault.PRIVATE,
    "https://bücher.example/": AddressFault.CHARACTERS,
    "https://psa。example/": AddressFault.CHARACTERS,
    "https://①②⑦.⓪.⓪.①/": AddressFault.CHARACTERS,
    "https://١٢٧.0.0.1/": AddressFault.CHARACTERS,
    "https://psa.example\\@10.0.0.1/": AddressFault.CHARACTERS,
    "https:\\\\psa.example/": AddressFault.CHARACTERS,
    " https://psa.example/": AddressFault.CHARACTERS,
    "https://psa.example/ ": AddressFault.CHARACTERS,
    "https://psa.exa\tmple/": AddressFault.CHARACTERS,
    "https://psa.example/\r\nX-Canary: 1": AddressFault.CHARACTERS,
    "https://psa.example/\x00": AddressFault.CHARACTERS,
    "https://psa.example/\x7f": AddressFault.CHARACTERS,
    "https://psa.example/" + "a" * 2048: AddressFault.TOO_LONG,
}

FIT = [
    "https://psa.example",
    "https://psa.example/hooks/in?tenant=7&token=x/y:z@w",
    "HTTPS://PSA.Example:8443/",
    "https://psa.example:443/",
    "https://xn--bcher-kva.example/",
    "https://a-1.b2.example/",
    "https://8.8.8.8/",
    "https://[2606:4700:4700::1111]:8443/",
]


def fault_of(url: str, *, allow_private: bool = False) -> AddressFault | None:
    """Return what is wrong with ``url``, having seen that the error quotes nothing of it."""
    fault = None
    try:
        check_url(url, allow_private=allow_private)
    except UnfitAddress as unfit:
        fault = unfit
    if fault is None:
        return None
    assert fault.__cause__ is fault.__context__ is None
    assert str(fault) == f"The address cannot be used: {fault.code}."
    return fault.code


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_address_is_refused_and_told_why(url):
    assert fault_of(url) is HOSTILE[url]


@pytest.mark.parametrize("url", FIT)
def test_an_ordinary_address_is_taken(url):
    assert fault_of(url) is None


def test_a_house_of_its_own_may_use_http_and_short_names():
    for url in (
        "http://127.0.0.1:5000/",
        "http://psa/",
        "http://localhost:80/",
        "https://10.0.0.1",
    ):
        assert fault_of(url, allow_private=True) is None
        assert fault_of(url) is not None


@pytest.mark.parametrize("url", [u for u, f in HOSTILE.items() if f is not AddressFault.PRIVATE])
def test_odd_forms_are_refused_in_a_house_of_its_own_too(url):
    wanted = HOSTILE[url] if url != "http://psa.example/" else None
    assert fault_of(url, allow_private=True) is wanted


PIECES = st.sampled_from(
    [*"/:@?#[].%\\ \t-_a1", "https", "://", "psa.example", "127.0.0.1", "0x7f", "::1", "443", "é"]
)


@given(st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=30), st.booleans())
@example("//x", True)
def test_an_address_that_is_taken_means_the_same_to_another_reader(rest, allow_private):
    url = "https://" + rest
    if fault_of(url, allow_private=allow_private) is None:
        other = parse_url(url)
        again = url.split("//", 1)[1].replace("?", "/").split("/")[0].lower()
        assert other.auth is None
        assert other.netloc.lower() == again
        assert other.host.strip("[]") in again


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_open(address):
    assert is_allowed(ip_address(address), allow_private=False)


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_inside_a_house_are_open_only_where_that_is_set(address):
    assert not is_allowed(ip_address(address), allow_private=False)
    assert is_allowed(ip_address(address), allow_private=True)


@pytest.mark.parametrize("address", NEVER)
def test_metadata_and_disguised_addresses_are_never_open(address):
    assert not is_allowed(ip_address(address), allow_private=False)
    assert not is_allowed(ip_address(address), allow_private=True)


@given(st.ip_addresses())
def test_what_python_calls_not_public_is_refused(address):
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert not is_allowed(address, allow_private=False)


@given(st.ip_addresses(v=4))
def test_no_ipv6_disguise_opens_an_ipv4_address(inner):
    number = int(inner)
    disguises = [
        number,  # ::a.b.c.d
        (0xFFFF << 32) | number,  # ::ffff:a.b.c.d
        (0x0064_FF9B << 96) | number,  # NAT64
        (0x2002 << 112) | (number << 80),  # 6to4
        (0x2001_0000 << 96) | (number ^ 0xFFFF_FFFF),  # Teredo
    ]
    for disguise in disguises:
        if disguise != 1:  # ::1 is loopback itself
            assert not is_allowed(IPv6Address(disguise), allow_private=True)


def test_a_name_is_looked_up_once_and_every_answer_kept_in_order():
    names = Names((PUBLIC[2], PUBLIC[0], PUBLIC[2]))
    found = resolve("psa.example", 443, allow_private=False, resolver=names)
    assert found == (IPv6Address(PUBLIC[2]), IPv4Address(PUBLIC[0]))
    assert names.asked == ["psa.example"]


@pytest.mark.parametrize("bad", PRIVATE + NEVER)
def test_one_refused_answer_refuses_the_name(bad):
    for answers in ((PUBLIC[0], bad), (bad, PUBLIC[0])):
        with pytest.raises(UnfitAddress) as raised:
            resolve("psa.example", 443, allow_private=False, resolver=Names(answers))
        assert raised.value.code is AddressFault.PRIVATE


def fail_to_find(*_: object, **__: object) -> list[object]:
    raise socket.gaierror(socket.EAI_NONAME, "canary")


def answer_nonsense(*_: object, **__: object) -> list[object]:
    return [(0, 0, 0, "", ("canary", 443))]


@pytest.mark.parametrize("resolver", [Names(()), fail_to_find, answer_nonsense])
def test_a_name_without_an_address_is_unknown(resolver):
    with pytest.raises(UnfitAddress) as raised:
        resolve("psa.example", 443, allow_private=True, resolver=resolver)
    assert raised.value.code is AddressFault.UNKNOWN_HOST
    assert raised.value.__context__ is None
