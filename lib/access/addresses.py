"""The network that an address belongs to, as limits count it."""

import ipaddress


def network(address: str) -> str:
    """
    Return the network of an address: an IPv4 address itself, or the /64 of an IPv6 address.

    A client with one IPv6 address usually has all of its /64.

    >>> network("192.0.2.1"), network("2001:db8::1:2:3:4")
    ('192.0.2.1', '2001:db8::/64')
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))
