"""A browser, and pages in it that report whatever goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.rendering.pages.written import page

CHROMIUM = "/usr/bin/chromium"
"""Debian's; `.ci/run` installs it."""
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opened]:
    """Opens a page by its name, with a width and options of the browser's context.

    At the end no error may have come to the console, and nothing may have been asked for but the page itself.
    """
    said: list[str] = []
    asked: list[str] = []

    def made(name: str, width: int = 1200, **options: object) -> Page:
        path = tmp_path / f"{name}.html"
        path.write_text(page(name), "utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce", **options)
        context.set_default_timeout(6000)
        shown = context.new_page()
        shown.on("console", lambda message: said.append(message.text))
        shown.on("pageerror", lambda error: said.append(str(error)))
        shown.on("request", lambda request: asked.append(request.url.partition("#")[0]))
        shown.goto(path.as_uri())
        shown.evaluate("document.fonts.ready")
        return shown

    yield made
    for context in list(browser.contexts):
        context.close()
    assert said == []
    assert {url for url in asked if not url.startswith("data:font/woff2;")} <= {p.as_uri() for p in tmp_path.glob("*")}
