"""Whether the worker is alive: its event loop answers on a socket that needs neither a port nor a file.

`python -m uptime.health` asks, as the HEALTHCHECK and an exec probe do.
"""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

ADDRESS = "\0uptime"
"""Of Linux's abstract namespace, which each container has for itself."""


@asynccontextmanager
async def answering() -> AsyncIterator[None]:
    """Within, whoever connects is told that the event loop turns."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"alive\n")
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_unix_server(answer, ADDRESS):
        yield


def alive() -> bool:
    with socket.socket(socket.AF_UNIX) as asked:
        asked.settimeout(2)
        try:
            asked.connect(ADDRESS)
            return asked.recv(16) == b"alive\n"
        except OSError:
            return False


if __name__ == "__main__":
    sys.exit(not alive())
