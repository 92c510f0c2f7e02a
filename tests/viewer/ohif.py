"""OHIF against a running server, in headless Chromium, as a reader uses it.

    ohif.py BASE --stored FOLDER --upload FOLDER --screenshots FOLDER

BASE is the server's address. The files in --stored are in it already, and nothing else is; those in --upload are
not yet. The largest CT study of --stored is read. Ends with 0 if everything was as it must be, else with 1 and the
reasons on stderr. Run it with the Python of tests/setup.sh (NOCTIS_PYTHON).
"""

import argparse
import sys
import time
import traceback
from pathlib import Path

from browser import Problems, open_browser
from image_view import ImageView
from playwright.sync_api import Page
from stored import Study, read_studies, windowed
from study_list import StudyList


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base")
    parser.add_argument("--stored", type=Path, required=True)
    parser.add_argument("--upload", type=Path, required=True)
    parser.add_argument("--screenshots", type=Path, required=True)
    options = parser.parse_args()
    options.screenshots.mkdir(parents=True, exist_ok=True)
    base = options.base.rstrip("/")
    with open_browser(base) as (page, problems):
        failure = run(page, problems, base, options)
        if failure:
            page.screenshot(path=options.screenshots / "failure.png")
    for problem in problems.found:
        print(f"problem: {problem}", file=sys.stderr)
    if failure:
        print(failure, file=sys.stderr)
    if failure or problems.found:
        return 1
    print(f"OHIF: all as it must be, {problems.requests} requests")
    return 0


def run(page: Page, problems: Problems, base: str, options: argparse.Namespace) -> str | None:
    """All steps; the reason of the first that failed."""
    studies, uploads = read_studies(options.stored), read_studies(options.upload)
    studies_list = StudyList(page, base)
    steps = [
        ("the study list", lambda: list_studies(studies_list, studies, options.screenshots)),
        ("its filters", lambda: use_filters(studies_list, studies)),
        ("a CT", lambda: read_ct(page, studies_list, studies, options.screenshots)),
        ("compressed images", lambda: read_compressed(page, studies_list, studies, options.screenshots)),
        ("the upload", lambda: upload(studies_list, studies, uploads, options.screenshots)),
    ]
    for what, step in steps:
        before = time.monotonic()
        try:
            step()
        except Exception:
            return f"{what} failed after {time.monotonic() - before:.1f} s\n{traceback.format_exc()}"
        print(f"{what}: {time.monotonic() - before:.1f} s, {len(problems.found)} problems so far", flush=True)
    return None


def list_studies(studies_list: StudyList, studies: list[Study], screenshots: Path) -> None:
    studies_list.open()
    studies_list.expect_patients({study.patient_id for study in studies}, "the whole list")
    assert studies_list.page.evaluate("crossOriginIsolated"), "the page is not cross-origin isolated"
    studies_list.page.screenshot(path=screenshots / "study-list.png")


def use_filters(studies_list: StudyList, studies: list[Study]) -> None:
    everyone = {study.patient_id for study in studies}
    wanted = largest_ct(studies)
    family = wanted.patient_name.split("^")[0].lower()
    texts = [
        ("name", family[:-2], "patient_name"),
        ("name", family[2:], "patient_name"),
        ("id", wanted.patient_id[1:], "patient_id"),
        ("accession", wanted.accession[1:], "accession"),
        ("description", wanted.description[3:], "description"),
    ]
    for field, text, attribute in texts:
        fitting = {study.patient_id for study in studies if text.lower() in getattr(study, attribute).lower()}
        expect_filtered(studies_list, fitting, everyone, f"{field} {text!r}", studies_list.filter_text(field, text))
    of_ct = {study.patient_id for study in studies if "CT" in study.modalities}
    expect_filtered(studies_list, of_ct, everyone, "modality CT", studies_list.filter_modality("CT"))
    of_day = {study.patient_id for study in studies if study.date == wanted.date}
    expect_filtered(studies_list, of_day, everyone, f"date {wanted.date}", studies_list.filter_date(wanted.date))


def expect_filtered(
    studies_list: StudyList, expected: set[str], everyone: set[str], what: str, answered: set[str]
) -> None:
    """The server's answer and the rows are what is expected; then all rows again without the filter."""
    assert expected != everyone, f"{what} tells nobody apart: the test's data are too alike"
    assert answered == expected, f"{what}: the server answered {sorted(answered)}, expected {sorted(expected)}"
    studies_list.expect_patients(expected, what)
    studies_list.reset()
    studies_list.expect_patients(everyone, f"after {what}")


def read_ct(page: Page, studies_list: StudyList, studies: list[Study], screenshots: Path) -> None:
    study = largest_ct(studies)
    before = time.monotonic()
    studies_list.launch(study.patient_id)
    view = ImageView(page)
    view.wait_for_image()
    print(f"first pixels after {time.monotonic() - before:.1f} s", flush=True)
    slices = [windowed(instance) for instance in study.slices()]
    view.expect_like(slices[0], "the first slice")
    view.expect_thumbnails(1)
    view.scroll(len(slices) // 2)
    likeness = view.expect_like(slices[len(slices) // 2], "the slice in the middle")
    other = view.likeness(slices[0])
    assert likeness > other, f"the middle slice cannot be told from the first ({likeness:.3f}, {other:.3f})"
    page.screenshot(path=screenshots / "ct.png")
    studies_list.open()


def read_compressed(page: Page, studies_list: StudyList, studies: list[Study], screenshots: Path) -> None:
    """The codecs run as WebAssembly in workers, with a content security policy of their own."""
    for study in (study for study in studies if study.is_compressed):
        studies_list.launch(study.patient_id)
        view = ImageView(page)
        view.wait_for_image()
        view.expect_like(windowed(study.slices()[0]), f"the first frame of {study.description}")
        page.screenshot(path=screenshots / f"compressed-{study.patient_id}.png")
        studies_list.open()


def upload(studies_list: StudyList, studies: list[Study], uploads: list[Study], screenshots: Path) -> None:
    files = [file for study in uploads for file in study.files]
    studies_list.upload(files, screenshots / "upload.png")
    expected = {study.patient_id for study in studies + uploads}
    studies_list.open()
    studies_list.expect_patients(expected, "after the upload")
    studies_list.page.screenshot(path=screenshots / "uploaded.png")


def largest_ct(studies: list[Study]) -> Study:
    return max((study for study in studies if "CT" in study.modalities), key=lambda study: study.frames)


if __name__ == "__main__":
    sys.exit(main())
