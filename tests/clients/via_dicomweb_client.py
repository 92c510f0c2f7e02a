"""A running server through the dicomweb-client package, compared with what pydicom reads from the files.

    via_dicomweb_client.py BASE --files FOLDER

BASE is the server's address, /dicom-web is its DICOMweb root. The .dcm files of the folder (several studies, no
two with the same UID, none stored yet) are stored, searched, retrieved in all ways with the client's default media
types, and one is deleted. Ends with 0 if everything was as it must be. Run it with the Python of tests/setup.sh.
"""

import argparse
import sys
from collections import defaultdict
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pydicom
import requests
from dicomweb_client.api import DICOMwebClient
from pydicom import Dataset
from pydicom.dataelem import DataElement
from pydicom.encaps import generate_frames

Key = tuple[str, str, str]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base")
    parser.add_argument("--files", type=Path, required=True)
    options = parser.parse_args()
    files = sorted(options.files.glob("*.dcm"))
    assert files, f"{options.files}: no .dcm files"
    instances = {uids(instance): instance for instance in map(pydicom.dcmread, files)}
    assert len(instances) == len(files), "two files with the same UIDs"
    client = DICOMwebClient(url=f"{options.base.rstrip('/')}/dicom-web")

    for step in (store, search, retrieve, metadata, frames, bulk_data, delete):
        step(client, instances)
        print(f"{step.__name__}: ok", flush=True)
    return 0


def uids(instance: Dataset) -> Key:
    return str(instance.StudyInstanceUID), str(instance.SeriesInstanceUID), str(instance.SOPInstanceUID)


def by_study(instances: dict[Key, Dataset]) -> dict[str, dict[Key, Dataset]]:
    studies: dict[str, dict[Key, Dataset]] = defaultdict(dict)
    for key, instance in instances.items():
        studies[key[0]][key] = instance
    return studies


def store(client: DICOMwebClient, instances: dict[Key, Dataset]) -> None:
    answer = client.store_instances(list(instances.values()))
    failed = [(item.ReferencedSOPInstanceUID, item.FailureReason) for item in answer.get("FailedSOPSequence", [])]
    assert not failed, f"not stored: {failed}"
    stored = {str(item.ReferencedSOPInstanceUID) for item in answer.ReferencedSOPSequence}
    assert stored == {key[2] for key in instances}


def search(client: DICOMwebClient, instances: dict[Key, Dataset]) -> None:
    studies = by_study(instances)
    found = {row["0020000D"]["Value"][0]: row for row in client.search_for_studies(limit=1000)}
    assert set(studies) <= set(found), "a study is missing in the list"
    for study, held in studies.items():
        first = next(iter(held.values()))
        row = Dataset.from_json(found[study])
        assert str(row.PatientName) == str(first.PatientName), (row.PatientName, first.PatientName)
        assert row.NumberOfStudyRelatedInstances == len(held)
        assert set(np.atleast_1d(row.ModalitiesInStudy)) == {instance.Modality for instance in held.values()}
        search_one_study(client, study, first, held)
    everything = client.search_for_instances(limit=1000)
    assert {row["00080018"]["Value"][0] for row in everything} >= {key[2] for key in instances}
    assert client.search_for_studies(search_filters={"PatientID": "no such patient"}) == []
    pages = [client.search_for_studies(limit=1, offset=offset) for offset in range(len(studies))]
    assert len({page[0]["0020000D"]["Value"][0] for page in pages}) == len(studies), "pages overlap"


def search_one_study(client: DICOMwebClient, study: str, first: Dataset, held: dict[Key, Dataset]) -> None:
    family = str(first.PatientName).split("^")[0]
    for filters in (
        {"StudyInstanceUID": study},
        {"0020000D": study},
        {"PatientID": first.PatientID, "StudyInstanceUID": study},
        {"PatientName": f"{family[:2]}*", "StudyInstanceUID": study},
        {"StudyDate": f"{first.StudyDate}-{first.StudyDate}", "StudyInstanceUID": study},
        {"ModalitiesInStudy": first.Modality, "StudyInstanceUID": study},
    ):
        rows = client.search_for_studies(search_filters=filters)
        assert [row["0020000D"]["Value"][0] for row in rows] == [study], filters
    rows = client.search_for_studies(
        search_filters={"PatientName": family.lower(), "StudyInstanceUID": study}, fuzzymatching=True
    )
    assert len(rows) == 1, f"fuzzy matching does not find {family.lower()!r}"
    rows = client.search_for_studies(search_filters={"StudyInstanceUID": study}, fields=["StudyDescription"])
    assert Dataset.from_json(rows[0]).get("StudyDescription", "") == first.get("StudyDescription", "")
    series = {row["0020000E"]["Value"][0] for row in client.search_for_series(study)}
    assert series == {key[1] for key in held}
    found = {row["00080018"]["Value"][0] for row in client.search_for_instances(study)}
    assert found == {key[2] for key in held}
    one = next(iter(series))
    found = {row["00080018"]["Value"][0] for row in client.search_for_instances(study, one)}
    assert found == {key[2] for key in held if key[1] == one}


def retrieve(client: DICOMwebClient, instances: dict[Key, Dataset]) -> None:
    for study, held in by_study(instances).items():
        expect_all(client.retrieve_study(study), held)
        for series in {key[1] for key in held}:
            expect_all(
                client.retrieve_series(study, series), {key: held[key] for key in held if key[1] == series}
            )
    for key, instance in instances.items():
        expect_same(client.retrieve_instance(*key), instance)


def expect_all(retrieved: list[Dataset], held: dict[Key, Dataset]) -> None:
    assert len(retrieved) == len(held), f"{len(retrieved)} instances instead of {len(held)}"
    for instance in retrieved:
        expect_same(instance, held[uids(instance)])


def expect_same(retrieved: Dataset, stored: Dataset) -> None:
    """The same elements with the same values, in whatever byte order and VR encoding."""
    assert {element.tag for element in retrieved} == {element.tag for element in stored}
    for element in stored:
        if element.tag == 0x7FE00010:
            assert pixel_bytes(retrieved) == pixel_bytes(stored), "pixel data"
        elif element.VR != "UN" and not element.tag.is_private:
            # Private elements may lose their VR on the way through Implicit VR, so only their presence is compared.
            assert retrieved[element.tag].value == element.value, element.tag


def pixel_bytes(instance: Dataset) -> bytes:
    """Pixel data, native ones in little endian."""
    syntax = instance.file_meta.TransferSyntaxUID
    if syntax.is_encapsulated or syntax.is_little_endian or instance.BitsAllocated == 8:
        return instance.PixelData
    return np.frombuffer(instance.PixelData, f">u{instance.BitsAllocated // 8}").astype("<u2").tobytes()


def metadata(client: DICOMwebClient, instances: dict[Key, Dataset]) -> None:
    for study, held in by_study(instances).items():
        rows = client.retrieve_study_metadata(study)
        assert {uids(from_json(row)) for row in rows} == set(held)
        for series in {key[1] for key in held}:
            rows = client.retrieve_series_metadata(study, series)
            assert len(rows) == sum(key[1] == series for key in held)
    for key, instance in instances.items():
        read = from_json(client.retrieve_instance_metadata(*key))
        missing = [element.tag for element in instance if element.tag not in read and element.VR != "OB"]
        assert not missing, f"metadata lacks {missing}"
        for element in filter(is_plain, instance):
            assert read[element.tag].value == element.value, element.tag


def from_json(row: dict) -> Dataset:
    """Metadata without bulk data, which have a step of their own."""
    return Dataset.from_json(row, lambda *_: b"")


def is_plain(element: DataElement) -> bool:
    """Whether the value is in the metadata as it is in the file. (0008,0005) is that of the JSON itself."""
    return element.VR not in ("SQ", "OB", "OW", "UN") and not element.tag.is_private and element.tag != 0x00080005


def frames(client: DICOMwebClient, instances: dict[Key, Dataset]) -> None:
    for key, instance in instances.items():
        count = int(instance.get("NumberOfFrames", 1))
        expected = stored_frames(instance, count)
        wanted = sorted({1, count, (count + 1) // 2}, reverse=True)
        retrieved = client.retrieve_instance_frames(*key, frame_numbers=wanted)
        assert len(retrieved) == len(wanted)
        for number, frame in zip(wanted, retrieved):
            # Fragments are padded to an even length, frames need not be.
            assert frame.rstrip(b"\0") == expected[number - 1].rstrip(b"\0"), f"frame {number}"


def stored_frames(instance: Dataset, count: int) -> list[bytes]:
    if instance.file_meta.TransferSyntaxUID.is_encapsulated:
        return list(generate_frames(instance.PixelData, number_of_frames=count))
    pixels = pixel_bytes(instance)
    length = instance.Rows * instance.Columns * instance.SamplesPerPixel * instance.BitsAllocated // 8
    return [pixels[start : start + length] for start in range(0, length * count, length)]


def bulk_data(client: DICOMwebClient, instances: dict[Key, Dataset]) -> None:
    followed = 0
    for key, instance in instances.items():
        for tag, attribute in client.retrieve_instance_metadata(*key).items():
            if "BulkDataURI" not in attribute or instance.file_meta.TransferSyntaxUID.is_encapsulated:
                continue
            # The client's Host header lacks the port, and so do the URIs that the server makes from it.
            uri = urlsplit(client.base_url)._replace(path=urlsplit(attribute["BulkDataURI"]).path).geturl()
            parts = client.retrieve_bulkdata(uri)
            expected = pixel_bytes(instance) if tag == "7FE00010" else instance[tag].value
            assert b"".join(parts) == expected, f"bulk data of {tag}"
            followed += 1
    assert followed, "no BulkDataURI was seen"


def delete(client: DICOMwebClient, instances: dict[Key, Dataset]) -> None:
    key = next(iter(instances))
    client.delete_instance(*key)
    try:
        client.retrieve_instance_metadata(*key)
    except requests.HTTPError as error:
        assert error.response.status_code == 404, error
    else:
        raise AssertionError("a deleted instance is still there")


if __name__ == "__main__":
    sys.exit(main())
