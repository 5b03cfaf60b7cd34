"""Loopback ports: finding free ones and telling whether one is taken.

Free ports are taken from below the range the kernel hands to outgoing connections. A client that
keeps trying to reach a dead server inside that range can be given the server's own port as its
source, connects to itself, and then keeps the server from coming back on the same port.
"""

import errno
import random
import socket
from collections.abc import Collection

LOOPBACK = "127.0.0.1"
LOWEST_AUTO_PORT = 15_000
HIGHEST_AUTO_PORT = 31_999
FIND_ATTEMPTS = 500


def port_is_free(port: int, host: str = LOOPBACK) -> bool:
    """Tell whether a server could listen on a port at this moment.

    Args:
        port: 1 to 65535.
        host: the address to listen on.

    Returns:
        True when the port can be bound; False when somebody holds it or it needs privileges.

    Raises:
        OSError: the address itself cannot be used.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the servers themselves do: connections in TIME_WAIT are no obstacle to listening.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
    return True


def find_free_port(taken: Collection[int] = (), preferred: int | None = None) -> int:
    """Find a free loopback port outside the range of outgoing connections.

    Args:
        taken: ports already promised to somebody else, never returned.
        preferred: tried first, so that a second start finds its addresses unchanged.

    Returns:
        A port that was free when looked at.

    Raises:
        OSError: none of FIND_ATTEMPTS candidates was free.
    """
    if preferred is not None and preferred not in taken and port_is_free(preferred):
        return preferred
    chooser = random.SystemRandom()
    for _ in range(FIND_ATTEMPTS):
        port = chooser.randint(LOWEST_AUTO_PORT, HIGHEST_AUTO_PORT)
        if port not in taken and port_is_free(port):
            return port
    raise OSError(errno.EADDRNOTAVAIL, "no free loopback port was found")
