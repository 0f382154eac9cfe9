"""Where nobody may make this house speak: RELIABILITY R-53."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from common.egress import Egress, Refused, is_public

PUBLIC = ["93.184.215.14", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "2002:0808:0808::1", "64:ff9b::808:808"]
NOT_PUBLIC = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "203.0.113.7", "224.0.0.1", "239.1.1.1", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "2002:7f00:1::", "2002:a00:1::",
    "2001:0:53aa:64c::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "2001:db8::1",
]  # fmt: skip


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_one(text):
    assert is_public(ip_address(text))


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_an_address_that_is_not_everybodys_is_refused_whatever_its_disguise(text):
    assert not is_public(ip_address(text))
    with pytest.raises(Refused):
        Egress().choose(Egress().target("https://hooks.example.org/"), [text])


def test_a_name_that_leads_to_a_public_and_a_private_address_is_refused():
    with pytest.raises(Refused, match=r"leads to 10\.0\.0\.1, which is not a public address"):
        Egress().choose(Egress().target("https://hooks.example.org/"), ["8.8.8.8", "10.0.0.1"])


def test_a_name_without_an_address_is_refused():
    with pytest.raises(Refused):
        Egress().choose(Egress().target("https://hooks.example.org/"), [])


@pytest.mark.parametrize("text", ["10.20.0.1", "::ffff:10.20.0.1"])
def test_a_network_of_ones_own_is_open_by_http_too(text):
    egress = Egress((ip_network("10.20.0.0/16"),), frozenset({80, 443}))
    for scheme in ("http", "https"):
        assert egress.choose(egress.target(f"{scheme}://crm.internal/"), [text]) == [ip_address(text)]


def test_beyond_it_http_and_private_addresses_stay_shut():
    egress = Egress((ip_network("10.20.0.0/16"),), frozenset({80, 443}))
    for scheme, text in (("http", "8.8.8.8"), ("https", "10.21.0.1")):
        with pytest.raises(Refused):
            egress.choose(egress.target(f"{scheme}://crm.internal/"), [text])


@pytest.mark.parametrize(
    "url",
    [
        "", "hooks.example.org", "//hooks.example.org/", "ftp://hooks.example.org/", "file:///etc/passwd",
        "gopher://hooks.example.org/", "https://", "https:///path", "https://user@hooks.example.org/",
        "https://user:word@hooks.example.org/", "https://hooks.example.org:22/", "https://hooks.example.org:5432/",
        "https://hooks.example.org:0/", "https://hooks.example.org:99999/", "https://hooks.example.org:https/",
        "https://hooks.example.org/#part", "https://hooks.example.org/a b", "https://hooks.example.org/\r\nHost: x",
        "https://hooks.example.org\\@10.0.0.1/", "https://hooks.example.org/é", "https://[::1", "http://hooks.example.org/",
        "https://" + "a" * 64 + ".example.org/", "https://hooks.example.org/" + "a" * 500, "javascript:alert(1)",
    ],
)  # fmt: skip
def test_an_address_that_is_no_plain_https_url_at_an_open_port_is_refused(url):
    with pytest.raises(Refused):
        Egress().target(url)


def test_the_refusal_of_a_port_names_the_open_ones_and_the_setting():
    with pytest.raises(Refused, match=r"Port 9999 .* \(443, 4088\).* SHOPKEEPER_WEBHOOK_PORTS"):
        Egress(ports=frozenset({4088, 443})).target("https://hooks.example.org:9999/")


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "authority"),
    [
        ("https://Hooks.Example.org", "hooks.example.org", 443, "/", "hooks.example.org"),
        ("https://hooks.example.org:443/a?b=1", "hooks.example.org", 443, "/a?b=1", "hooks.example.org"),
        ("https://hooks.example.org:8443/a", "hooks.example.org", 8443, "/a", "hooks.example.org:8443"),
        ("https://bücher.example/", "xn--bcher-kva.example", 443, "/", "xn--bcher-kva.example"),
        ("https://[2606:2800::1]:8443/x", "2606:2800::1", 8443, "/x", "[2606:2800::1]:8443"),
    ],
)
def test_the_parts_of_an_address(url, host, port, path, authority):
    target = Egress(ports=frozenset({443, 8443})).target(url)
    assert (target.host, target.port, target.path, target.authority) == (host, port, path, authority)
