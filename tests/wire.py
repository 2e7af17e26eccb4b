"""
Streamlit's own protocol over a websocket, as a browser speaks it to the app's server.

Every packet is acknowledged at once: otherwise the kernel's delayed acknowledgement adds 40 ms to
whichever page sends more than one, and a measured time would say nothing about the server.
"""

import contextlib
import socket

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect


class WireCut(Exception):
    """The server is gone, or cannot be reached."""


class Wire:
    """
    One connection of one tab.

    *session* is what an earlier connection of the same tab was told: the server goes on with it
    where it still knows it. Raises WireCut, as every method does.
    """

    def __init__(self, port: int, session: str = "") -> None:
        protocols = ["streamlit", *(["none", session] if session else [])]
        try:
            self._socket = connect(
                f"ws://localhost:{port}/_stcore/stream",
                subprotocols=protocols,  # type: ignore[arg-type]
                max_size=None,
                compression=None,
                open_timeout=10,
                close_timeout=1,
                # A script may take longer than a ping's patience; a browser sends none.
                ping_interval=None,
                legacy=True,
            )
        except (OSError, WebSocketException) as exc:
            raise WireCut(str(exc)) from exc

    def send(self, message: BackMsg) -> None:
        """Send one message."""
        try:
            self._socket.send(message.SerializeToString())
        except (OSError, WebSocketException) as exc:
            raise WireCut(str(exc)) from exc

    def receive(self, timeout: float) -> ForwardMsg | None:
        """Return the next message, or None where none comes within *timeout* seconds."""
        try:
            self._socket.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            answer = ForwardMsg()
            answer.ParseFromString(self._socket.recv(timeout=timeout))  # type: ignore[arg-type]
        except TimeoutError:
            return None
        except (OSError, WebSocketException) as exc:
            raise WireCut(str(exc)) from exc
        return answer

    def close(self) -> None:
        """Let go."""
        with contextlib.suppress(OSError, WebSocketException):
            self._socket.close()
