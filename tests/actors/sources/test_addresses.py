"""One table of what is refused and of its neighbours that pass."""

import pytest

from actors.sources.addresses import is_public

# what it is, the first and the last of it, and public addresses right before and right behind
RANGES = [
    ("unspecified, this network", "0.0.0.0", "0.255.255.255", "", "1.0.0.0"),
    ("private", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"),
    ("carriers' NAT, Alibaba's metadata", "100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"),
    ("loopback", "127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"),
    ("Azure's wire server", "168.63.129.16", "168.63.129.16", "168.63.129.15", "168.63.129.17"),
    ("link-local, metadata", "169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"),
    ("private", "172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"),
    ("IETF, Oracle's metadata", "192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"),
    ("documentation", "192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"),
    ("6to4 relays", "192.88.99.0", "192.88.99.255", "192.88.98.255", "192.88.100.0"),
    ("private", "192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"),
    ("benchmarks", "198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"),
    ("documentation", "198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"),
    ("documentation", "203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"),
    ("multicast, reserved, broadcast", "224.0.0.0", "255.255.255.255", "223.255.255.255", ""),
    ("all of IPv6 that nobody was given", "::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", "2000::"),
    ("Teredo, ORCHID, IETF", "2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2000:ffff::", "2001:200::"),
    ("documentation", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db7::", "2001:db9::"),
    ("6to4", "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:ffff::", "2003::"),
    ("documentation", "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3ffe:ffff::", "3fff:1000::"),
    ("ULA, link-local, site-local, multicast", "4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:ffff::", ""),
]
INSIDE = [
    ("metadata of AWS, Google, Azure", "169.254.169.254"),
    ("metadata of AWS over IPv6", "fd00:ec2::254"),
    ("metadata of Alibaba", "100.100.100.200"),
    ("metadata of Oracle", "192.0.0.192"),
    ("loopback", "::1"),
    ("link-local, and with its zone", "fe80::1"),
    ("link-local, and with its zone", "fe80::1%eth0"),
    ("site-local", "fec0::1"),
    ("multicast", "ff02::1"),
    ("IPv4-mapped", "::ffff:127.0.0.1"),
    ("IPv4-mapped", "::ffff:a9fe:a9fe"),
    ("IPv4-compatible", "::127.0.0.1"),
    ("IPv4-compatible, of a public one", "::8.8.8.8"),
    ("IPv4-translated", "::ffff:0:127.0.0.1"),
    ("NAT64", "64:ff9b::10.0.0.1"),
    ("NAT64", "64:ff9b::a9fe:a9fe"),
    ("NAT64 for local use", "64:ff9b:1::8.8.8.8"),
    ("6to4", "2002:7f00:1::"),
    ("6to4, of a public one", "2002:808:808::1"),
    ("Teredo", "2001:0:4136:e378:8000:63bf:80ff:fffe"),
    ("Teredo, of a public one", "2001:0:808:808::f7f7:f7f7"),
    ("segment routing", "5f00::1"),
    ("discard", "100::1"),
]
PUBLIC = [
    ("IPv4", "1.1.1.1"),
    ("IPv4", "93.184.216.34"),
    ("IPv6", "2606:4700::1111"),
    ("IPv6", "2a00:1450:4001:82a::200e"),
    ("IPv4-mapped", "::ffff:1.1.1.1"),
    ("NAT64", "64:ff9b::1.1.1.1"),
]


@pytest.mark.parametrize(("what", "first", "last", "before", "behind"), RANGES)
def test_ranges_end_where_they_end(what: str, first: str, last: str, before: str, behind: str) -> None:
    assert [is_public(address) for address in (first, last)] == [False, False], what
    assert [is_public(address) for address in (before, behind) if address] == [True] * (bool(before) + bool(behind))


@pytest.mark.parametrize(("what", "address"), INSIDE)
def test_every_dress_of_what_is_inside_is_seen_through(what: str, address: str) -> None:
    assert not is_public(address), what


@pytest.mark.parametrize(("what", "address"), PUBLIC)
def test_their_public_twins_pass(what: str, address: str) -> None:
    assert is_public(address), what
