"""OHIF's study list: its rows, its filters, its upload dialog."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, Response, expect

# The filter row's text fields: their place in the row and the query parameter OHIF makes of them.
TEXT_FILTERS = {
    "name": (0, "PatientName"),
    "id": (1, "00100020"),
    "description": (5, "StudyDescription"),
    "accession": (6, "AccessionNumber"),
}


class StudyList:
    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.base = base

    def open(self) -> None:
        self.page.goto(f"{self.base}/viewer/")
        self._rows().first.wait_for()

    def patient_ids(self) -> set[str]:
        """The patient IDs of all rows on the page."""
        return {text.strip() for text in self._rows().locator("td:nth-child(2)").all_inner_texts()}

    def expect_patients(self, expected: set[str], what: str) -> None:
        """Waits until exactly these patients are listed."""
        for _ in range(150):
            if self.patient_ids() == expected:
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"{what}: the list has {sorted(self.patient_ids())}, expected {sorted(expected)}")

    def filter_text(self, name: str, text: str) -> set[str]:
        """Types into a filter. The patients in the server's answer, since OHIF filters its rows once more itself."""
        place, parameter = TEXT_FILTERS[name]
        with self._answer_to(parameter, f"*{text}*") as answer:
            self.page.locator("table input").nth(place).fill(text)
        return patients_in(answer.value)

    def filter_modality(self, modality: str) -> set[str]:
        """Chooses a modality; the patients in the server's answer."""
        self.page.locator("[aria-label='Filter Modalities']").click()
        with self._answer_to("ModalitiesInStudy", modality) as answer:
            self.page.get_by_role("option", name=modality, exact=True).click()
        self.page.keyboard.press("Escape")
        return patients_in(answer.value)

    def filter_date(self, date: str) -> set[str]:
        """Wants the studies of one day (YYYYMMDD); the patients in the server's answer."""
        with self._answer_to("StudyDate", f"{date}-{date}") as answer:
            for field in ("start", "end"):
                box = self.page.locator(f"[data-cy=input-date-range-{field}]")
                box.fill(f"{date[:4]}-{date[4:6]}-{date[6:]}")
                box.press("Enter")
        self.page.keyboard.press("Escape")
        return patients_in(answer.value)

    def reset(self) -> None:
        self.page.get_by_label("Reset filters").click()

    def launch(self, patient_id: str, workflow: str = "Basic Viewer") -> None:
        """Selects a study and opens it."""
        self._rows().filter(has_text=patient_id).first.click()
        self.page.get_by_role("button", name=workflow).click()

    def upload(self, files: list[Path], screenshot: Path) -> None:
        """Uploads files through the dialog and sees all of them accepted."""
        self.page.get_by_role("button", name="Upload").click()
        dialog = self.page.get_by_role("dialog")
        dialog.locator("input[type=file]").first.set_input_files([str(file) for file in files])
        expect(dialog.get_by_text(f"{len(files)} files completed.")).to_be_visible(timeout=60_000)
        self.page.screenshot(path=screenshot)

    def _rows(self):
        # The first row of the body is the one with the filters.
        return self.page.locator("table tbody tr").filter(has_not=self.page.locator("input"))

    def _answer_to(self, parameter: str, value: str):
        def is_it(response: Response) -> bool:
            url = urlsplit(response.url)
            return url.path.endswith("/studies") and parse_qs(url.query).get(parameter) == [value]

        return self.page.expect_response(is_it)


def patients_in(answer: Response) -> set[str]:
    """The patient IDs in the answer to a search."""
    return {study["00100020"]["Value"][0] for study in answer.json()}
