"""The worker, with sites that are not there."""

import asyncio
import json

import httpx
import pytest

from uptime import __main__ as worker
from uptime import health


def site(request: httpx.Request) -> httpx.Response:
    if request.url.host == "gone.example.com":
        raise httpx.ConnectError("no route")
    return httpx.Response(503 if request.url.host == "ill.example.com" else 200)


def run(targets: list[str], stop_after: float = 0.0) -> None:
    async def once() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(stop_after, stop.set)
        async with httpx.AsyncClient(transport=httpx.MockTransport(site)) as client:
            await worker.work(client, targets, pause=60, stop=stop)

    asyncio.run(once())


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_each_site_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    run([f"https://{name}.example.com/" for name in ("www", "ill", "gone")])
    told = lines(capsys)
    assert [line["event"] for line in told[:3]] == ["up", "down", "down"]
    assert told[3] == {"event": "round finished", "up": 1, "targets": 3}


def test_a_round_that_has_begun_is_finished(capsys: pytest.CaptureFixture[str]) -> None:
    run([])
    assert [line["event"] for line in lines(capsys)] == ["round finished", "drained"]


def test_it_is_alive_while_it_works_and_not_before() -> None:
    async def asked() -> bool:
        async with health.answering():
            return await asyncio.to_thread(health.alive)

    assert not health.alive()
    assert asyncio.run(asked())
