"""Compares metadata in XML with what pydicom finds in the same files.

Argument: a folder with pairs NAME.dcm and NAME.xml. The XML is read by expat, by no code of ours.
"""

import base64
import pathlib
import sys
import warnings
import xml.etree.ElementTree as ElementTree

import pydicom
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

NAMESPACE = "{http://dicom.nema.org/PS3.19/models/NativeDICOM}"
GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
COMPONENTS = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")
differences: list[str] = []
compared = {"attributes": 0, "values": 0, "names": 0, "items": 0, "private": 0, "binaries": 0}


def tag_of(attribute: ElementTree.Element, data_set: Dataset) -> int:
    tag, creator = int(attribute.get("tag"), 16), attribute.get("privateCreator")
    if creator is None:
        return tag
    compared["private"] += 1
    return data_set.private_block(tag >> 16, creator).get_tag(tag & 0xFF)


def compare_set(node: ElementTree.Element, data_set: Dataset, place: str) -> None:
    found = []
    for attribute in node:
        assert attribute.tag == NAMESPACE + "DicomAttribute", f"{place}: {attribute.tag}"
        tag = tag_of(attribute, data_set)
        found.append(tag)
        try:
            compare_attribute(attribute, data_set[tag], f"{place} {tag:08X}")
        except (AssertionError, KeyError, TypeError, ValueError) as difference:
            differences.append(f"{place} {tag:08X}: {difference!r}")
    expected = [int(tag) for tag in data_set.keys() if is_expected(int(tag))]
    assert sorted(found) == sorted(expected), f"{place}: {sorted(set(found) ^ set(expected))}"


def is_expected(tag: int) -> bool:
    """No group lengths, no trailing padding; private creators stand with what they name."""
    is_creator = tag >> 16 & 1 and 0x10 <= tag & 0xFFFF <= 0xFF
    return tag & 0xFFFF != 0 and tag != 0xFFFCFFFC and not is_creator


def compare_attribute(attribute: ElementTree.Element, element: DataElement, place: str) -> None:
    compared["attributes"] += 1
    vr = attribute.get("vr")
    # pydicom has no keywords for repeating groups (PS3.5 7.6).
    is_repeating = element.tag.group & 0xFF01 in (0x5000, 0x6000)
    assert (attribute.get("keyword") or "") == element.keyword or is_repeating, place
    if vr != element.VR:
        # pydicom looks private attributes up in dictionaries of manufacturers, and leaves a wrong VR of encapsulated
        # Pixel Data (PS3.5 A.4) as it is.
        is_pixel_data = element.tag == 0x7FE00010 and vr == "OB"
        assert vr == "UN" or element.VR == "UN" or is_pixel_data, f"{place}: {vr}, not {element.VR}"
        return
    numbers = [child.get("number") for child in attribute if child.get("number")]
    assert numbers == [str(at + 1) for at in range(len(numbers))], place
    kinds = {child.tag.removeprefix(NAMESPACE) for child in attribute}
    assert len(kinds) <= 1, f"{place}: {kinds}"
    kind = kinds.pop() if kinds else None
    if vr == "SQ":
        assert len(attribute) == len(element.value), place
        for number, (node, item) in enumerate(zip(attribute, element.value), 1):
            compared["items"] += 1
            compare_set(node, item, f"{place}[{number}]")
    elif kind == "BulkData":
        assert "/bulkdata/" in attribute[0].get("uri"), place
    elif kind == "InlineBinary":
        compared["binaries"] += 1
        assert base64.b64decode(attribute[0].text, validate=True) == element.value, place
    elif vr == "PN":
        names = [name(node) for node in attribute]
        values = element.value if element.VM > 1 else [element.value] if element.VM else []
        assert names == [plain_name(str(value)) for value in values], f"{place}: {names}, not {values}"
        compared["names"] += len(names)
    else:
        compare_values([node.text or "" for node in attribute], element, place)


def compare_values(found: list[str], element: DataElement, place: str) -> None:
    if element.tag == 0x00080005:
        assert found == ["ISO_IR 192"], place
        return
    if element.VM == 0 or element.value is None:
        assert found == [], f"{place}: {found}"
        return
    values = list(element.value) if element.VM > 1 else [element.value]
    assert len(found) == len(values), f"{place}: {found}, not {values}"
    for text, value in zip(found, values):
        compared["values"] += 1
        if element.VR in ("DS", "FL", "FD") and value not in ("", None):
            same = abs(float(text) - float(value)) <= 1e-6 * abs(float(value))
        elif element.VR == "AT":
            same = text == f"{int(value):08X}"
        else:
            same = text.strip(" ") == str("" if value is None else value).strip(" \0")
        assert same, f"{place}: {text!r}, not {value!r}"


def name(node: ElementTree.Element) -> str:
    groups = {group.tag.removeprefix(NAMESPACE): group for group in node}
    return plain_name("=".join(components(groups[group]) if group in groups else "" for group in GROUPS))


def components(group: ElementTree.Element) -> str:
    parts = {part.tag.removeprefix(NAMESPACE): part.text for part in group}
    return "^".join(parts.get(component, "") for component in COMPONENTS)


def plain_name(text: str) -> str:
    return "=".join(group.rstrip("^ ") for group in text.split("=")).rstrip("=")


def main() -> None:
    warnings.simplefilter("ignore")
    files = sorted(pathlib.Path(sys.argv[1]).glob("*.xml"))
    for file in files:
        original = file.name.removesuffix(".xml")
        data_set = pydicom.dcmread(file.with_suffix(""), force=True)
        root = ElementTree.parse(file).getroot()
        assert root.tag == NAMESPACE + "NativeDicomModel", root.tag
        assert root.get("{http://www.w3.org/XML/1998/namespace}space") == "preserve"
        try:
            compare_set(root, data_set, original)
        except (AssertionError, KeyError, TypeError, ValueError) as difference:
            differences.append(f"{original}: {difference!r}")
    print(len(files), "files", compared)
    assert not differences, "\n".join(differences)
    assert len(files) > 75 and all(count > 20 for count in compared.values()), "too little to compare"


main()
