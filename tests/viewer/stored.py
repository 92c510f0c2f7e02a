"""What the server should show: read from the files themselves, by pydicom."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pydicom


@dataclass
class Study:
    """A study as its files say."""

    uid: str
    patient_id: str
    patient_name: str
    description: str
    accession: str
    date: str
    modalities: set[str] = field(default_factory=set)
    files: list[Path] = field(default_factory=list)
    frames: int = 0

    @property
    def is_compressed(self) -> bool:
        syntax = pydicom.dcmread(self.files[0], stop_before_pixels=True).file_meta.TransferSyntaxUID
        return syntax.is_encapsulated

    def slices(self) -> list[pydicom.Dataset]:
        """The instances by their number."""
        return sorted((pydicom.dcmread(file) for file in self.files), key=lambda instance: int(instance.InstanceNumber))


def read_studies(folder: Path) -> list[Study]:
    """The studies of all files in a folder."""
    studies: dict[str, Study] = {}
    for file in sorted(folder.glob("*.dcm")):
        header = pydicom.dcmread(file, stop_before_pixels=True)
        study = studies.setdefault(
            header.StudyInstanceUID,
            Study(
                uid=str(header.StudyInstanceUID),
                patient_id=str(header.PatientID),
                patient_name=str(header.PatientName),
                description=str(header.StudyDescription),
                accession=str(header.AccessionNumber),
                date=str(header.StudyDate),
            ),
        )
        study.modalities.add(str(header.Modality))
        study.files.append(file)
        study.frames += int(header.get("NumberOfFrames", 1))
    assert studies, f"{folder}: no .dcm files"
    return list(studies.values())


def windowed(instance: pydicom.Dataset) -> np.ndarray:
    """The (first) frame as a viewer shows it at first: rescaled, in the first window, 0.0 to 1.0."""
    pixels = instance.pixel_array if instance.pixel_array.ndim == 2 else instance.pixel_array[0]
    pixels = pixels.astype(float) * float(instance.RescaleSlope) + float(instance.RescaleIntercept)
    centre, width = (float(np.atleast_1d(value)[0]) for value in (instance.WindowCenter, instance.WindowWidth))
    return np.clip((pixels - (centre - 0.5)) / (width - 1) + 0.5, 0, 1)
