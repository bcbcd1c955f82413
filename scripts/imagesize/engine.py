"""Images of an engine: Docker, or whatever answers like it.

Where it is: `DOCKER_HOST`, else the chosen context, else the first of Docker's and Podman's sockets behind which somebody listens.
"""

from __future__ import annotations

import errno
import json
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from importlib import import_module
from typing import Any

from imagesize.errors import ImageError
from imagesize.tarscan import CHUNK

_SOCKETS = ("/var/run/docker.sock", "{runtime}/docker.sock", "{runtime}/podman/podman.sock", "/run/podman/podman.sock")
"""Docker's, that of a rootless Docker, those of Podman."""
_CANDIDATES = 60  # asking about an image takes a millisecond or two


@contextmanager
def connected() -> Iterator[Any]:
    """A client of the engine's API. Whatever goes wrong with the engine within raises ImageError."""
    try:
        docker: Any = import_module("docker")
    except ImportError:
        raise ImageError("an engine's image needs the package docker; an archive of `docker save` does not") from None
    requests: Any = import_module("requests")
    settings = _settings(docker)
    client = None
    try:
        client = _client(docker, settings)
        yield client
    except docker.errors.ImageNotFound as error:
        raise ImageError(f"the engine has no such image ({error.explanation}), and there is no such file") from None
    except docker.errors.APIError as error:
        raise ImageError(f"the engine refuses: {error.explanation or error}") from None
    except docker.errors.DockerException as error:
        raise ImageError(f"no engine answers at {settings['base_url']} ({_reason(error)}), and there is no such file") from None
    except requests.exceptions.RequestException as error:
        raise ImageError(f"the connection to the engine broke: {_reason(error)}") from None
    finally:
        if client is not None:
            client.close()


def _reason(error: BaseException) -> str:
    """What the operating system says below all that libraries say about it."""
    cause: BaseException | None = error
    said = str(error).partition("Error while fetching server API version: ")[2] or str(error)
    while cause is not None:
        said = getattr(cause, "strerror", None) or said
        cause = cause.__cause__ or cause.__context__
    return said[:120]


def _client(docker: Any, settings: dict[str, Any]) -> Any:
    try:
        return docker.APIClient(version="auto", timeout=600, **settings)
    except (AttributeError, TypeError, ValueError) as error:  # what it does about a configuration that is none
        raise ImageError(f"{_folder()}/config.json is no configuration of Docker, or {settings['base_url']} no address ({error})") from None


def _settings(docker: Any) -> dict[str, Any]:
    """Where the engine is, and how to talk to it."""
    settings: dict[str, Any] = {"base_url": f"unix://{_SOCKETS[0]}"}
    name = os.environ.get("DOCKER_CONTEXT") or _document("config.json").get("currentContext") or "default"
    if os.environ.get("DOCKER_HOST"):
        try:
            settings |= {"base_url": os.environ["DOCKER_HOST"], **docker.utils.kwargs_from_env()}
        except docker.errors.DockerException:
            raise ImageError("DOCKER_TLS_VERIFY is set, and DOCKER_CERT_PATH has no ca.pem, cert.pem and key.pem") from None
    elif name != "default":
        settings |= _context(docker, str(name))
    else:
        runtime = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
        settings["base_url"] = "unix://" + next(filter(_listens, (each.format(runtime=runtime) for each in _SOCKETS)), _SOCKETS[0])
    return {**settings, "use_ssh_client": str(settings["base_url"]).startswith("ssh:")}


def _listens(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(path) in (0, errno.EACCES)


def _context(docker: Any, name: str) -> dict[str, Any]:
    """The engine of a context of Docker's command line; the library finds them only where there is a config.json."""
    identity = sha256(name.encode()).hexdigest()
    described = _document(f"contexts/meta/{identity}/meta.json")
    try:
        endpoint = described["Endpoints"]["docker"]
        settings = {"base_url": str(endpoint["Host"])}
        keys = {each: f"{_folder()}/contexts/tls/{identity}/docker/{each}.pem" for each in ("ca", "cert", "key")}
        if os.path.exists(keys["ca"]) or os.path.exists(keys["cert"]):
            pair = (keys["cert"], keys["key"]) if os.path.exists(keys["cert"]) else None
            settings["tls"] = docker.tls.TLSConfig(client_cert=pair, ca_cert=keys["ca"], verify=not endpoint.get("SkipTLSVerify"))
    except (KeyError, TypeError, AttributeError):
        raise ImageError(f"there is no Docker context {name!r} in {_folder()}") from None
    except docker.errors.DockerException as error:
        raise ImageError(f"the keys of the Docker context {name!r} are of no use: {error}") from None
    return settings


def _folder() -> str:
    return os.environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker")


def _document(path: str) -> dict[str, Any]:
    """A document of Docker's command line; nothing where there is none that can be read."""
    try:
        with open(f"{_folder()}/{path}", encoding="utf-8") as file:
            document = json.load(file)
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def inspected(client: Any, name: str, platform: str = "") -> dict[str, Any]:
    """What the engine tells of an image; raises ImageError where it has none of that name, or an engine none for the platform."""
    answer: dict[str, Any] = _asked(client, "/images/{0}/json", name, platform, (1, 49))
    if not isinstance(answer, dict):  # a name such as `a/../..` asks for something else
        raise ImageError(f"{name!r} is no image's name")
    return answer


def history(client: Any, name: str, platform: str = "") -> list[dict[str, Any]]:
    """The history of an image, newest first, with the size of each step."""
    answer: list[dict[str, Any]] = _asked(client, "/images/{0}/history", name, platform, (1, 48))
    return answer


def _asked(client: Any, path: str, name: str, platform: str, since: tuple[int, int]) -> Any:
    """An answer of the API; the SDK does not name a platform."""
    return client._result(client._get(client._url(path, name), params=_platform(client, platform, since)), True)


def _platform(client: Any, platform: str, since: tuple[int, int]) -> list[tuple[str, str]]:
    """The parameter that names a platform, for an API that knows it."""
    if not platform or tuple(map(int, client.api_version.split("."))) < since:
        return []
    named = dict(zip(("os", "architecture", "variant"), platform.split("/"), strict=False))
    return [("platform", json.dumps(named))]


def exported(client: Any, names: Sequence[str], platform: str = "") -> Callable[[], bytes]:
    """A function that gives the archive of all the images chunk by chunk: one request, each shared layer once."""
    parameters = [*(("names", name) for name in names), *_platform(client, platform, (1, 48))]
    response = client._get(client._url("/images/get"), params=parameters, stream=True)  # the SDK exports one image at a time
    client._raise_for_status(response)

    def read() -> bytes:
        data: bytes = response.raw.read(CHUNK)
        return data

    return read


def base_of(client: Any, told: dict[str, Any]) -> tuple[tuple[str, ...], int]:
    """The names of the engine's tagged image whose layers are the most of an image's first ones, and how many; none if there is none.

    An image that was pulled goes before one that was built here: what was built may have the same first layers from the build cache, and
    can be changed here. For the same reason an image of the same repository is none: it is an earlier build.
    """
    own = {_repository(tag) for tag in told.get("RepoTags") or []}
    smaller = [
        each
        for each in client.images()
        if each["Id"] != told.get("Id")
        and any(_repository(tag) not in own for tag in each.get("RepoTags") or [])
        and each["Size"] <= told.get("Size", 0)
    ]
    pulled = [each for each in smaller if each.get("RepoDigests")]
    best = _longest(client, told, pulled) if pulled else (tuple[str, ...](), 0)
    return best if best[1] else _longest(client, told, smaller)


def _longest(client: Any, told: dict[str, Any], candidates: list[dict[str, Any]]) -> tuple[tuple[str, ...], int]:
    """Of some images the one that an image has the most first layers of.

    A base image is smaller than what is built on it, and the longer of two the larger: the largest that fits is the answer.
    """
    layers = (told.get("RootFS") or {}).get("Layers") or []
    best, size = (tuple[str, ...](), 0), 0
    for summary in sorted(candidates, key=lambda each: (-each["Size"], each["RepoTags"]))[:_CANDIDATES]:
        if summary["Size"] < size:
            break
        try:
            found: list[str] = inspected(client, summary["Id"]).get("RootFS", {}).get("Layers") or []
        except import_module("docker").errors.ImageNotFound:  # somebody has just removed it
            continue
        if found and best[1] == len(found) and layers[: len(found)] == found:
            best = (tuple(sorted({*best[0], *summary["RepoTags"]})), best[1])
        elif best[1] < len(found) and layers[: len(found)] == found and (len(found) < len(layers) or _is_older(client, summary, told)):
            # Another of this size may have more empty layers.
            best, size = (tuple(sorted(summary["RepoTags"])), len(found)), summary["Size"]
    return best


def _repository(tag: str) -> str:
    return tag.rpartition(":")[0]


def _is_older(client: Any, summary: dict[str, Any], told: dict[str, Any]) -> bool:
    """Whether of two images with the same layers the first has fewer instructions."""
    return len(history(client, summary["Id"])) < len(history(client, told["Id"]))


def known_bases(client: Any, told: dict[str, Any], names: Sequence[str]) -> dict[str, int]:
    """Of images of these names those that the engine has and an image is built on: how many of its first layers are theirs."""
    layers, found = (told.get("RootFS") or {}).get("Layers") or [], dict[str, int]()
    for name in names:
        try:
            below: list[str] = (inspected(client, name).get("RootFS") or {}).get("Layers") or []
        except (import_module("docker").errors.APIError, ImageError):
            continue
        if below and layers[: len(below)] == below:
            found[name] = len(below)
    return found
