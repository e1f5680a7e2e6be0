"""An index of hashes answers like a dict, whatever is added and dropped in whatever order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.batches import hash_index
from actors.batches.hash_index import HashIndex, key_of, keys_of, packed, unpacked

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 9), st.lists(st.integers(0, 12), max_size=20)),
        st.tuples(st.just("drop"), st.integers(0, 9), st.just([])),
    ),
    max_size=60,
)


@pytest.mark.parametrize("largest", [8, 1 << 21])
@given(steps=STEPS)
def test_it_answers_like_a_dict(largest: int, steps: list[tuple[str, int, list[int]]]) -> None:
    model: dict[int, list[int]] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hash_index, "LARGEST", largest)
        index = HashIndex[int]()
        for step, owner, keys in steps:
            model.pop(owner, None)
            index.drop(owner)
            if step == "add":
                model[owner] = keys
                index.add(owner, np.array(keys, np.uint64), np.arange(len(keys), dtype=np.uint64))
        for key in range(13):
            expected = [(owner, place) for owner, keys in model.items() for place, has in enumerate(keys) if has == key]
            assert list(index.find(key)) == expected[::-1], "the one that was added last comes first"
        assert len(index) == sum(map(len, model.values()))
        assert [owner in index for owner in range(10)] == [owner in model for owner in range(10)]


def test_a_hundred_thousand_keys_take_sixteen_bytes_each_and_few_runs() -> None:
    index = HashIndex[int]()
    for owner in range(1000):
        index.add(owner, keys_of(f"{owner} {number}" for number in range(100)))
    assert len(index._runs) < 20
    assert sum(keys.nbytes + values.nbytes for keys, values in index._runs) == 1_600_000
    assert next(index.find(key_of("500 50"))) == (500, 0)
    for owner in range(900):
        index.drop(owner)
    assert not list(index.find(key_of("500 50")))
    assert list(index.find(key_of("950 50"))) == [(950, 0)]
    assert sum(keys.nbytes for keys, _ in index._runs) <= 160_000, "what is dropped costs no memory for long"


def test_keys_are_kept_as_text() -> None:
    keys = keys_of(["one", "two"])
    assert list(unpacked(packed(keys))) == list(keys) == [key_of("one"), key_of("two")]
    assert packed(keys_of([])) == ""
    assert len(unpacked("")) == 0
