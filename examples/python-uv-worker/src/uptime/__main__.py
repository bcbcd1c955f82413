"""A worker without a port: asks the sites in TARGETS whether they are there, and logs what they say, a line of JSON each.

On SIGTERM it finishes the round that it has begun and ends with 0.
"""

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress

import httpx

from uptime import health

PATIENCE = 1.5
"""Seconds that a site may take: less than the two that may pass until the worker has ended."""


def log(event: str, **fields: object) -> None:
    print(json.dumps({"event": event, **fields}))


async def ask(client: httpx.AsyncClient, target: str) -> bool:
    """Whether a site is there."""
    try:
        answer = await client.get(target)
    except httpx.HTTPError as error:
        log("down", target=target, error=str(error) or type(error).__name__)
        return False
    log("up" if answer.is_success else "down", target=target, status=answer.status_code)
    return answer.is_success


async def one_round(client: httpx.AsyncClient, targets: list[str]) -> None:
    """Ask all sites at once."""
    up = await asyncio.gather(*(ask(client, target) for target in targets))
    log("round finished", up=sum(up), targets=len(targets))


async def work(client: httpx.AsyncClient, targets: list[str], pause: float, stop: asyncio.Event) -> None:
    """Rounds and pauses; a stop ends a pause at once, and a round when it is done."""
    while not stop.is_set():
        await one_round(client, targets)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
    log("drained")


async def main() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with health.answering(), httpx.AsyncClient(timeout=PATIENCE) as client:
        await work(client, os.environ.get("TARGETS", "").split(), float(os.environ.get("PAUSE", "30")), stop)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
