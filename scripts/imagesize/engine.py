"""Images of an engine: Docker, or whatever answers like it.

Where it is: `DOCKER_HOST`, else the chosen context, else Docker's socket, else podman's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from imagesize.errors import ImageError
from imagesize.tarscan import CHUNK

_SOCKET = "/var/run/docker.sock"
_CANDIDATES = 60  # asking about an image takes a millisecond or two
_PODMAN = ("{runtime}/podman/podman.sock", "/run/podman/podman.sock")


@contextmanager
def connected() -> Iterator[Any]:
    """A client of the engine's API. Whatever goes wrong with the engine within raises ImageError."""
    try:
        docker: Any = import_module("docker")
    except ImportError:
        raise ImageError("an engine's image needs the package docker; an archive of `docker save` does not") from None
    requests: Any = import_module("requests")
    client = None
    try:
        client = _client(docker)
        yield client
    except docker.errors.ImageNotFound as error:
        raise ImageError(f"the engine has no such image ({error.explanation}), and there is no such file") from None
    except docker.errors.APIError as error:
        raise ImageError(f"the engine refuses: {error.explanation or error}") from None
    except docker.errors.DockerException as error:
        reason = str(error).partition("Error while fetching server API version: ")[2] or str(error)
        raise ImageError(f"no engine answers ({reason[:120]}), and there is no such file") from None
    except requests.exceptions.RequestException as error:
        raise ImageError(f"the connection to the engine broke: {str(error)[:120]}") from None
    finally:
        if client is not None:
            client.close()


def _client(docker: Any) -> Any:
    settings: dict[str, Any] = {"version": "auto", "timeout": 600}
    if os.environ.get("DOCKER_HOST"):
        return docker.APIClient(
            **{**docker.utils.kwargs_from_env(), **settings}, use_ssh_client=os.environ["DOCKER_HOST"].startswith("ssh:")
        )
    name = os.environ.get("DOCKER_CONTEXT") or import_module("docker.context.config").get_current_context_name()
    if name and name != "default":
        context = docker.ContextAPI.get_context(name)
        if context is None:
            raise ImageError(f"there is no Docker context {name!r}")
        return docker.APIClient(
            base_url=context.Host, tls=context.TLSConfig or False, use_ssh_client=str(context.Host).startswith("ssh:"), **settings
        )
    if not os.path.exists(_SOCKET):
        runtime = os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.getuid()}")
        for place in _PODMAN:
            if os.path.exists(path := place.format(runtime=runtime)):
                return docker.APIClient(base_url=f"unix://{path}", **settings)
    return docker.APIClient(base_url=f"unix://{_SOCKET}", **settings)


def inspected(client: Any, name: str) -> dict[str, Any]:
    """What the engine tells of an image; raises ImageError where it has none of that name."""
    answer: dict[str, Any] = client.inspect_image(name)
    return answer


def history(client: Any, name: str) -> list[dict[str, Any]]:
    """The history of an image, newest first, with the size of each step."""
    answer: list[dict[str, Any]] = client.history(name)
    return answer


def exported(client: Any, names: Sequence[str], platform: str = "") -> Callable[[], bytes]:
    """A function that gives the archive of all the images chunk by chunk: one request, each shared layer once."""
    parameters: list[tuple[str, str]] = [("names", name) for name in names]
    if platform and tuple(map(int, client.api_version.split("."))) >= (1, 48):
        system, architecture, *variant = platform.split("/")
        quoted = f'{{"os":"{system}","architecture":"{architecture}"' + (f',"variant":"{variant[0]}"' if variant else "") + "}"
        parameters.append(("platform", quoted))
    response = client._get(client._url("/images/get"), params=parameters, stream=True)  # the SDK exports one image at a time
    client._raise_for_status(response)

    def read() -> bytes:
        data: bytes = response.raw.read(CHUNK)
        return data

    return read


def base_of(client: Any, told: dict[str, Any]) -> tuple[str, int]:
    """The tagged image of the engine whose layers are the most of an image's first ones, and how many; an empty name if there is none.

    A base image is smaller than what is built on it, and the longer of two the larger: the largest that fits is the answer.
    """
    layers = (told.get("RootFS") or {}).get("Layers") or []
    smaller = [
        each for each in client.images() if each["Id"] != told.get("Id") and each.get("RepoTags") and each["Size"] <= told.get("Size", 0)
    ]
    smaller.sort(key=lambda each: (-each["Size"], each["RepoTags"]))
    best, size = ("", 0), 0
    for summary in smaller[:_CANDIDATES]:
        if summary["Size"] < size:
            break
        try:
            found: list[str] = inspected(client, summary["Id"]).get("RootFS", {}).get("Layers") or []
        except import_module("docker").errors.ImageNotFound:  # somebody has just removed it
            continue
        if best[1] < len(found) < len(layers) and layers[: len(found)] == found:
            best, size = (min(summary["RepoTags"]), len(found)), summary["Size"]  # another of this size may have more empty layers
    return best
