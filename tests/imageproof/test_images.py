"""Images of every kind are judged rightly."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from imageproof.engine import LABEL, _open, end_all
from imageproof.errors import ProofError
from imageproof.output import Report
from imageproof.progress import Progress
from imageproof.proof import prove
from imageproof.spec import Spec

from .harness import BASE, GOOD, SERVE, Bench, by_name, containers, failing, until

RUNNING = ("starts", "user", "stop")
SHELL_FORM = """\
FROM base
COPY --chmod=0555 index.html /www/
USER 65532:65532
EXPOSE 8080
CMD busybox httpd -f -p 8080 -h /www && echo done
"""


def test_nothing_but_a_program(bench: Bench) -> None:
    """From scratch, without a shell, without a user database: nothing can be executed in it that it does not bring."""
    dockerfile = (
        "FROM scratch\nCOPY --chmod=0555 busybox /bin/httpd\nCOPY --chmod=0555 index.html /www/\n"
        "USER 65532:65532\nEXPOSE 8080\nSTOPSIGNAL SIGKILL\n"
        'ENTRYPOINT ["/bin/httpd", "-f", "-p", "8080", "-h", "/www"]\n'
    )
    report = bench.prove(dockerfile)
    assert failing(report) == ["stop"]  # that signal is none that a program could end on well
    assert by_name(report)["health"].seen == "the image has no HEALTHCHECK"


def test_an_image_without_layers(bench: Bench) -> None:
    """Which an engine does not export."""
    report = bench.prove("FROM scratch\nLABEL a=b\n", check=("contents", "files", "secrets", "size"), max_size=1)
    assert failing(report) == []
    assert by_name(report)["contents"].status == by_name(report)["size"].status == "passed"


def test_shell_form_command_keeps_the_signal(bench: Bench) -> None:
    outcome = by_name(bench.prove(SHELL_FORM, check=RUNNING, stop_seconds=2.0))["stop"]
    assert outcome.status == "failed"
    assert "a shell that passes no signal on to" in outcome.seen
    assert "exec form" in outcome.change


def test_main_process_without_a_handler(bench: Bench) -> None:
    report = bench.prove(
        GOOD.replace('CMD ["sh", "/app/serve.sh"]', 'CMD ["sleep", "1000"]').replace("EXPOSE 8080\n", "").replace("HEALTHCHECK", "#"),
        {},
        check=RUNNING,
    )
    outcome = by_name(report)["starts"]
    assert outcome.status == "failed"  # there is no program `sleep`: only busybox has it
    command = (
        GOOD.replace('CMD ["sh", "/app/serve.sh"]', 'CMD ["busybox", "sleep", "1000"]')
        .replace("EXPOSE 8080\n", "")
        .replace("HEALTHCHECK", "#")
    )
    report = bench.prove(command, check=RUNNING, stop_seconds=2.0)
    assert by_name(report)["starts"].status == "passed"
    assert "stays up" in by_name(report)["starts"].seen
    assert "does nothing on SIGTERM" in by_name(report)["stop"].seen
    assert "init" in by_name(report)["stop"].change


def test_main_process_that_handles_the_signal_by_what_the_kernel_does(bench: Bench) -> None:
    """As Node.js does, which restores that and sends itself the signal again."""
    dockerfile = GOOD.replace("EXPOSE 8080\n", "").replace("HEALTHCHECK", "#")
    serve = "trap 'trap - TERM; kill -TERM 1' TERM\nwhile :; do :; done\n"
    outcome = by_name(bench.prove(dockerfile, {"serve.sh": serve}, check=RUNNING, stop_seconds=2.0))["stop"]
    assert "process 1, `sh /app/serve.sh`, handled it once and goes on" in outcome.seen
    assert "end on SIGTERM sooner" in outcome.change
    assert "handle SIGTERM in the program, or put an init" in outcome.change


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone is told where another user's process waits")
@pytest.mark.parametrize(
    ("command", "seen", "change"),
    [
        ('["busybox", "sleep", "8"]', "`busybox sleep 8`, does nothing on SIGTERM: it came to its own end, with exit status 0", "an init"),
        ("trap '' TERM; busybox sleep 8; exit 3", "does nothing on SIGTERM: it came to its own end, with exit status 3", "exec form"),
    ],
)
def test_a_program_that_ends_by_itself_was_not_stopped(command: str, seen: str, change: str, bench: Bench) -> None:
    dockerfile = GOOD.replace("EXPOSE 8080\n", "").replace("HEALTHCHECK", "#").replace('["sh", "/app/serve.sh"]', command)
    outcome = by_name(bench.prove(dockerfile, check=RUNNING, stop_seconds=15.0))["stop"]
    assert outcome.status == "failed", outcome
    assert seen in outcome.seen
    assert change in outcome.change


@pytest.mark.parametrize(("name", "change"), [("serve.sh", "pass the signal on"), ("php-fpm", "process_control_timeout")])
def test_children_that_nobody_waits_for(name: str, change: str, bench: Bench) -> None:
    serve = "trap 'exit 0' TERM\nbusybox httpd -f -p 8080 -h /www &\nwait\n"
    dockerfile = GOOD.replace("serve.sh", name)
    outcome = by_name(bench.prove(dockerfile, {name: serve}, check=RUNNING))["stop"]
    assert outcome.status == "failed"
    assert "without waiting for 1 process" in outcome.seen
    assert change in outcome.change


@pytest.mark.parametrize(
    ("start", "change"),
    [
        ("echo 1 > /app/state", "a volume; let /app/state go to a folder of its own: a mount at /app would hide what the image has in it"),
        ("busybox mkdir -p /app/cache/a && echo 1 > /app/cache/a/x", "a volume: --tmpfs /app/cache:uid=65532,gid=65532"),
        ("echo 1 > /data/x && busybox mkdir /data/in && echo 1 > /data/in/y", "a volume: --tmpfs /data"),
        ("echo 1 > /kept/x", "a volume: --tmpfs /kept:uid=65532,gid=65532"),
        ("echo 1 > /data/x && echo 1 > /app/state", "a volume: --tmpfs /data; let /app/state go to a folder of its own: "),
        ("""echo "No usable temporary directory found in ['/data', '/var/tmp']"; echo 1 > /data/x""", "a volume: --tmpfs /data"),
        ('echo "/link/x: Read-only file system"; echo 1 > /link/x', "a volume: --tmpfs /data"),
        ("busybox mkdir -p /app/__pycache__ && echo 1 > /app/__pycache__/x.pyc && echo 1 > /data/x", "a volume: --tmpfs /data"),
    ],
)
def test_a_mount_that_hides_nothing(start: str, change: str, bench: Bench) -> None:
    dockerfile = GOOD.replace("USER", "RUN busybox mkdir -m 0777 /data && busybox ln -s data /link && busybox chmod 0777 /app\nUSER")
    dockerfile = dockerfile.replace("USER", "RUN busybox mkdir /kept && busybox chown 65532:65532 /kept\nUSER")
    files = {"serve.sh": f"({start}) || exit 1\n{SERVE}"}
    outcome = by_name(bench.prove(dockerfile, files, check=("starts", "read-only")))["read-only"]
    assert outcome.status == "failed", outcome
    assert change in outcome.change
    assert not outcome.change.endswith("/app")
    assert "/link" not in outcome.seen.partition(";")[0]


def test_children_that_nobody_reaps(bench: Bench) -> None:
    # the shell is gone, and what took its place knows nothing of its child
    serve = "busybox sleep 0.1 &\nexec busybox httpd -f -p 8080 -h /www\n"
    report = bench.prove(GOOD.replace("EXPOSE", "STOPSIGNAL SIGUSR1\nEXPOSE"), {"serve.sh": serve}, check=("stop",))
    outcome = by_name(report)["stop"]
    assert outcome.status == "failed"
    assert "nobody took notice" in outcome.seen or "does not end it" in outcome.seen


def test_a_signal_that_has_a_distance_for_a_name(bench: Bench) -> None:
    serve = "trap 'kill $child; wait $child; exit 165' 37\nbusybox httpd -f -p 8080 -h /www &\nchild=$!\nwait\n"
    report = bench.prove(GOOD.replace("EXPOSE", "STOPSIGNAL rtmin+3\nEXPOSE"), {"serve.sh": serve}, check=("stop",))
    outcome = by_name(report)["stop"]
    assert outcome.status == "passed", outcome
    assert outcome.seen.startswith("SIGRTMIN+3 ends it")


def test_entry_point_that_drops_privileges(bench: Bench) -> None:
    dockerfile = GOOD.replace("USER 65532:65532\n", "").replace(
        '"sh", "/app/serve.sh"', '"busybox", "su", "-s", "/bin/sh", "web", "-c", ". /app/serve.sh"'
    )
    report = bench.prove(dockerfile, check=("starts", "user", "stop", "files", "restricted"))
    assert failing(report) == ["restricted"]
    assert "drops its privileges: the main process runs as 65532" in by_name(report)["user"].seen


def test_root(bench: Bench) -> None:
    report = bench.prove(GOOD.replace("USER 65532:65532\n", ""), check=("starts", "user", "restricted"))
    assert failing(report) == ["user"]
    assert "runs as root" in by_name(report)["user"].seen
    assert "same reason" in by_name(report)["restricted"].seen


def test_worker_without_a_port(bench: Bench) -> None:
    dockerfile = GOOD.replace("EXPOSE 8080\n", "").replace("HEALTHCHECK", "#")
    serve = "trap 'exit 0' TERM\nwhile true; do echo working; busybox sleep 0.2; done\n"
    report = bench.prove(dockerfile, {"serve.sh": serve}, expect_log="working", check=("starts", "read-only", "user", "stop"))
    assert failing(report) == []
    assert "logs 'working'" in by_name(report)["starts"].seen


def test_program_that_is_meant_to_end(bench: Bench) -> None:
    dockerfile = (
        GOOD.replace("EXPOSE 8080\n", "").replace("HEALTHCHECK", "#").replace('["sh", "/app/serve.sh"]', '["busybox", "echo", "3 rows"]')
    )
    report = bench.prove(dockerfile, expect_log="3 rows", check=("starts", "read-only", "stop", "health"))
    assert failing(report) == []
    assert by_name(report)["starts"].status == by_name(report)["read-only"].status == "passed"
    assert by_name(report)["stop"].seen == "it ends by itself"


def test_listens_on_the_loopback_only(bench: Bench) -> None:
    serve = "exec busybox httpd -f -p 127.0.0.1:8080 -h /www\n"
    outcome = by_name(bench.prove(GOOD, {"serve.sh": serve}, check=("starts",), start_seconds=4.0))["starts"]
    assert outcome.status == "failed"
    assert "127.0.0.1 only" in outcome.seen or "healthy inside" in outcome.seen


def test_the_engine_s_own_resolver_is_no_port_of_the_program(bench: Bench) -> None:
    dockerfile = GOOD.replace("HEALTHCHECK", "#")
    outcome = by_name(bench.prove(dockerfile, {"serve.sh": "exec busybox sleep 60\n"}, check=("starts",), start_seconds=4.0))["starts"]
    assert outcome.status == "failed"
    assert outcome.seen.startswith("does not answer on port 8080 within 4 s"), outcome.seen
    assert "listens" not in outcome.seen


def test_a_program_that_listens_wants_no_service(bench: Bench) -> None:
    serve = "echo 'telemetry: connection refused'\nexec busybox httpd -f -p 127.0.0.1:8080 -h /www\n"
    outcome = by_name(bench.prove(GOOD, {"serve.sh": serve}, check=("starts",), start_seconds=4.0))["starts"]
    assert "--needs" not in outcome.change


@pytest.mark.parametrize(
    ("server", "seen"),
    [
        ("busybox nc -ll -p 8080 -e busybox true", "answers on port 8080, not in HTTP/1"),
        ("busybox nc -ll -p 8080 -e busybox sleep 30", "takes connections on port 8080, and says nothing to HTTP/1"),
    ],
)
def test_a_server_that_does_not_want_http(server: str, seen: str, bench: Bench) -> None:
    dockerfile = GOOD.replace("HEALTHCHECK", "#")
    report = bench.prove(dockerfile, {"serve.sh": f"exec {server}\n"}, check=("starts",))
    assert by_name(report)["starts"].seen.startswith(seen), report.outcomes
    assert failing(report) == []


def test_a_port_on_which_nobody_listens(bench: Bench) -> None:
    outcome = by_name(bench.prove(GOOD.replace("EXPOSE 8080", "EXPOSE 8080 9000"), check=("starts", "stop")))["starts"]
    assert outcome.status == "passed"
    assert outcome.notes == ("nobody takes connections on port 9000, which EXPOSE names",)


def test_a_connection_cut_by_a_program_that_ends(bench: Bench) -> None:
    dockerfile = GOOD.replace("HEALTHCHECK", "#")
    outcome = by_name(bench.prove(dockerfile, {"serve.sh": "busybox nc -l -p 8080 -e busybox true\n"}, check=("starts",)))["starts"]
    assert outcome.status == "failed", outcome
    assert "ends with exit status" in outcome.seen


def test_what_is_only_watched_is_said(bench: Bench) -> None:
    dockerfile = GOOD.replace("EXPOSE 8080", "EXPOSE 53/udp").replace("HEALTHCHECK", "#")
    outcome = by_name(bench.prove(dockerfile, {"serve.sh": "exec busybox sleep 60\n"}, check=("starts",)))["starts"]
    assert outcome.status == "passed"
    assert "no TCP port is known, so it was only watched" in outcome.notes[0]


@pytest.mark.parametrize("option", ["path", "expect"])
def test_an_answer_is_asked_of_a_port(option: str, bench: Bench, nothing_left: None) -> None:
    dockerfile = GOOD.replace("EXPOSE 8080\n", "").replace("HEALTHCHECK", "#")
    with pytest.raises(ProofError, match=f"--{option} is asked of a port, and the image EXPOSEs none"):
        bench.prove(dockerfile, check=("starts",), **{option: "/nope"})


@pytest.mark.parametrize(
    ("program", "change"),
    [
        ("trap '' TERM; exec busybox sleep 1000", "handle SIGTERM in the program; an init before it changes nothing"),
        ("busybox sleep 1000; exit 0", "let the script end with `exec program`, in the foreground"),
    ],
)
def test_a_signal_that_is_ignored_or_kept(program: str, change: str, bench: Bench) -> None:
    dockerfile = GOOD.replace("EXPOSE 8080\n", "").replace("HEALTHCHECK", "#")
    outcome = by_name(bench.prove(dockerfile, {"serve.sh": f"{program}\n"}, check=("stop",), stop_seconds=2.0))["stop"]
    assert outcome.status == "failed"
    assert change in outcome.change, outcome


def test_a_user_by_its_own_group(bench: Bench) -> None:
    dockerfile = GOOD.replace("65532:65532", "app").replace("USER", "COPY --chmod=0555 accounts /etc/passwd\nUSER", 1)
    report = bench.prove(dockerfile, {"accounts": "app:x:100:101::/:/bin/sh\n"}, check=("user",))
    assert "say `USER 100:101`" in by_name(report)["user"].change


def test_a_folder_that_workdir_gave_the_user(bench: Bench) -> None:
    dockerfile = GOOD.replace("USER 65532:65532\n", "USER 65532:65532\nWORKDIR /srv\nCOPY --chmod=0555 serve.sh ./\n")
    outcome = by_name(bench.prove(dockerfile, check=("files",)))["files"]
    assert outcome.status == "failed", outcome
    assert outcome.change.startswith("let root own that folder: put WORKDIR before USER")


@pytest.mark.parametrize(
    ("instruction", "seen"),
    [
        ("ENV API_TOKEN=ghp_abcdefghijABCDEFGHIJ0123456789abcdef", "API_TOKEN of the configuration"),
        ("RUN echo npm_q8Zk3VtY7mXw2LpR9sNd4GfH6jKb1CcT5eUa > /dev/null", "in the history (RUN)"),
        ("ARG DB_PASSWORD=Xk29fLq02mZp", "ARG DB_PASSWORD in the history (a value for DB_PASSWORD)"),
        ("LABEL registry.password=Xk29fLq02mZp", "LABEL registry.password in the history"),
        ("ENV NONE=1 REDIS_URL=redis://:Xk29fLq02mZp7Qw81@redis.prod.internal:6379/0", "the password of a URL in the history (ENV)"),
    ],
)
def test_a_credential_that_is_written_out(instruction: str, seen: str, bench: Bench) -> None:
    outcome = by_name(bench.prove(GOOD.replace("USER", f"{instruction}\nUSER", 1), check=("secrets",)))["secrets"]
    assert outcome.status == "failed", outcome
    assert seen in outcome.seen
    assert not any(value in outcome.seen for value in ("ghp_", "npm_", "Xk29", "Xk"))


def test_a_health_check_s_path_need_not_be_open_to_all(bench: Bench) -> None:
    dockerfile = GOOD.replace('"http://127.0.0.1:8080/"]', '"http://127.0.0.1:8080/nothing"]')
    outcome = by_name(bench.prove(dockerfile, check=("starts",)))["starts"]
    assert (outcome.status, outcome.seen[:11]) == ("passed", "answers 404")
    outcome = by_name(bench.prove(dockerfile, check=("starts",), path="/nothing", start_seconds=4.0))["starts"]
    assert outcome.status == "failed" and "which is no success at /nothing" in outcome.seen


def test_a_text_need_not_stand_where_the_health_check_looks(bench: Bench) -> None:
    dockerfile = GOOD.replace('"http://127.0.0.1:8080/"]', '"http://127.0.0.1:8080/health"]')
    dockerfile = dockerfile.replace("COPY --chmod=0555 serve.sh", "COPY --chmod=0555 passwd /www/health\nCOPY --chmod=0555 serve.sh")
    assert failing(bench.prove(dockerfile, check=("starts",), expect="hello")) == []


def test_another_command_of_an_image_that_serves(bench: Bench) -> None:
    dockerfile = GOOD.replace('CMD ["sh", "/app/serve.sh"]', 'ENTRYPOINT ["busybox"]\nCMD ["sh", "/app/serve.sh"]')
    report = bench.prove(dockerfile, check=("starts",), args=("echo", "tool 1.2.3"), expect_log="1.2.3")
    assert failing(report) == [], report.outcomes


UV = "   Building app @ file:///app\\nPrepared 1 package in 714ms\\nInstalled 1 package in 1ms\\n + app==0.1.0 (from file:///app)"


@pytest.mark.parametrize(
    ("flags", "printed", "fetches"),
    [
        ("", UV, False),
        ("", UV.replace("Prepared 1", "Prepared 2") + "\\n + flask==3.1.2", True),
        ("", "Installing dependencies from lock file\\n\\nNo dependencies to install or update\\nInstalling the current project", False),
        ("", "Package operations: 5 installs, 0 updates, 0 removals", True),
        ("", "added 57 packages in 1s", True),
        ("--mount=type=cache,target=/root/.npm ", "added 57 packages in 1s", False),
        ("--network=none ", "Collecting flask", False),
        ("", "[INFO] Downloading from central: https://maven.example.com/a.pom", True),
        ("--mount=type=cache,target=/x ", "Progress: resolved 1, reused 0, downloaded 1, added 1, done", True),
        ("--mount=type=cache,target=/x ", "Progress: resolved 1, reused 1, downloaded 0, added 1, done", False),
        ("--mount=type=cache,target=/root/.cache/pip ", "  Downloading flask-3.1.2-py3-none-any.whl (103 kB)", True),
    ],
)
def test_what_is_printed_when_something_is_fetched(flags: str, printed: str, fetches: bool, bench: Bench) -> None:
    dockerfile = GOOD.replace("serve.sh /app/\n", f"serve.sh /app/\nRUN {flags}busybox printf '{printed}\\n'\n")
    outcome = by_name(bench.prove(dockerfile, touch="serve.sh", check=("rebuild",)))["rebuild"]
    assert (outcome.status, "are fetched or compiled again" in outcome.seen) == (("passed", False), ("failed", True))[fetches], outcome


SUMS = "example.com/m v1.0.0 h1:abc=\n"
BUILDER = """\
FROM base AS build
COPY --chmod=0555 tool /bin/{name}
WORKDIR /src
{before}COPY . .
RUN {flags}{command} && busybox cp index.html /out
{final}COPY --from=build /out /www/index.html
"""


@pytest.mark.parametrize(
    ("before", "flags", "command", "fetches"),
    [
        ("", "", "mvn -ntp package", True),
        ("", "", "mvn -ntp -o package", False),
        ("", "--mount=type=cache,target=/root/.m2 ", "mvn -ntp package", False),
        ("COPY go.sum ./\nRUN mvn -ntp dependency:go-offline\n", "", "mvn -ntp package", False),
        ("", "", "gradle clean bootJar", True),
        ("COPY go.sum ./\nRUN gradle dependencies\n", "", "gradle clean bootJar", False),
        ("", "", "dotnet publish -o /app", True),
        ("COPY go.sum ./\nRUN dotnet restore\n", "", "dotnet publish -o /app", False),
        ("", "", "go build -o /app .", True),
        ("COPY go.sum ./\nRUN go mod download\n", "", "go build -o /app .", True),
        ("COPY go.sum ./\nRUN go mod download && go build std\n", "", "go build -o /app .", False),
        ("", "--mount=type=cache,target=/root/go/pkg/mod ", "go build -o /app .", True),
        ("", "--mount=type=cache,target=/root/.cache/go-build ", "go build -o /app .", False),
        ("", "", "go version", False),
    ],
)
def test_what_builds_without_a_word(before: str, flags: str, command: str, fetches: bool, bench: Bench) -> None:
    name = command.partition(" ")[0]
    final = GOOD.replace("COPY --chmod=0555 index.html /www/\n", "")
    dockerfile = BUILDER.format(name=name, before=before, flags=flags, command=command, final=final.partition("COPY")[0])
    dockerfile += "COPY" + final.partition("COPY")[2]
    files = {"tool": "#!/bin/sh\nexit 0\n", "go.sum": SUMS}
    outcome = by_name(bench.prove(dockerfile, files, touch="index.html", expect="hello", check=("rebuild",)))["rebuild"]
    assert (outcome.status, f"it runs `{name} " in outcome.seen) == (("passed", False), ("failed", True))[fetches], outcome


def test_another_port_than_exposed(bench: Bench) -> None:
    serve = "exec busybox httpd -f -p 3000 -h /www\n"
    outcome = by_name(bench.prove(GOOD, {"serve.sh": serve}, check=("starts",), start_seconds=4.0))["starts"]
    assert outcome.status == "failed"
    assert "8080" in outcome.seen


def test_a_module_that_is_missing_is_no_service(bench: Bench) -> None:
    serve = "echo \"ModuleNotFoundError: No module named 'app'\"; exit 1\n"
    outcome = by_name(bench.prove(GOOD, {"serve.sh": serve}, check=("starts",)))["starts"]
    assert outcome.status == "failed"
    assert "ModuleNotFoundError" in outcome.seen


SERVICE = "until busybox wget -q -O /dev/null http://db:9000/; do echo 'db: connection refused'; exit 1; done\n. /app/real.sh\n"


def test_service_that_is_missing_and_given(bench: Bench, nothing_left: None) -> None:
    from .harness import SERVE

    files = {"serve.sh": SERVICE, "real.sh": SERVE}
    dockerfile = GOOD.replace("serve.sh /app/", "serve.sh real.sh /app/")
    report = bench.prove(dockerfile, files, check=("starts", "read-only"))
    assert [each.status for each in report.outcomes] == ["failed", "skipped"]
    assert report.outcomes[0].change.startswith("give it the service that it wants, --needs NAME=IMAGE; or else")
    assert report.exit_status == 1
    service = bench.folder.parent / "service"
    service.mkdir()
    command = 'CMD ["busybox", "httpd", "-f", "-p", "9000", "-h", "/www"]'
    recipe = f"{BASE}FROM base\nCOPY --chmod=0555 index.html /www/\nUSER 1\nEXPOSE 9000\n{command}\n"
    name = f"imageproof-test-service:{service.parent.name}".lower().replace("_", "-")
    subprocess.run(
        ["docker", "buildx", "build", "-q", "-t", name, "-f", "-", str(bench.folder)],
        input=recipe.encode(),
        check=True,
        capture_output=True,
    )
    try:
        report = bench.prove(dockerfile, files, needs=(f"db={name}",), check=("starts", "read-only"))
        assert failing(report) == []
        assert report.exit_status == 0
    finally:
        subprocess.run(["docker", "rmi", name], check=True, capture_output=True)


@pytest.mark.parametrize("base", ["gcr.io/distroless/static-debian13:nonroot"])
def test_distroless(base: str, bench: Bench) -> None:
    if subprocess.run(["docker", "image", "inspect", base], capture_output=True).returncode:
        pytest.skip(f"needs the image {base}")
    dockerfile = (
        f"FROM {base}\nCOPY --chmod=0555 busybox /bin/httpd\nCOPY --chmod=0555 index.html /www/\nEXPOSE 8080\n"
        'ENTRYPOINT ["/bin/httpd", "-f", "-p", "8080", "-h", "/www"]\n'
    )
    report = bench.prove(dockerfile, skip=("stop",))
    assert failing(report) in ([], ["user"], ["user", "restricted"])
    assert by_name(report)["starts"].status == "passed"
    assert by_name(report)["files"].status == "passed"


def test_made_up_files_of_the_context(bench: Bench) -> None:
    """What lies about in a folder is found in the image where everything is copied, the person's folder staying as it is."""
    dockerfile = GOOD.replace("COPY --chmod=0555 index.html", "COPY . /www/\nCOPY --chmod=0555 index.html")
    report = bench.prove(dockerfile, check=("secrets", "contents"))
    assert failing(report) == ["secrets"]
    assert "/www/.env" in by_name(report)["secrets"].seen
    assert not (bench.folder / ".env").exists()
    report = bench.prove(dockerfile, {".dockerignore": ".env\n.npmrc\nid_*\n"}, check=("secrets", "contents"))
    assert failing(report) == []


@pytest.mark.parametrize(
    "run",
    [
        "cp /run/secrets/token /www/token && rm /www/token",  # in a layer of its own, and compressed, and in base64
        "busybox gzip -c /run/secrets/token > /www/token.gz",
        "busybox base64 -w 0 /run/secrets/token > /www/auth",
    ],
)
def test_secret_that_is_written_down(run: str, bench: Bench) -> None:
    copied = run.partition(" && rm")[0].replace("cp ", "busybox cp ")
    removed = "RUN busybox rm /www/token\n" if "&& rm" in run else ""
    dockerfile = GOOD.replace("USER", f"RUN --mount=type=secret,id=token,required=true {copied}\n{removed}USER")
    report = bench.prove(dockerfile, check=("secrets",), canary=("secret:token",))
    assert failing(report) == ["secrets"]
    assert "the secret token is in /www/" in by_name(report)["secrets"].seen
    used = GOOD.replace("USER", "RUN --mount=type=secret,id=token,required=true busybox cat /run/secrets/token > /dev/null\nUSER")
    assert failing(bench.prove(used, check=("secrets",), canary=("secret:token",))) == []


def test_setuid_program(bench: Bench) -> None:
    dockerfile = GOOD.replace("USER", "COPY --chmod=4755 busybox /bin/su\nUSER")
    outcome = by_name(bench.prove(dockerfile, check=("files",)))["files"]
    assert outcome.status == "failed"
    assert "/bin/su" in outcome.seen
    owned = dockerfile.replace("--chmod=0555 serve.sh", "--chown=65532 --chmod=0755 serve.sh")
    outcome = by_name(bench.prove(owned, check=("files",)))["files"]
    assert "/bin/su" in outcome.seen and "/app/serve.sh" in outcome.seen, "both are told at once"


@pytest.mark.parametrize(("size", "told"), [(99_000, False), (101_000, True)])
def test_what_an_emptied_cache_leaves_is_nothing_to_speak_of(size: int, told: bool, bench: Bench) -> None:
    dockerfile = GOOD.replace("USER", "COPY log /root/.npm/_logs/\nUSER", 1)
    outcome = by_name(bench.prove(dockerfile, {"log": "x" * size}, check=("contents",)))["contents"]
    assert ("package caches" in outcome.seen) == told, outcome


def test_links_to_a_compiler_have_no_size(bench: Bench) -> None:
    dockerfile = GOOD.replace("USER", 'RUN ["busybox", "ln", "-s", "gcc-14", "/bin/gcc"]\nUSER', 1)
    outcome = by_name(bench.prove(dockerfile, check=("contents",)))["contents"]
    assert outcome.seen.endswith("build tools: /bin/gcc"), outcome


STALE = r"""\
FROM base AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,id={id},target=/out test -e /out/index.html || busybox cp index.html /out/; \
    busybox mkdir /result; busybox cp /out/index.html /result/
FROM base
COPY --from=build /result/ /www/
COPY --chmod=0555 serve.sh /app/
USER 65532:65532
EXPOSE 8080
CMD ["sh", "/app/serve.sh"]
"""


def test_stale_program(bench: Bench) -> None:
    """A cache mount brings back what was compiled before: the build succeeds, and the image has the old code."""
    report = bench.prove(
        STALE.format(id=f"imageproof-{bench.folder.parent.name}"),
        touch="index.html",
        expect="hello",
        check=("rebuild",),
    )
    outcome = by_name(report)["rebuild"]
    assert outcome.status == "failed"
    assert "does not contain the new code" in outcome.seen or "the new image" in outcome.seen


def test_dependencies_before_the_source(bench: Bench) -> None:
    dockerfile = """\
FROM base AS build
COPY --chmod=0555 npm /bin/npm
WORKDIR /src
COPY package.json .
RUN npm ci
COPY . .
FROM base
COPY --chmod=0555 --from=build /src/index.html /www/
COPY --chmod=0555 serve.sh /app/
USER 65532:65532
EXPOSE 8080
CMD ["sh", "/app/serve.sh"]
"""
    files = {"npm": "#!/bin/sh\nexit 0\n", "package.json": "{}"}
    report = bench.prove(dockerfile, files, touch="index.html", expect="hello", check=("starts", "rebuild"))
    assert failing(report) == []
    assert any("a pull would fetch" in note for note in by_name(report)["rebuild"].notes)


def test_folder_above_the_code_belongs_to_the_user(bench: Bench) -> None:
    """What is in /app is root's, but whoever owns /app can put another /app/lib there."""
    dockerfile = (
        "FROM base\nCOPY --chmod=0555 index.html /www/\nUSER 65532:65532\nWORKDIR /app\nUSER 0:0\n"
        'COPY --chmod=0555 serve.sh /app/lib/inner/\nUSER 65532:65532\nRUN ["busybox", "true"]\n'
        'EXPOSE 8080\nCMD ["sh", "/app/lib/inner/serve.sh"]\n'
    )
    outcome = by_name(bench.prove(dockerfile, check=("files",)))["files"]
    assert outcome.status == "failed"
    assert "/app/" in outcome.seen


OTHERS = {
    "app/tests/cases.py": "VALUES = [1]\n",
    "app/test_cases.py": "from app import cases\n\n\ndef load():\n    return cases.all()\n",
    "app/test_login.py": "def test_login():\n    assert True\n",
    "app/load_test.js": "export const LIMIT = 3\n",
    "app/spec/openapi.yaml": "openapi: 3.1.0\n",
    "deps/lib/test_cases.py": "def test_it():\n    assert True\n",
    "deps/lib/tests/__init__.py": "# none\n",
    "deps/lib-1.0.dist-info/RECORD": "lib/test_cases.py,,\nlib/tests/__init__.py,,\nlib-1.0.dist-info/RECORD,,\n",
}


def test_which_files_are_tests(bench: Bench) -> None:
    """Those of the application, by where they are or by what is in them; not those of a package, wherever it was installed."""
    dockerfile = GOOD.replace("USER", "COPY app /app\nCOPY deps /deps\nUSER")
    outcome = by_name(bench.prove(dockerfile, OTHERS, check=("contents",)))["contents"]
    assert outcome.seen.startswith("tests: /app/test_login.py, /app/tests/cases.py (")


def test_a_comment_that_no_compiler_keeps(bench: Bench) -> None:
    """The step that compiles ran again and made the same: that is no stale program, and no proof of a new one either."""
    build = "FROM base AS build\nWORKDIR /src\nCOPY main.go .\nRUN busybox grep -v // main.go > /program\n"
    dockerfile = GOOD.replace("FROM base\n", f"{build}FROM base\n").replace("USER", "COPY --from=build /program /app/\nUSER")
    report = bench.prove(dockerfile, {"main.go": "package main\n"}, touch="main.go", check=("rebuild",))
    outcome = by_name(report)["rebuild"]
    assert outcome.status == "passed"
    assert "the image is the same" in outcome.seen
    assert "would prove" in outcome.notes[-1]


def test_a_file_that_no_step_uses(bench: Bench) -> None:
    build = "FROM base AS build\nCOPY main.go /src/\n"
    dockerfile = GOOD.replace("FROM base\n", f"{build}FROM base\n").replace("USER", "COPY --from=build /bin/busybox /app/\nUSER")
    report = bench.prove(dockerfile, {"main.go": "package main\n"}, touch="main.go", check=("rebuild",))
    assert failing(report) == ["rebuild"]
    assert "does not contain the new code" in by_name(report)["rebuild"].seen


def test_a_cache_mount_that_was_emptied(bench: Bench) -> None:
    """Its step came from the builder's cache, so that it is no fault of the Dockerfile's when the first change fetches again."""
    mount = f"--mount=type=cache,id={uuid4()},target=/kept"
    fetch = f"RUN {mount} [ -f /kept/it ] || echo Downloading it; busybox touch /kept/it; busybox cp main.go /program"
    empty = f"RUN {mount} busybox rm /kept/it && busybox touch /program"

    def proved(step: str) -> Report:
        build = f"FROM base AS build\nWORKDIR /src\nCOPY main.go .\n{step}\n"
        dockerfile = GOOD.replace("FROM base\n", f"{build}FROM base\n").replace("USER", "COPY --from=build /program /app/\nUSER")
        return bench.prove(dockerfile, {"main.go": "package main\n"}, touch="main.go", check=("build", "rebuild"))

    assert "build" not in failing(proved(fetch)) and "build" not in failing(proved(empty))
    outcome = by_name(proved(fetch))["rebuild"]
    assert outcome.status == "passed", outcome


def test_several_proofs_at_once(bench: Bench, busybox: Path, nothing_left: None) -> None:
    """From threads of one process, two of them of the same image, which neither leaves behind."""
    good = bench.write(GOOD)
    root = Bench(bench.folder.parent / "root", busybox).write(GOOD.replace("USER 65532:65532\n", ""))
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda context: prove(Spec(str(context), check=("starts", "user"))), (good, good, root)))
    assert list(map(failing, found)) == [[], [], ["user"]]


def test_all_proofs_of_a_process_end(bench: Bench, nothing_left: None) -> None:
    context = bench.write(GOOD.replace("EXPOSE 8080\n", "").replace("HEALTHCHECK", "#"))
    with ThreadPoolExecutor(2) as pool:
        proofs = [pool.submit(prove, Spec(str(context), expect_log="never", start_seconds=60.0)) for _ in range(2)]
        until(lambda: len(containers()) == 2)
        end_all()
    assert {str(each.exception()) for each in proofs} == {"the proof was ended"}


def test_ended_while_the_image_is_made(bench: Bench, nothing_left: None) -> None:
    """An engine that has begun to do so goes on, and has the image a moment after its client has ended."""
    from docker.errors import ImageNotFound

    class Impatient(Progress):
        def status(self, *lines: str) -> None:
            if "sleep 30" in lines[0]:
                (engine,) = _open
                tell, moments = engine.client.inspect_image, iter(range(3))
                engine.client.import_image_from_data(bytes(1024), f"{LABEL}-{engine.key}", "0")

                def tell_late(image: str) -> Any:
                    if next(moments, None) is not None:
                        raise ImageNotFound("not yet")
                    return tell(image)

                engine.client.inspect_image = tell_late
                raise KeyboardInterrupt

    context = bench.write(GOOD.replace("USER", "RUN busybox sleep 30\nUSER"))
    with pytest.raises(KeyboardInterrupt):
        prove(Spec(str(context), check=("starts",)), progress=Impatient())


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('CMD ["/nowhere"]', "a program that is in the image"),
        ('CMD ["/www/index.html"]', "begin a script with #!/bin/sh"),
        ("USER nobody-knows", "a name of the image's own /etc/passwd"),
        ("USER 1:nobody-knows", "a name of the image's own /etc/passwd"),
    ],
)
def test_what_no_engine_starts(line: str, words: str, bench: Bench) -> None:
    outcome = by_name(bench.prove(f"{GOOD}{line}\n", check=("starts",)))["starts"]
    assert (outcome.status, words in outcome.change) == ("failed", True), outcome
