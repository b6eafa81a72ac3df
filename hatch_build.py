"""The README as a package index shows it, made when the package is built.

A package index shows the README alone. So a link to a page becomes a link to the repository if
``[project.urls]`` names it as ``Source``. Otherwise the page is named as a file of the source
distribution, and pictures are left out.
"""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

HERE = Path(__file__).parent
LINK = re.compile(r"(?P<picture>!?)\[(?P<text>[^]]*)\]\((?!\w+:|#)(?P<target>[^)]*)\)")
COMMENT = re.compile(r"^<!--.*?-->\n", re.MULTILINE)
FROM_FOLDER = "python -m pip install .     # in the folder of this project; Python 3.11 or later"
FROM_INDEX = "python -m pip install ocapi-emulator     # Python 3.11 or later"
PLACE_OF_FILES = "\nThe files in parentheses are in the source distribution.\n"


def render(readme: str, source: str) -> str:
    """Return the text for a package index.

    Args:
        readme: The README of the repository.
        source: The URL of the repository, or an empty text.
    """

    def write_link(match: re.Match[str]) -> str:
        picture, text, target = match.groups()
        if not source:
            return "" if picture else f"{text} (`{target.partition('#')[0]}`)"
        view = "raw" if picture else "blob"
        return f"{picture}[{text}]({source}/{view}/HEAD/{target})"

    text = COMMENT.sub("", readme).replace(FROM_FOLDER, FROM_INDEX)
    text = text.replace("install '.[", "install 'ocapi-emulator[")
    return LINK.sub(write_link, text) + ("" if source else PLACE_OF_FILES)


class ReadmeHook(MetadataHookInterface):
    """Sets the field ``readme``."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the README of the distribution."""
        source = metadata.get("urls", {}).get("Source", "").rstrip("/")
        text = render((HERE / "README.md").read_text(encoding="utf-8"), source)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
