from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import sys
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from tiktokwatch.collect.recordings import BadLine, read
from tiktokwatch.collect.unpack import LONGEST_LINE
from tiktokwatch.errors import UserError
from tiktokwatch.records import Post

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def line(number: int) -> bytes:
    thing = {"id": f"oab{number:x}", "body": f"down {number}", "author": "ben", "created_utc": 1772647500 + number}
    return json.dumps(thing).encode() + b"\n"


def zstd_with_the_window_of_the_dumps(data: bytes) -> bytes:
    packer = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 31})
    return packer.compress(data) + packer.flush()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd_with_the_window_of_the_dumps,
}
packings = pytest.mark.parametrize("packing", PACKERS)


@packings
def test_packing_is_told_by_content(tmp_path: Path, packing: str) -> None:
    path = tmp_path / "recording.txt"
    path.write_bytes(PACKERS[packing](line(1) + line(2)))
    assert [item.id for item in read(path) if isinstance(item, Post)] == ["reddit:t1_oab1", "reddit:t1_oab2"]


@packings
def test_several_streams_in_one_file_are_one(tmp_path: Path, packing: str) -> None:
    pack = PACKERS[packing]
    path = tmp_path / "recording"
    path.write_bytes(pack(line(1) + line(2)[:20]) + pack(line(2)[20:] + line(3)))
    assert [item.id[-4:] for item in read(path) if isinstance(item, Post)] == ["oab1", "oab2", "oab3"]


def test_a_zstd_file_may_begin_with_a_frame_to_be_skipped(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    path.write_bytes(b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd" + zstd.compress(line(1)))
    assert [type(item) for item in read(path)] == [Post]


@packings
def test_a_stream_that_breaks_off_gives_what_it_has(tmp_path: Path, packing: str) -> None:
    path = tmp_path / "recording"
    lines = [
        json.dumps({"id": os.urandom(4).hex(), "body": os.urandom(40).hex(), "created_utc": 1772647500})
        for _ in range(9000)
    ]
    whole = PACKERS[packing]("\n".join(lines).encode())
    path.write_bytes(whole[: len(whole) * 3 // 4])
    *posts, bad = read(path)
    assert bad == BadLine(len(posts) + 1, f"the {packing} stream breaks off")
    assert len(posts) > 100 or packing == "bzip2"
    assert all(isinstance(post, Post) for post in posts)


@packings
def test_any_length_of_a_broken_stream_is_reported(tmp_path: Path, packing: str) -> None:
    path = tmp_path / "recording"
    whole = PACKERS[packing](line(1))
    for length in range(6, len(whole)):
        path.write_bytes(whole[:length])
        *_, bad = read(path)
        assert isinstance(bad, BadLine)
        assert bad.reason == f"the {packing} stream breaks off"


@packings
def test_a_damaged_stream_is_reported(tmp_path: Path, packing: str) -> None:
    path = tmp_path / "recording"
    damaged = bytearray(PACKERS[packing](b"".join(map(line, range(3000)))))
    middle = len(damaged) // 2
    damaged[middle : middle + 40] = b"\xa5" * 40
    path.write_bytes(PACKERS[packing](line(1)) + damaged)
    post, *_, bad = read(path)
    assert isinstance(post, Post)
    assert isinstance(bad, BadLine)
    assert bad.reason == f"the {packing} stream is damaged"


def test_rubbish_after_a_stream_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    path.write_bytes(gzip.compress(line(1)) + b"rubbish")
    post, bad = read(path)
    assert isinstance(post, Post)
    assert bad == BadLine(2, "the gzip stream is damaged")


def test_packed_rubbish_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    path.write_bytes(gzip.compress(b"id,text\n1,down\n"))
    with pytest.raises(UserError, match="no recording"):
        list(read(path))


def test_a_pipe_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_bytes(gzip.compress(line(1))))
    writer.start()
    assert [type(item) for item in read(path)] == [Post]
    writer.join()


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for number in range(40_000):
            file.write(line(number)[:-2] + b', "more": "' + b"x" * 400 + b'"}\n')
    tracemalloc.start()
    number = sum(isinstance(item, Post) for item in read(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert number == 40_000
    assert peak < 4 << 20


def test_a_line_too_long_is_passed_over_without_being_held(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(line(1) + b'{"id": "')
        for _ in range(2 * LONGEST_LINE >> 20):
            file.write(b"9" * (1 << 20))
        file.write(b'"}\n' + line(2))
    tracemalloc.start()
    items = list(read(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [type(item) for item in items] == [Post, BadLine, Post]
    assert items[1] == BadLine(2, "longer than 64 MiB")
    assert peak < LONGEST_LINE + (8 << 20)
