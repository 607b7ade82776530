"""A file is decoded as publishers write it, and told from others by its digest."""

import hashlib

import pytest

from bitpesa.payments.screening.list_files import read_file
from bitpesa.payments.screening.list_formats import UnreadableList
from tests.payments.screening.test_list_formats import ALT, OFAC, SIMPLE


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_file_is_decoded_as_publishers_write_it(encoding):
    text = "id,schema,name,aliases\nQ1,Person,Zébulon Vex,\n"
    read = read_file(text.encode(encoding), "list.csv")
    assert (read.format, [entry.names for entry in read.entries]) == ("simple", [("Zébulon Vex",)])


def test_the_digest_is_that_of_the_bytes_and_the_name_is_fit_for_a_column():
    content = SIMPLE.encode()
    read = read_file(content, "a\0\u202e\n" + "n" * 300)
    assert read.sha256 == hashlib.sha256(content).hexdigest()
    assert read.name == "a" + "n" * 254


def test_aliases_come_in_a_file_of_their_own():
    read = read_file(OFAC.encode(), "sdn.csv", aliases=ALT.encode())
    assert read.entries[0].names == ("Zebulon Quartermaine VEX", "Zeb VEX")


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4])
def test_what_is_no_list_is_refused(content):
    with pytest.raises(UnreadableList, match="none of the formats known"):
        read_file(content, "list.csv")


def test_a_format_that_is_named_is_not_guessed():
    with pytest.raises(UnreadableList, match="no heading"):
        read_file(SIMPLE.encode(), "list.csv", format_="uk")
