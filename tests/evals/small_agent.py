"""An assistant's client that knows just enough of the command line of `claude -p`: it asks the Messages API, does as it is told with a
few tools, and prints what happened as JSON, a line each. It stands in where the real client cannot be had.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("-p", dest="prompt")
    parser.add_argument("--model")
    parser.add_argument("--max-turns", type=int, default=10)
    parser.add_argument("--plugin-dir", type=Path)
    options, _ = parser.parse_known_args()
    began, messages, used, answered = time.monotonic(), [{"role": "user", "content": options.prompt}], 0, None
    usage = {"input_tokens": 0, "output_tokens": 0}
    for _ in range(options.max_turns):
        answered = ask({"model": options.model, "max_tokens": 1000, "messages": messages, "tools": [{"name": "Bash"}]})
        used += 1
        usage = {key: usage[key] + answered["usage"][key] for key in usage}
        say({"type": "assistant", "message": answered})
        messages.append({"role": "assistant", "content": answered["content"]})
        results = [perform(block, options.plugin_dir) for block in answered["content"] if block["type"] == "tool_use"]
        if not results:
            break
        messages.append({"role": "user", "content": results})
        say({"type": "user", "message": messages[-1]})
    over = answered is None or answered["stop_reason"] == "tool_use"
    words = [block["text"] for block in (answered or {"content": []})["content"] if block["type"] == "text"]
    ended = {"is_error": over, "subtype": "error_max_turns" if over else "success", "num_turns": used, "usage": usage}
    say({"type": "result", **ended, "total_cost_usd": 0.01 * used, "duration_ms": round((time.monotonic() - began) * 1000)} | (
        {} if over else {"result": "".join(words)}
    ))
    return int(over)


def say(event: dict[str, Any]) -> None:
    print(json.dumps(event), flush=True)


def ask(body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def perform(block: dict[str, Any], plugin: Path | None) -> dict[str, Any]:
    given = block["input"]
    try:
        if block["name"] == "Write":
            Path(given["file_path"]).write_text(given["content"])
            said, failed = "written", False
        elif block["name"] == "Skill":
            said, failed = ("launched", False) if plugin and (plugin / "SKILL.md").is_file() else ("unknown skill", True)
        else:
            done = subprocess.run(["bash", "-c", given["command"]], capture_output=True, text=True)
            said, failed = done.stdout + done.stderr, bool(done.returncode)
    except OSError as error:
        said, failed = str(error), True
    return {"type": "tool_result", "tool_use_id": block["id"], "content": said, "is_error": failed}


if __name__ == "__main__":
    sys.exit(main())
