"""Image references, by the grammar that every builder and engine shares.

The grammar is that of github.com/distribution/reference (``ParseNormalizedNamed``), which BuildKit calls for the name
in FROM; its digests are those of github.com/opencontainers/go-digest. What these refuse, the build refuses.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_DOCKER_HUB = "docker.io"
_OLD_DOCKER_HUB = "index.docker.io"
_OFFICIAL = "library/"

_LONGEST_REPOSITORY = 255
_LONGEST_TAG = 128
_HEX_DIGITS = frozenset("0123456789abcdef")
_ID_LENGTH = 64  # of an image, in hexadecimal digits
_IPV6_CHARACTERS = frozenset("0123456789abcdefABCDEF:")
_HOST_CHARACTERS = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-")
_TAG_CHARACTERS = _HOST_CHARACTERS | frozenset("._")
_DIGEST_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}  # algorithm -> hexadecimal digits

_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")


class ImageReference(NamedTuple):
    """A reference that can be pulled, with the defaults of the Docker Hub filled in."""

    text: str  # as written
    registry: str  # "docker.io" where none is written
    repository: str  # path in the registry: "library/python"
    name: str  # what people call it: "python"; "grafana/grafana"; the repository for other registries
    tag: str  # "" where none is written
    digest: str  # "sha256:…", "" where none is written


@lru_cache(maxsize=256)
def parse(text: str) -> ImageReference | None:
    """Return the reference that `text` is, or None where the grammar refuses it.

    >>> parse("python:3.14-slim").repository
    'library/python'
    """
    if len(text) == _ID_LENGTH and _HEX_DIGITS.issuperset(text):
        return None  # it would be taken for the id of an image
    registry, rest = _split_registry(text)
    rest, at, digest = rest.partition("@")
    path, colon, tag = rest.partition(":")
    if registry and not _is_registry(registry):
        registry, path = "", f"{registry}/{path}"
    if (
        len(path) > _LONGEST_REPOSITORY
        or not _REPOSITORY.fullmatch(path)
        or (colon and not _is_tag(tag))
        or (at and not _is_digest(digest))
    ):
        return None
    official = registry == _DOCKER_HUB and path.startswith(_OFFICIAL) and path.count("/") == 1
    return ImageReference(text, registry, path, path.removeprefix(_OFFICIAL) if official else path, tag, digest)


def _split_registry(text: str) -> tuple[str, str]:
    """Split into registry and the rest: a first part with "." or ":" or capitals, or "localhost", is a registry."""
    first, slash, rest = text.partition("/")
    if not slash:
        return _DOCKER_HUB, _OFFICIAL + text
    if first == _OLD_DOCKER_HUB:
        first = _DOCKER_HUB
    elif first != "localhost" and "." not in first and ":" not in first and first.lower() == first:
        return _DOCKER_HUB, text
    if first == _DOCKER_HUB and "/" not in rest:
        rest = _OFFICIAL + rest
    return first, rest


def _is_registry(text: str) -> bool:
    if text.startswith("["):
        address, bracket, port = text[1:].partition("]")
        host_is_valid = bool(bracket and address) and _IPV6_CHARACTERS.issuperset(address)
    else:
        host, colon, port = text.partition(":")
        port = colon + port
        host_is_valid = all(part == part.strip("-") != "" and _HOST_CHARACTERS.issuperset(part) for part in host.split("."))
    return host_is_valid and (not port or (port[0] == ":" and port[1:].isascii() and port[1:].isdigit()))


def _is_tag(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_TAG and text[0] not in ".-" and _TAG_CHARACTERS.issuperset(text)


def _is_digest(text: str) -> bool:
    algorithm, _, digits = text.partition(":")
    return len(digits) == _DIGEST_LENGTHS.get(algorithm) and _HEX_DIGITS.issuperset(digits)
