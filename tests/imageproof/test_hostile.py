"""A hostile image cannot hurt, and what it prints cannot steer a terminal."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from imageproof.confinement import NAME, can_confine, disk_of, engine_process
from imageproof.engine import LOG_BYTES, PROCESSES, connected
from imageproof.errors import ProofError
from imageproof.proof import _KEEPS_BOUNDS, prove
from imageproof.spec import Spec

from .harness import GOOD, Bench, by_name, failing

WORKER = GOOD.replace("EXPOSE 8080\n", "").replace("HEALTHCHECK", "#")


def test_flood_of_logs(bench: Bench, nothing_left: None) -> None:
    report = bench.prove(
        WORKER,
        {"serve.sh": "trap 'exit 0' TERM\nwhile true; do echo 0123456789012345678901234567890123456789; done\n"},
        check=("starts", "stop"),
    )
    assert failing(report) == []


def test_escapes_are_neutralised(bench: Bench) -> None:
    dockerfile = WORKER.replace(
        '["sh", "/app/serve.sh"]', r'["sh", "-c", "printf \"\\033]0;owned\\007\\033[2Jbye\\r\\n\"; exit 1"]'
    )
    seen = by_name(bench.prove(dockerfile, check=("starts",)))["starts"].seen
    assert "bye" in seen
    assert seen.isprintable()


def test_fork_bomb_is_bounded(bench: Bench, nothing_left: None) -> None:
    bomb = "bomb() { bomb | bomb & }\nbomb 2>/dev/null\nbusybox sleep 100\n"
    report = bench.prove(WORKER, {"serve.sh": bomb}, check=("starts", "stop"), memory=64 << 20)
    assert {each.name for each in report.outcomes} == {"starts", "stop"}


HOSTILE = {
    "fork bomb": ("for i in $(busybox seq 300); do busybox sleep 20 & done; wait", "can't fork"),
    "memory hog": ("busybox dd if=/dev/zero of=/dev/null bs=200M count=1", "exit status 137|cannot allocate memory"),
}


@pytest.mark.parametrize("own_group", [True, False])
@pytest.mark.parametrize("run", HOSTILE)
def test_what_a_build_runs_is_bounded(run: str, own_group: bool, bench: Bench, nothing_left: None, monkeypatch: Any) -> None:
    """By a control group of this machine, or by that of a container."""
    if own_group and not _sees_engine():
        pytest.skip("needs root, and the engine's control groups, on this machine")
    if not own_group:
        monkeypatch.setattr("imageproof.engine.can_confine", lambda process: False)
    monkeypatch.setattr("imageproof.confinement.PROCESSES", 200)
    monkeypatch.setattr("imageproof.engine.BUILD_PROCESSES", 200)
    command, words = HOSTILE[run]
    report = bench.prove(GOOD.replace("USER", f"RUN {command}\nUSER"), check=("build",), build_memory=100 << 20)
    (build,) = report.outcomes
    assert build.status == "failed"
    log = Path(build.notes[-1].partition(": ")[2])
    assert re.search(words, build.seen + log.read_text())
    log.unlink()
    assert not list(Path("/sys/fs/cgroup").glob(f"**/{NAME.format(100)}"))


ENDLESS = "RUN while true; do echo 0123456789012345678901234567890123456789; done"


def test_a_build_that_prints_without_end(bench: Bench, nothing_left: None) -> None:
    report = bench.prove(GOOD.replace("USER", f"{ENDLESS}\nUSER"), build_seconds=6.0)
    (build, *rest) = report.outcomes
    assert "did not end within 6 s" in build.seen
    assert "--build-seconds" in build.change
    assert {each.status for each in rest} == {"skipped"}
    log = Path(build.notes[-1].partition(": ")[2])
    assert log.stat().st_size < 9 << 20
    log.unlink()


@pytest.mark.parametrize("what", ["build", "container"])
def test_the_disk_does_not_fill(what: str, bench: Bench, nothing_left: None, monkeypatch: Any) -> None:
    if not _disk():
        pytest.skip("needs an engine whose disk can be seen from here")
    fill = "for i in $(busybox seq 40); do busybox dd if=/dev/zero of=/data/$i bs=1M count=50; busybox sleep 0.1; done"
    writer = WORKER.replace("USER", f"RUN busybox mkdir -m 0777 /data{f'; {fill}' if what == 'build' else ''}\nUSER")
    monkeypatch.setattr("imageproof.confinement.least_free", lambda size, free: free - (100 << 20))
    with pytest.raises(ProofError, match="has filled the engine's disk"):
        bench.prove(writer, {"serve.sh": fill}, expect_log="never", start_seconds=30.0)


def _disk() -> int:
    """Free bytes of the engine's disk; 0 where it cannot be seen."""
    with connected(60) as engine:
        disk = disk_of(engine_process("/var/run/docker.sock"), str(engine.info["DockerRootDir"]))
        engine.close()
    return disk.free if disk else 0


def _sees_engine() -> bool:
    with connected(60) as engine:
        try:
            return can_confine(engine_process("/var/run/docker.sock"))
        finally:
            engine.close()


def test_memory_is_bounded(bench: Bench) -> None:
    hungry = "exec busybox dd if=/dev/zero of=/dev/null bs=200M count=100000\n"
    report = bench.prove(WORKER, {"serve.sh": hungry}, check=("starts",), memory=32 << 20)
    assert failing(report) == ["starts"]


def test_what_the_engine_is_asked_for(bench: Bench, engine: str, monkeypatch: Any) -> None:
    """No mount of the host, no privilege; memory, processes and log are bounded. Each container is removed once, with its volumes."""
    from docker import APIClient

    asked: list[Mapping[str, Any]] = []
    create = APIClient.create_container_from_config
    monkeypatch.setattr(
        APIClient,
        "create_container_from_config",
        lambda self, config, *rest, **more: asked.append(config) or create(self, config, *rest, **more),
    )
    removed: list[tuple[str, Mapping[str, Any]]] = []
    remove = APIClient.remove_container

    def remove_late(self: APIClient, identity: str, **more: Any) -> None:
        removed.append((identity, more))
        time.sleep(1)  # so that it is still there when the proof ends
        remove(self, identity, **more)

    monkeypatch.setattr(APIClient, "remove_container", remove_late)
    bench.prove(check=("starts", "read-only", "user", "health", "stop"), tmpfs=("/tmp",), volume=("/data",))
    assert len(asked) >= 4
    assert [more for _, more in removed] == [{"v": True, "force": True}] * len(asked)
    assert len({identity for identity, _ in removed}) == len(asked)
    for config in asked:
        host = config["HostConfig"]
        assert (
            not host.get("Binds")
            and not host.get("Mounts")
            and not host.get("Privileged")
            and not host.get("CapAdd")
            and not host.get("Devices")
        )
        assert host["Memory"] == host["MemorySwap"] == 1 << 30
        assert host["PidsLimit"] == PROCESSES
        assert int(host["LogConfig"].config["max-size"]) == LOG_BYTES
        assert config["Labels"]["imageproof"]


def test_a_context_of_links_and_pipes(bench: Bench) -> None:
    context = bench.write(GOOD)
    (context / "outside").symlink_to("/etc")
    (context / "loop").symlink_to("loop")
    subprocess.run(["mkfifo", str(context / "pipe")], check=True)
    report = bench.prove(GOOD, check=("starts", "secrets"))
    assert failing(report) == []


def test_a_value_that_must_not_be_there_is_found_in_the_configuration(bench: Bench) -> None:
    dockerfile = GOOD.replace("USER", "LABEL deploy=0123456789abcdef\nUSER")
    outcome = by_name(bench.prove(dockerfile, check=("secrets",), canary=("value:0123456789abcdef",)))["secrets"]
    assert outcome.status == "failed"
    assert "the configuration" in outcome.seen
    assert failing(bench.prove(dockerfile, check=("secrets",), canary=("value:imageproof-",))) == []


def test_a_file_name_that_steers_terminals(bench: Bench) -> None:
    dockerfile = GOOD.replace("USER", "RUN busybox printf 1 > \"$(busybox printf '/www/\\033[31m.js.map')\"\nUSER")
    outcome = by_name(bench.prove(dockerfile, check=("contents",)))["contents"]
    assert outcome.status == "failed"
    assert outcome.seen.isprintable()
    assert json.dumps(outcome.seen)


def test_the_host_stays_out_of_reach(bench: Bench, tmp_path: Path) -> None:
    """A Dockerfile's mounts see the copy of the context alone."""
    dockerfile = GOOD.replace("USER", "RUN --mount=type=bind,target=/context,rw busybox touch /context/written\nUSER")
    bench.prove(dockerfile, check=("starts",))
    assert not (bench.folder / "written").exists()


@pytest.mark.parametrize(
    ("front_end", "kept"),
    [
        ("docker/dockerfile:1", True),
        ("docker.io/docker/dockerfile:1.19-labs", True),
        ("docker/dockerfile", True),
        ("docker/dockerfile:1.4", True),
        ("docker/dockerfile:1.10.0", True),
        ("docker/dockerfile:1.0", False),
        ("docker/dockerfile:1.3-labs", False),
        ("docker/dockerfile:1@sha256:" + "0" * 64, False),
        ("docker.example.com/docker/dockerfile:1", False),
        ("hostile/docker/dockerfile:1", False),
    ],
)
def test_front_ends_that_keep_the_bounds(front_end: str, kept: bool) -> None:
    assert bool(_KEEPS_BOUNDS.fullmatch(front_end)) == kept


def test_a_front_end_that_the_dockerfile_brings(bench: Bench) -> None:
    context = bench.write(GOOD)
    text = (context / "Dockerfile").read_text()
    (context / "Dockerfile").write_text(f"# syntax=hostile.example.com/front-end:1\n{text}")
    report = prove(Spec(str(context), check=("build",)))
    assert failing(report) == []
    assert "hostile.example.com/front-end:1 need not keep the bounds" in report.notes[0]
