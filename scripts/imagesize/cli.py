"""The command line of `analyze_image_size.sh`."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from commandline import INTERRUPTED, UNABLE, VERSION, Parser, open_streams, put
from imagesize.errors import LIMITS, ImageError, Limits
from imagesize.units import parse_bandwidth, parse_share, parse_size

PROGRAM = "analyze_image_size.sh"
FORMATS = ("table", "json", "markdown", "html")
_DESCRIPTION = "Tell where an image's bytes are, which instruction put them there, and what to change. Two images or more are compared."
_EPILOG = f"""\
IMAGE is the name of an engine's image, a `docker save` archive (also compressed), an OCI layout as folder or tar, or - for an archive
on standard input. A file, and any image with --deep, is read layer by layer; without it an engine's image is told from its history,
at once.

  {PROGRAM} --deep --dockerfile Dockerfile app      what to change, at which line
  {PROGRAM} --deep app:before app:after             what an optimisation brought
  {PROGRAM} app.tar --max-size 200MB --max-waste 5%  a gate for CI
  {PROGRAM} app.tar --format json > baseline.json   and later: --baseline baseline.json --max-growth 2%

Sizes are decimal (200MB) or binary (200MiB). Exit status: 0, 1 when a threshold is passed, 2 when something could not be read,
130 when interrupted.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; its exit status."""
    if not open_streams():
        return _refuse("standard output is closed: there is nowhere to write the report")
    gc.disable()  # nothing that is made here goes in circles, and looking for some costs a tenth of the time
    try:
        return _run(_parser().parse_args(arguments))
    except ImageError as error:
        return _refuse(str(error))
    except MemoryError:
        return _refuse("there is not enough memory for this image: --max-entries stops earlier")
    except OSError as error:
        return _refuse(f"{error.filename or 'input or output'}: {error.strerror or error}")
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        gc.freeze()  # Python would look once more before it ends


def _say(sentence: str) -> None:
    sys.stderr.write(f"{PROGRAM}: {sentence}\n".encode("utf-8", "backslashreplace").decode())


def _refuse(sentence: str) -> int:
    _say(sentence)
    return UNABLE


def _typed(parse: Callable[[str], Any], wanted: str) -> Callable[[str], Any]:
    def convert(text: str) -> Any:
        try:
            return parse(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}") from None

    return convert


def _bound(text: str) -> tuple[str, float]:
    """A size, or a share with a percent sign."""
    return ("_share", parse_share(text)) if text.strip().endswith("%") else ("", float(parse_size(text)))


def _natural(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError
    return number


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        ImageError,
        PROGRAM, description=_DESCRIPTION, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    sized, bound = _typed(parse_size, "a size such as 200MB"), _typed(_bound, "a size such as 10MB or a share such as 5%")
    parser.add_argument("images", nargs="+", metavar="IMAGE")
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {VERSION}")
    parser.add_argument("--deep", action="store_true", help="read an engine's layers too (as beside a file, and for a threshold)")
    parser.add_argument("--platform", default="", metavar="OS/ARCH", help="which image of a multi-platform index, such as linux/arm64")
    parser.add_argument(
        "--dockerfile", metavar="FILE", help="the Dockerfile that the (last) image was built from: advice points at its lines"
    )
    parser.add_argument("--format", choices=FORMATS, default="table")
    parser.add_argument(
        "--top", type=_typed(_natural, "a number"), default=20, metavar="N", help="so many items in each list; 0 for all (default: 20)"
    )
    parser.add_argument(
        "--bandwidth", type=_typed(parse_bandwidth, "a bandwidth such as 100Mbit"), default=1e8, help="for the pull time (default: 100Mbit)"
    )
    gates = parser.add_argument_group("thresholds (they read the layers, as --deep does)")
    gates.add_argument("--max-size", type=sized, metavar="SIZE", help="most bytes on disk, uncompressed")
    gates.add_argument("--max-waste", type=bound, metavar="SIZE|N%", help="most wasted bytes, or their share of all file contents")
    gates.add_argument(
        "--max-growth", type=bound, metavar="SIZE|N%", help="most growth on disk against the baseline, else against the first image"
    )
    gates.add_argument("--baseline", metavar="FILE", help="an earlier report of --format json")
    safety = parser.add_argument_group("trust")
    safety.add_argument(
        "--verify",
        action=argparse.BooleanOptionalAction,
        help="compare all layers, or none, with their digests (default: compressed ones where there are two processors; "
        "of others the smallest, 64 MiB together)",
    )
    safety.add_argument(
        "--max-read", type=sized, default=LIMITS.bytes, metavar="SIZE", help="most uncompressed bytes to read (default: 64GiB)"
    )
    safety.add_argument(
        "--max-entries", type=_typed(_natural, "a number"), default=LIMITS.entries, metavar="N", help="most entries (default: 5000000)"
    )
    return parser


def _run(options: argparse.Namespace) -> int:
    from imagesize import dockerfile, packages, report
    from imagesize.progress import Bar
    from imagesize.sources import Options, load_all

    most = _thresholds(options)
    baseline = _baseline(options.baseline) if options.baseline else None
    text = _text(options.dockerfile) if options.dockerfile else None
    deep = options.deep or bool(most) or baseline is not None
    with Bar(sys.stderr) as bar:
        limits = Limits(options.max_read, options.max_entries)
        bases = dockerfile.bases(text) if text else ()
        images = load_all(options.images, Options(deep, options.platform, options.verify, limits, packages.INTEREST, bases, bar.show))
        analyses = [report.analyze(image, text if place == len(images) - 1 else None) for place, image in enumerate(images)]
        document = report.document(analyses, options.top, options.bandwidth)
    document["exceeded"] = list(report.over(document, baseline, most))
    if options.format == "html":
        document["trees"] = report.trees(analyses)
    written: str = import_module(f"imagesize.output.{options.format}").write(document)
    put([written.encode("utf-8", "backslashreplace"), b"\n"])
    for sentence in document["exceeded"]:
        _say(sentence)
    return 1 if document["exceeded"] else 0


def _thresholds(options: argparse.Namespace) -> dict[str, float]:
    most: dict[str, float] = {"size": options.max_size} if options.max_size is not None else {}
    for name in ("waste", "growth"):
        value = getattr(options, f"max_{name}")
        if value is not None:
            most[name + value[0]] = value[1]
    if options.max_growth is not None and options.baseline is None and len(options.images) < 2:
        raise ImageError("--max-growth needs a --baseline, or a second image")
    return most


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(LIMITS.document)
    except OSError as error:
        raise ImageError(f"cannot read {path}: {error.strerror}") from None


def _baseline(path: str) -> dict[str, Any]:
    import json

    try:
        document = json.loads(_text(path))
        images = document["images"]
        if images and all(isinstance(image["uncompressed_bytes"], int) and image.get("deep", True) for image in images):
            return {"images": images}
    except (ValueError, KeyError, TypeError, RecursionError, AttributeError):
        pass
    raise ImageError(f"{path} is no report that --format json wrote of layers that were read (--deep)")
