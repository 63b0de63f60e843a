"""Helpers for tests in a real Chromium: the browser, and JupyterLab as `make lab` serves it."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
from playwright.sync_api import sync_playwright

from docs._ext import paper
from tests.course import ROOT, environment

ARTIFACTS = ROOT / "test-artifacts"
TOKEN = "a-token-for-the-test"
#: Milliseconds to wait for a page on a machine that does other things besides.
SLOW = 120_000


def launch(playwright):
    """Start Chromium."""
    if not paper.chromium():
        pytest.fail("the browser tests need Chromium: `make system` installs it or says how")
    return paper.launch(playwright)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url):
    request = urllib.request.Request(url, headers={"Authorization": f"token {TOKEN}"})
    with urllib.request.urlopen(request, timeout=10) as reply:
        return json.loads(reply.read())


def wait_until(condition, what, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.3)


@contextmanager
def served(course, home, log, target="lab"):
    """Serve a course by `make lab` with this home folder; yield the address of its JupyterLab.

    `target` may be another of the Makefile's that opens JupyterLab.
    """
    # All cells stay in the page, so that a locator finds what is scrolled out of view.
    settings = home / ".jupyter/lab/user-settings/@jupyterlab/notebook-extension"
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}')
    port = free_port()
    flags = f"--no-browser --port={port} --IdentityProvider.token={TOKEN}"
    variables = environment(course, HOME=str(home))
    log.parent.mkdir(exist_ok=True)
    with log.open("w") as stream:
        server = subprocess.Popen(
            ["make", target, f"LAB_FLAGS={flags}"],
            cwd=course,
            env=variables,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    base = f"http://127.0.0.1:{port}"

    def serves():
        assert server.poll() is None, f"make {target} stopped:\n{log.read_text()[-2000:]}"
        try:
            return get(f"{base}/api/status")
        except (urllib.error.URLError, ConnectionError):
            return False

    try:
        wait_until(serves, f"make {target} to serve")
        yield base
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(30)


@pytest.fixture
def lab(course, tmp_path, request):
    """The address of a JupyterLab that `make lab` serves from a fresh copy and an empty home."""
    log = ARTIFACTS / f"{request.path.stem}-lab.log"
    with served(course, tmp_path / "home", log, getattr(request, "param", "lab")) as base:
        yield base


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, request):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_navigation_timeout(SLOW)
    yield page
    page.screenshot(path=ARTIFACTS / f"{request.path.stem}-last.png")
    page.close()
