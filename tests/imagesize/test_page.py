"""The page in a real browser: it draws, it needs no network, and nothing in an image becomes part of it."""

# ruff: noqa: E501 - tables of cases read best in long lines
from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.imagesize.archives import file, folder, legacy, whiteout, write
from tests.imagesize.test_cli import run

EVIL = "</script><script>document.title='broken'</script><img src=x onerror=alert(1)>"
LAYERS = [
    [folder("usr"), *(file(f"usr/lib/{name}/{number}", 1000 * (number + 1)) for name in "abc" for number in range(20))],
    [file("srv/app", 90_000), file(EVIL.replace("/", "_"), 30_000), file(f"d/{EVIL[:9]}", 20_000)],
    [whiteout("usr/lib/a")],
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("page")
    path = write(
        place / "a.tar", legacy(LAYERS, history=[{"created_by": f"RUN echo {EVIL}"}, {"created_by": "COPY . /"}, {"created_by": "RUN rm"}])
    )
    second = write(place / "b.tar", legacy(LAYERS[:1]))
    done = run(str(path), str(second), "--format", "html")
    assert done.returncode == 0, done.stderr
    (place / "page.html").write_bytes(done.stdout)
    return place / "page.html"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        pytest.skip("needs Chromium (Debian: apt-get install chromium)")
    flags = [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--window-size=1300,2600", f"--user-data-dir={tmp_path_factory.mktemp('profile')}",
    ]  # fmt: skip

    def see(*arguments: str) -> str:
        return subprocess.run([program, *flags, *arguments], capture_output=True, text=True, timeout=120).stdout

    return see


def test_the_page_stands_alone(page: Path) -> None:
    text, found = page.read_text(), list[tuple[str, dict[str, str | None]]]()

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, dict(attrs)))

    Tags().feed(text)
    assert [tag for tag, _ in found if tag in ("img", "link", "iframe", "object", "base", "form")] == []
    assert [tag for tag, attributes in found if {"src", "href", "srcset", "action"} & set(attributes)] == []
    assert [tag for tag, _ in found].count("script") == 2
    styles = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in styles and "@import" not in styles and "default-src 'none'" in text and EVIL not in text


def test_the_browser_draws_it(page: Path, browser: Callable[..., str]) -> None:
    drawn = browser("--dump-dom", page.as_uri())
    assert "<title>" in drawn and "broken" not in re.findall(r"<title>(.*?)</title>", drawn, re.DOTALL)[0]
    first, second = re.findall(r'<svg class="map".*?</svg>', drawn, re.DOTALL)
    for svg, names in ((first, ("usr", "lib", "srv", "app")), (second, ("usr", "lib", "a", "b", "c"))):
        assert svg.count("<rect") > 20
        for name in names:
            assert f">{name}" in svg or f"/{name}" in svg
    widths = [float(width) for width in re.findall(r'class="fill" style="width:([\d.]+)%"', drawn)]
    assert len(widths) == 4 and max(widths) == 100
    assert drawn.count('class="waste"') >= 4 and "drawn" not in re.findall(r"<nav class=\"crumbs\">(.*?)</nav>", drawn)[0]


def test_a_picture_of_it(page: Path, browser: Callable[..., str]) -> None:
    """Two pages of other images are other pictures; a page that draws nothing would be the same twice."""
    picture = page.with_suffix(".png")
    browser(f"--screenshot={picture}", page.as_uri())
    data = picture.read_bytes()
    assert data.startswith(b"\x89PNG") and len(data) > 40_000
    keep = os.environ.get("IMAGESIZE_PICTURE")
    if keep:
        shutil.copy(picture, keep)
