"""The IP addresses from which a photo may be fetched."""

import ipaddress

_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: IPv4 addresses for networks without IPv4
_UNICAST = ipaddress.ip_network("2000::/3")  # all IPv6 that is allocated; the rest is special or reserved
_REFUSED = [
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure's wire server
        "192.0.0.0/24",  # IETF assignments; a metadata service at Oracle
        "192.88.99.0/24",  # relays of 6to4, deprecated
        "2001::/23",  # IETF assignments: Teredo, benchmarks, ORCHID; no host of photos
        "2002::/16",  # 6to4, deprecated: an IPv4 address inside
        "3fff::/20",  # documentation, RFC 9637
    )
]


def is_public(address: str) -> bool:
    """Say whether an IP address is public; an IPv6 address that contains an IPv4 address is judged by that."""
    ip = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inside = ip.ipv4_mapped or (ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None)
        if inside is not None:
            return is_public(str(inside))
        if ip not in _UNICAST:
            return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _REFUSED)
