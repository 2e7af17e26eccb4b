"""
Which proxies are believed when they say where a request came from.

Uvicorn believes `X-Forwarded-For` and `X-Forwarded-Proto` from every process on this machine, or from
whatever `FORWARDED_ALLOW_IPS` names, and replaces a request's address before any code of ours sees it.
It has made its configuration by the time this app is read, and wraps the app afterwards: so its
wrapper is replaced by one that believes the proxies of a setting, and nobody else.
"""

from collections.abc import Sequence
from ipaddress import IPv4Network, ip_network

from uvicorn import config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from lib.settings import SettingsError

#: The name of the wrapper in uvicorn's configuration.
_WRAPPER = "ProxyHeadersMiddleware"


def believe(proxies: Sequence[str]) -> None:
    """
    Believe the headers of these addresses and networks from now on, in this process.

    The address of a request is then the right-most one that is none of theirs. Raises SettingsError
    where uvicorn cannot be told so: it would believe what anybody at this machine says.
    """
    if not hasattr(config, _WRAPPER):
        raise SettingsError("This version of uvicorn cannot be told which proxies to trust.")
    setattr(config, _WRAPPER, wrapper(proxies))


def wrapper(proxies: Sequence[str]) -> object:
    """Return what wraps an app as uvicorn does, whatever else it is told to trust."""
    trusted = [form for each in proxies for form in _forms(each)]

    def wrap(app: object, trusted_hosts: object = ()) -> ProxyHeadersMiddleware:
        return ProxyHeadersMiddleware(app, trusted_hosts=trusted)  # type: ignore[arg-type]

    return wrap


def _forms(proxy: str) -> list[str]:
    """Return a network as it may appear: a server on both protocols sees IPv4 within IPv6."""
    network = ip_network(proxy)
    if not isinstance(network, IPv4Network):
        return [str(network)]
    return [str(network), f"::ffff:{network.network_address}/{96 + network.prefixlen}"]
