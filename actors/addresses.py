"""Which addresses a photo may be fetched from."""

import ipaddress

_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
_REFUSED = [
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure's wire server
        "192.0.0.0/24",  # IETF assignments; a metadata service at Oracle
        "64:ff9b:1::/48",  # NAT64 for local use, RFC 8215
        "fec0::/10",  # site-local, deprecated
        "::/96",  # IPv4-compatible, deprecated
    )
]


def is_public(address: str) -> bool:
    """Say whether an IP address belongs to the public internet, also the IPv4 address inside an IPv6 one."""
    ip = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inside = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inside is None and ip in _NAT64:
            inside = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inside is not None:
            return is_public(str(inside))
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _REFUSED)
