"""OHIF's viewer with a study open: pixels, scrolling, thumbnails."""

import io

import numpy as np
from PIL import Image
from playwright.sync_api import Page

PATIENCE_MS = 90_000


class ImageView:
    def __init__(self, page: Page) -> None:
        self.page = page

    def wait_for_image(self) -> None:
        """Waits until the viewport shows something; closes the guided tour that a first visit brings."""
        self.page.locator("canvas.cornerstone-canvas").first.wait_for(timeout=PATIENCE_MS)
        for _ in range(PATIENCE_MS // 250):
            self._skip_tour()
            if self.pixels().std() > 0.05:
                return
            self.page.wait_for_timeout(250)
        raise AssertionError("the viewport stayed blank")

    def pixels(self) -> np.ndarray:
        """The square in the middle of the viewport, where the image is, as grey values from 0.0 to 1.0."""
        shot = Image.open(io.BytesIO(self._canvas().screenshot())).convert("L")
        side = min(shot.size)
        left, top = (shot.width - side) // 2, (shot.height - side) // 2
        return np.asarray(shot.crop((left, top, left + side, top + side)), dtype=float) / 255

    def likeness(self, expected: np.ndarray) -> float:
        """Correlation of what is shown with an image, 1.0 for the same."""
        size = (64, 64)
        grey = [Image.fromarray((image * 255).astype("uint8")).resize(size) for image in (self.pixels(), expected)]
        shown, wanted = (np.asarray(image, dtype=float).ravel() for image in grey)
        return float(np.corrcoef(shown, wanted)[0, 1])

    def expect_like(self, expected: np.ndarray, what: str) -> float:
        """Waits until the viewport shows this image."""
        best = -1.0
        for _ in range(80):
            best = max(best, self.likeness(expected))
            if best > 0.97:
                return best
            self.page.wait_for_timeout(250)
        raise AssertionError(f"{what}: the viewport shows another image (likeness {best:.3f})")

    def scroll(self, slices: int) -> None:
        """Turns the wheel over the image, one slice at a time."""
        box = self._canvas().bounding_box()
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        for _ in range(abs(slices)):
            self.page.mouse.wheel(0, 100 if slices > 0 else -100)
            self.page.wait_for_timeout(120)

    def expect_thumbnails(self, count: int) -> None:
        """Waits until this many thumbnails have an image in them."""
        loaded = """() => [...document.querySelectorAll('[data-cy^=study-browser-thumbnail] img')]
            .filter(image => image.complete && image.naturalWidth > 0).length"""
        seen = 0
        for _ in range(120):
            seen = self.page.evaluate(loaded)
            if seen >= count:
                return
            self.page.wait_for_timeout(250)
        raise AssertionError(f"{seen} thumbnails have an image, expected {count}")

    def _canvas(self):
        return self.page.locator("canvas.cornerstone-canvas").first

    def _skip_tour(self) -> None:
        tour = self.page.get_by_text("Skip all")
        if tour.count() and tour.first.is_visible():
            tour.first.click()
