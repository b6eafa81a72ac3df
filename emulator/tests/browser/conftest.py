"""Chromium for the tests of the console, and a page that reports its errors."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from contract_tests.server import Pool
from emulator import Emulator

ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
TIMEOUT_MILLISECONDS = 30_000
expect.set_options(timeout=TIMEOUT_MILLISECONDS)
WIDTH, HEIGHT = 1280, 800
Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser without a window."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("there is no chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def emulator(pool: Pool) -> Iterator[Emulator]:
    """A new emulator, or one after a reset, with the data set ``storefront``."""
    with pool.serve(fixtures="storefront") as emulator:
        yield emulator


@pytest.fixture
def open_page(browser: Browser, emulator: Emulator) -> Iterator[Open]:
    """What opens a page below ``/__emulator__`` in a browser of its own.

    At the end no page has written an error to its console, except the status of an answer that a
    test expects.
    """
    errors: list[str] = []
    contexts = []

    def note(line: ConsoleMessage) -> None:
        is_status = "the server responded with a status of" in line.text
        if line.type in ("error", "warning") and not is_status:
            errors.append(line.text)

    def note_failure(request: Request) -> None:
        # A request ends early where the test leaves the page.
        if request.failure != "net::ERR_ABORTED":
            errors.append(f"{request.url}: {request.failure}")

    def open_(
        path: str = "", base: str = emulator.url, *, is_watched: bool = True, **options: Any
    ) -> Page:
        size = {"width": options.pop("width", WIDTH), "height": options.pop("height", HEIGHT)}
        context = browser.new_context(viewport=size, **options)  # type: ignore[arg-type]
        context.set_default_timeout(TIMEOUT_MILLISECONDS)
        contexts.append(context)
        page = context.new_page()
        if is_watched:
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on("console", note)
            page.on("requestfailed", note_failure)
        page.goto(f"{base}/__emulator__{path}")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert errors == []


def wait_for_scripts(page: Page) -> None:
    """Wait for the scripts of a page that is shown: without them a button sends a plain form."""
    page.wait_for_load_state()


@pytest.fixture
def screenshots() -> Path | None:
    """The folder for screenshots, None if the run makes none."""
    folder = os.environ.get("SCREENSHOTS", "")
    return Path(folder) if folder else None
