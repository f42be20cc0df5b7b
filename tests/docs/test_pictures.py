"""The README's pictures and the script that takes them."""

import re

from tests.journeys.pictures import FOLDER, PICTURES
from wsgi import ROOT

MOST_BYTES = 120_000


def test_readme_shows_every_picture_of_the_script() -> None:
    shown = set(re.findall(r"\]\(docs/pictures/([^)]+\.webp)\)", (ROOT / "README.md").read_text()))
    assert shown == set(PICTURES)


def test_pictures_of_the_readme_exist_and_are_small() -> None:
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", (ROOT / "README.md").read_text())
    assert pictures
    sizes = {picture: (ROOT / picture).stat().st_size for picture in pictures}
    assert [picture for picture, size in sizes.items() if not 0 < size <= MOST_BYTES] == []


def test_folder_of_pictures_holds_no_other_screenshot() -> None:
    assert {file.name for file in FOLDER.glob("*.webp")} == set(PICTURES)
