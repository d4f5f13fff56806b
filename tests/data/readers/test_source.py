"""Text in pieces: cut where rows end, whatever the packing and the encoding."""

import codecs
import gzip
import io
import os
import sys
import threading

import pytest
from delimited_files import SMALL, cells, refused

from hotloop.data.readers.delimited import read_table
from hotloop.data.readers.source import Source, last_row_end

TEXT = 'a,b\n1,"x\n\ny"\n\n"2","é"\n3,"p ""q""\n"\n4,end'


@pytest.mark.parametrize("size", [1, 2, 5, 16, 1000])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_pieces_are_rows(write, size, end):
    raw = TEXT.replace("\n", end).encode()
    pieces = list(Source(write(raw)).pieces(size))
    assert b"".join(pieces) == raw
    assert all(piece.count(b'"') % 2 == 0 for piece in pieces)
    assert all(piece.endswith(end.encode()) for piece in pieces[:-1])
    if size == 1 and end != "\r":  # behind which a line feed may follow
        assert len(pieces) > 4


def test_no_piece_ends_between_cr_and_lf(write):
    for size in range(1, 9):
        pieces = list(Source(write(b"a\rb\r\nc\r\n")).pieces(size))
        assert b"".join(pieces) == b"a\rb\r\nc\r\n"
        assert not any(piece.startswith(b"\n") for piece in pieces)


def test_a_byte_order_mark_is_no_text(write):
    assert list(Source(write(codecs.BOM_UTF8 + b"a\n1")).pieces()) == [b"a\n", b"1"]


def test_last_row_end():
    assert last_row_end(b"a\nb\nc", b"\n") == 4
    assert last_row_end(b"abc", b"\n") == 0
    assert last_row_end(b'a\n"b\nc', b"\n") == 2
    assert last_row_end(b'b"\nc\n"d\n', b"\n", odd=True) == 5
    assert last_row_end(b"b\nc", b"\n", odd=True) == 0


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-16-le", "utf-32", "UTF8", "utf-8-sig"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_encodings(write, monkeypatch, encoding, pack):
    monkeypatch.setattr("hotloop.data.readers.source.PIECE_BYTES", 5)  # characters are cut in two
    table = read_table(write(pack("größe,b\n1,é\n2,ß\n".encode(encoding))), encoding=encoding)
    assert cells(table) == {"größe": ["1", "2"], "b": ["é", "ß"]}
    assert table.line(1) == 3


@pytest.mark.parametrize(
    ("raw", "encoding", "said"),
    [
        (b"a\x00,\x00b\x00", "utf-16", "UTF-16 stream does not start with BOM"),
        (b"\xfd\xff\xcc\xdf\x00\x00\xd3\x9c", "utf-16", "byte 0x"),
        (b"a,b\n1,+2AA-\n", "utf-7", "surrogates not allowed"),
    ],
)
def test_text_that_a_codec_refuses_without_a_place(write, raw, encoding, said):
    message = refused(write(raw), encoding=encoding)
    assert f"not {encoding}" in message
    assert said in message


def test_a_byte_that_is_not_of_the_encoding_has_its_line(write):
    path = write(b"a,b\n1,x\n2,\x81\n")
    assert refused(path, encoding="cp1252").endswith("t.csv, line 3: not cp1252 (byte 0x81)")
    assert refused(path).endswith("t.csv, line 3: not UTF-8 (byte 0x81); name its encoding, for example --encoding latin-1")
    assert ", line 2: not ascii" in refused(write("a\né\n".encode()), encoding="ascii")
    assert ", line 2: not utf-16" in refused(write("a\r1\r".encode("utf-16")[:-1]), encoding="utf-16")


def test_other_byte_order_marks_are_told(write):
    for encoding in ("utf-16", "utf-32"):
        message = refused(write("a,b\n1,2\n".encode(encoding)))
        assert message.endswith(f"t.csv: starts with the byte order mark of {encoding}: --encoding {encoding}")
    assert "--encoding utf-16" in refused(write(codecs.BOM_UTF16_BE + "a\n1\n".encode("utf-16-be")))


@pytest.mark.parametrize("encoding", ["klingon", "rot13", ""])
def test_an_encoding_that_there_is_not(write, encoding):
    with pytest.raises(ValueError, match=f"there is no encoding '{encoding}'; examples: utf-8"):
        read_table(write(SMALL), encoding=encoding)


def test_what_cannot_be_read_twice_is_kept(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SMALL)))
    source = Source("-")
    assert source.read() == b"".join(source.pieces(3)) == SMALL
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(SMALL,))
    writer.start()
    table = read_table(path)
    writer.join()
    assert cells(table)["pet"] == ["cat", "dog", None]
    assert table.where(1) == f"{path}, line 3"
