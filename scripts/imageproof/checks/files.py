"""What the application runs is out of its own reach: who breaks into it cannot change it for good."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from imageproof.errors import Skip
from imageproof.outcome import Outcome, failed, listed, passed, plural
from imagesize.units import visible

if TYPE_CHECKING:
    from imageproof.proof import Proof
    from imagesize.model import Image
    from imagesize.tarheaders import Entry

_CODE = tuple(
    ".py .pyc .pyd .js .mjs .cjs .ts .rb .php .pl .pm .sh .bash .so .jar .war .class .dll .node .lua .ex .beam .wasm .R".split()
)
_PASSING = ("tmp/", "var/tmp/", "dev/", "proc/", "sys/", "run/")


def judge(proof: Proof) -> Outcome:
    """Looks at owners and modes in the layers above the base's."""
    image = proof.contents.get()
    base = proof.base_layers(image)
    user, groups = proof.account()
    own = [(path, placed.entry) for path, placed in image.final_tree.items() if placed.layer >= base]
    if not own:
        raise Skip("it adds no file to its base image")
    setuid = [
        visible(f"/{path}")
        for path, entry in own
        if entry.kind == "file" and entry.mode & 0o6000 and entry.mode & 0o111
    ]
    seen, changes = list[str](), list[str]()
    if setuid:
        seen.append(f"{plural(len(setuid), 'setuid or setgid program')} beyond the base's: {listed(setuid)}")
        changes.append("remove the bit in the same RUN: `chmod a-s FILE`")
    elif user is None:
        raise Skip(f"the image's /etc/passwd has no user {visible(str(proof.config.get('User')))}")
    elif user == 0:
        return passed("no setuid file beyond the base's; it runs as root, who can write everything: see `user`")
    writable = sorted(set(_writable(image, own, user, groups))) if user else []
    if user and writable:
        shown = [visible(f"/{path}") for path in writable]
        seen.append(f"its user ({user}) can write {plural(len(shown), 'path')} of what it runs: {listed(shown)}")
        changes.append(
            "let root own that folder: put WORKDIR before USER, and do without a chown of it"
            if writable == [str(proof.config.get("WorkingDir") or "").strip("/") + "/"]
            else "let root own them (`COPY` without --chown, `--chmod=u=rwX,go=rX`), and give the user a folder of its own for data"
        )
    if seen:
        return failed("; ".join(seen), "; ".join(changes))
    return passed(
        f"none of {plural(len(own), 'path')} above the base is code that user {user} can write; no setuid file"
    )


def _writable(image: Image, own: list[tuple[str, Entry]], user: int, groups: frozenset[int]) -> Iterator[str]:
    """Code that the user can write, and folders of code in which it can put other code in its place."""
    tree = image.final_tree
    entry_point = _entry_point(image)
    for path, entry in own:
        if (
            entry.kind != "file"
            or path.startswith(_PASSING)
            or not (entry.mode & 0o111 or path.endswith(_CODE) or path in entry_point)
        ):
            continue
        if _can_write(entry, user, groups):
            yield path
            continue
        # Whoever can write a folder can put another one in the place of what is in it, however deep the code lies below.
        folder = path
        while folder := folder.rpartition("/")[0]:
            placed = tree.get(folder)
            if placed and not placed.entry.mode & 0o1000 and _can_write(placed.entry, user, groups):
                yield folder + "/"
                break


def _can_write(entry: Entry, user: int, groups: frozenset[int]) -> bool:
    """Whether the mode lets it, read as the kernel reads it: the owner's bits for the owner, else the group's for the group."""
    if entry.uid == user:
        return bool(entry.mode & 0o200)
    return bool(entry.mode & 0o020) if entry.gid in groups else bool(entry.mode & 0o002)


def _entry_point(image: Image) -> frozenset[str]:
    """Files that ENTRYPOINT and CMD name."""
    config = image.config.get("config") or {}
    words = [str(word) for key in ("Entrypoint", "Cmd") for word in config.get(key) or ()]
    folder = str(config.get("WorkingDir") or "/").strip("/")
    return frozenset(
        word.strip("/") if word.startswith("/") else f"{folder}/{word.removeprefix('./')}".strip("/") for word in words
    )
