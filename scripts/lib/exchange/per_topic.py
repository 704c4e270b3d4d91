"""Archives with one file of references per topic, which are written a block of papers at a time."""

import re
import shutil
import zipfile
from pathlib import Path

from lib.exchange.csl_json import as_items
from lib.exchange.references import Reference
from lib.exchange.ris import as_ris

NOT_IN_NAMES = re.compile(r"[^\w .,&+-]+")
LONGEST = 60  # characters of the name of a topic in that of a file
FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the archive has the same bits whenever it is written


class PerTopic:
    """The references of all topics, in files of a folder until the archives are written.

    Parameters
    ----------
    folder : for the files until then
    titles : name of the file of each topic, and at last that of the papers without one
    """

    def __init__(self, folder: Path, titles: list[str]):
        self.folder = folder
        self.titles = titles

    def add(self, topics: list[int], papers: list[Reference]) -> None:
        """Add papers, with the code of the topic of each; -1 for none."""
        of_topic: dict[int, list[Reference]] = {}
        for topic, paper in zip(topics, papers, strict=True):
            of_topic.setdefault(topic % len(self.titles), []).append(paper)
        for topic, some in of_topic.items():
            with self._file("ris", topic).open("a", encoding="utf-8") as file:
                file.write(as_ris(some) + "\n")
            path = self._file("json", topic)
            begun = path.exists()
            with path.open("a", encoding="utf-8") as file:
                file.write((",\n" if begun else "[\n") + as_items(some))

    def _file(self, kind: str, topic: int) -> Path:
        return self.folder / f"{topic}.{kind}"

    def write(self, path: Path, kind: str) -> None:
        """Write the archive of a kind, ris or json: a file per topic that has papers."""
        with zipfile.ZipFile(path, "w") as archive:
            for topic, title in enumerate(self.titles):
                source = self._file(kind, topic)
                if not source.exists():
                    continue
                about = zipfile.ZipInfo(f"{title}.{kind}", FIRST_DAY)
                about.compress_type = zipfile.ZIP_DEFLATED
                with source.open("rb") as file, archive.open(about, "w", force_zip64=True) as target:
                    shutil.copyfileobj(file, target)
                    if kind == "json":
                        target.write(b"\n]\n")


def file_titles(keys: list[str], names: list[str]) -> list[str]:
    """The name of the file of each topic, and at last that of the papers without one."""
    readable = [" ".join(NOT_IN_NAMES.sub(" ", name).split())[:LONGEST].strip(" .") for name in names]
    return [*(f"{key} {name}".strip() for key, name in zip(keys, readable, strict=True)), "no topic"]
