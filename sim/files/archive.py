"""Several files as one, a zip."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """Return a zip of files by their name: of no moment, so that the same files are the same bytes."""
    stream = io.BytesIO()
    zip_into(stream, files)
    return stream.getvalue()


def zip_into(stream: IO[bytes], files: Mapping[str, str | bytes | Path]) -> None:
    """Write such a zip to a stream; a path is a file on disk, which is never in memory as a whole.

    Raises OSError where one cannot be read.
    """
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            if isinstance(content, Path):
                info.file_size = content.stat().st_size
                with content.open("rb") as source, archive.open(info, "w") as target:
                    shutil.copyfileobj(source, target)
            else:
                archive.writestr(info, content)
