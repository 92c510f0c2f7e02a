"""Chromium for one test run, and everything that goes wrong in it."""

import os
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import ConsoleMessage, Page, Request, Response, sync_playwright

# Software rendering: test machines have no graphics card. Without a sandbox, because tests run as root.
FLAGS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
]

# What OHIF itself writes as console errors, whatever the server: (part of the text, why it is not ours).
OHIF_NOISE = [
    ("Warning: ", "React's development warnings, which OHIF's build has kept"),
]

# Violations of the content security policy, also those the console does not show.
REPORT_VIOLATIONS = """
document.addEventListener('securitypolicyviolation', event => console.error(
    'CSP violation: ' + event.effectiveDirective + ' blocked ' + event.blockedURI + ' in ' + event.sourceFile));
"""


@dataclass
class Problems:
    """Failed requests, console errors and requests to other hosts, in their order."""

    base: str
    found: list[str] = field(default_factory=list)
    requests: int = 0

    def watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.found.append(f"uncaught: {error}"))
        page.on("request", self._request)
        page.on("requestfailed", self._failed)
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        if not any(noise in message.text for noise, _ in OHIF_NOISE):
            self.found.append(f"console: {message.text[:500]} ({message.location.get('url', '')})")

    def _request(self, request: Request) -> None:
        self.requests += 1
        if not request.url.startswith((self.base + "/", "blob:", "data:")):
            self.found.append(f"request to another host: {request.url}")

    def _failed(self, request: Request) -> None:
        # OHIF takes back what it no longer needs when a study is left; that is its right.
        if request.failure != "net::ERR_ABORTED":
            self.found.append(f"failed: {request.method} {request.url}: {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.found.append(f"{response.status}: {response.request.method} {response.url}")


@contextmanager
def open_browser(base: str):
    """A page of a fresh browser profile, and its problems."""
    problems = Problems(base)
    with sync_playwright() as playwright:
        chromium = os.environ.get("NOCTIS_CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = browser.new_context(viewport={"width": 1600, "height": 1000}, locale="en-GB")
        context.add_init_script(REPORT_VIOLATIONS)
        page = context.new_page()
        page.set_default_timeout(60_000)
        problems.watch(page)
        try:
            yield page, problems
        finally:
            browser.close()
