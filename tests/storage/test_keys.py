import pytest

from storage import keys
from storage.errors import InvalidKeyError


def test_names() -> None:
    assert keys.result_key("b01-x_Y", 7, 2, "jpg") == "batches/b01-x_Y/7/2/result.jpg"
    assert keys.thumbnail_key("b01", 7, 2) == "batches/b01/7/2/thumbnail.jpg"
    assert keys.original_key("b01", 7, 2) == "batches/b01/7/2/original"
    assert keys.upload_key("u01") == "uploads/u01/content"
    assert keys.upload_record_key("u01") == "uploads/u01/record.json"


def test_prefixes_hold_what_they_say() -> None:
    assert keys.result_key("b01", 7, 2, "webp").startswith(keys.attempt_prefix("b01", 7, 2) + "/")
    assert keys.attempt_prefix("b01", 7, 2).startswith(keys.batch_prefix("b01") + "/")
    assert keys.upload_key("u01").startswith(keys.upload_prefix("u01") + "/")


@pytest.mark.parametrize("bad", ["", "..", "a/b", "a.b", "a\n", "a\0", "é", "%2e", "x" * 129])
def test_ids_from_outside_cannot_leave_their_place(bad: str) -> None:
    for name in (keys.batch_prefix, keys.upload_key, keys.upload_record_key):
        with pytest.raises(InvalidKeyError):
            name(bad)


@pytest.mark.parametrize("bad", ["", "JPG", ".jpg", "j/g"])
def test_extensions(bad: str) -> None:
    with pytest.raises(InvalidKeyError):
        keys.result_key("b01", 0, 1, bad)
