"""A model that says what a script has for it: the Messages API on loopback, streaming or not. No key, no network.

A script is a list of turns, each a list of content blocks: `{"type": "text", …}` or `{"type": "tool_use", "name": …, "input": {…}}`.
Which turn is next, the conversation tells: as many as the assistant had in it. What comes behind the last turn is the word "done".
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Block = Mapping[str, Any]
TOKENS_IN, TOKENS_OUT = 1000, 50
"""What every answer says that it cost."""


def text(words: str) -> Block:
    """A block of words."""
    return {"type": "text", "text": words}


def use(tool: str, **arguments: Any) -> Block:
    """A block that calls a tool."""
    return {"type": "tool_use", "name": tool, "input": arguments}


class Server:
    """The server; `requests` are the bodies that it was sent."""

    def __init__(self, script: Sequence[Sequence[Block]]) -> None:
        self.script = script
        self.requests: list[dict[str, Any]] = []
        self.lock = threading.Lock()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"

    def _handler(server) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - `self` is the request's
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:
                pass

            def do_HEAD(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                self._send(404, "application/json", b"{}")

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
                if not self.path.startswith("/v1/messages"):
                    self._send(404, "application/json", b"{}")
                elif "count_tokens" in self.path:
                    self._send(200, "application/json", json.dumps({"input_tokens": TOKENS_IN}).encode())
                else:
                    message = server.answer(body)
                    if body.get("stream"):
                        self._send(200, "text/event-stream", b"".join(_events(message)))
                    else:
                        self._send(200, "application/json", json.dumps(message).encode())

            def _send(self, status: int, kind: str, data: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        return Handler

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        """The next message of the conversation; clients that ask beside it (for a title) offer no tools, and get a word."""
        with self.lock:
            self.requests.append(body)
            number = len(self.requests)
        said = sum(message["role"] == "assistant" for message in body["messages"])
        turn = self.script[said] if body.get("tools") and said < len(self.script) else [text("done")]
        content = [{**block, "id": f"toolu_{number}_{at}"} if block["type"] == "tool_use" else dict(block) for at, block in enumerate(turn)]
        calls = any(block["type"] == "tool_use" for block in turn)
        return {
            "id": f"msg_{number}",
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "content": content,
            "stop_reason": "tool_use" if calls else "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": TOKENS_IN, "output_tokens": TOKENS_OUT},
        }


def _events(message: dict[str, Any]) -> Iterator[bytes]:
    def event(kind: str, **fields: Any) -> bytes:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()

    yield event("message_start", message={**message, "content": [], "stop_reason": None})
    for index, block in enumerate(message["content"]):
        if block["type"] == "text":
            empty, delta = {**block, "text": ""}, {"type": "text_delta", "text": block["text"]}
        else:
            empty, delta = {**block, "input": {}}, {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        yield event("content_block_start", index=index, content_block=empty)
        yield event("content_block_delta", index=index, delta=delta)
        yield event("content_block_stop", index=index)
    yield event("message_delta", delta={"stop_reason": message["stop_reason"], "stop_sequence": None}, usage=message["usage"])
    yield event("message_stop")


@contextmanager
def serving(script: Sequence[Sequence[Block]]) -> Iterator[Server]:
    """A server for the time of a test."""
    server = Server(script)
    thread = threading.Thread(target=server.http.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()
        thread.join()
