"""Lines of bytes out of a file, packed or plain, in memory that does not grow with the file."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tiktokwatch.errors import UserError

LONGEST_LINE = 1 << 26

_CHUNK = 1 << 16
_BOM = b"\xef\xbb\xbf"

# Reddit's dumps were packed with a window of 2 GiB, which zstd refuses unless told otherwise.
_ZSTD_WINDOW_LOG = 31
_SKIPPABLE = 5


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its end, by its number from 1; `trouble` says why `data` is not all of it."""

    number: int
    data: bytes
    trouble: str = ""


def lines(path: Path) -> Iterator[Line]:
    """Yield the lines of a file in gzip, zstd, bzip2 or xz, told by its first bytes, or in none of them.

    A stream that breaks off or is damaged ends in a line with `trouble`, and so does nothing else; a line longer
    than `LONGEST_LINE` has its first bytes and `trouble`. Raises UserError where the file cannot be opened.
    """
    number, parts, length = 1, list[bytes](), 0
    for chunk in _chunks(path):
        if isinstance(chunk, str):
            yield Line(number, b"", chunk)
            return
        for index, piece in enumerate(chunk.split(b"\n")):
            if index:
                yield _line(number, parts, length)
                number, parts, length = number + 1, [], 0
            length += len(piece)
            if length <= LONGEST_LINE or not parts:
                parts.append(piece)
            else:
                del parts[1:]
    if length:
        yield _line(number, parts, length)


def _line(number: int, parts: list[bytes], length: int) -> Line:
    trouble = "" if length <= LONGEST_LINE else f"longer than {LONGEST_LINE >> 20} MiB"
    return Line(number, b"".join(parts).removeprefix(_BOM), trouble)


def _chunks(path: Path) -> Iterator[bytes | str]:
    """Yield what is in the file, piece by piece; if it ends too early, say so last."""
    try:
        file = path.open("rb")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UserError(f"{path}: cannot be read: {reason}") from None
    with file:
        packing, stream, damage = _unpacked(file)
        while True:
            try:
                chunk = stream.read1(_CHUNK)
            except EOFError:
                yield f"the {packing} stream breaks off"
                return
            except damage:
                yield f"the {packing} stream is damaged"
                return
            except OSError as error:
                yield f"reading fails: {error.strerror or 'the disk or the pipe gave up'}"
                return
            if not chunk:
                return
            yield chunk


def _unpacked(file: io.BufferedReader) -> tuple[str, io.BufferedIOBase, tuple[type[Exception], ...]]:
    """Return the packing of a file, what to read instead of it, and what that raises where the data is damaged."""
    head = file.peek(6)[:6]
    if head.startswith(b"\x1f\x8b"):
        return "gzip", gzip.GzipFile(fileobj=file), (gzip.BadGzipFile, zlib.error)
    if head.startswith(b"BZh"):
        return "bzip2", bz2.BZ2File(file), (OSError,)
    if head.startswith(b"\xfd7zXZ\x00"):
        return "xz", lzma.LZMAFile(file), (lzma.LZMAError,)
    # Files of pzstd begin with a frame that is to be skipped.
    if head.startswith(b"\x28\xb5\x2f\xfd") or (head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == _SKIPPABLE):
        if sys.version_info >= (3, 14):
            from compression import zstd  # noqa: PLC0415
        else:
            from backports import zstd  # noqa: PLC0415
        options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG}
        return "zstd", zstd.ZstdFile(file, options=options), (zstd.ZstdError,)
    return "", file, ()
