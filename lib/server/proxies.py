"""
Trusts the forwarding headers of the proxies in the settings only. Monkeypatches uvicorn.

Uvicorn trusts `X-Forwarded-For` and `X-Forwarded-Proto` from every process on this machine, or from the
addresses in `FORWARDED_ALLOW_IPS`, and replaces a request's address before our code runs. Its
configuration is complete when this app is imported, and it wraps the app afterwards; so we replace
its wrapper.
"""

from collections.abc import Sequence
from ipaddress import IPv4Network, ip_network

from uvicorn import config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from lib.settings import SettingsError

#: The name of the wrapper in uvicorn's configuration.
_WRAPPER = "ProxyHeadersMiddleware"


def trust(proxies: Sequence[str]) -> None:
    """
    Trust the headers of these addresses and networks, in this process.

    The address of a request is then the right-most one that belongs to no trusted proxy. Raises
    SettingsError if uvicorn has no such wrapper: it would trust every process on this machine.
    """
    if not hasattr(config, _WRAPPER):
        raise SettingsError("This version of uvicorn cannot be set to trust certain proxies only.")
    setattr(config, _WRAPPER, wrapper(proxies))


def wrapper(proxies: Sequence[str]) -> object:
    """Return a wrapper like uvicorn's that trusts *proxies*, whatever the configuration says."""
    trusted = [form for each in proxies for form in _forms(each)]

    def wrap(app: object, trusted_hosts: object = ()) -> ProxyHeadersMiddleware:
        return ProxyHeadersMiddleware(app, trusted_hosts=trusted)  # type: ignore[arg-type]

    return wrap


def _forms(proxy: str) -> list[str]:
    """Return a network in both notations: a dual-stack server sees IPv4 within IPv6."""
    network = ip_network(proxy)
    if not isinstance(network, IPv4Network):
        return [str(network)]
    return [str(network), f"::ffff:{network.network_address}/{96 + network.prefixlen}"]
