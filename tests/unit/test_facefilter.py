"""The filter language: what it takes, what it refuses in one sentence, and that SQL obeys it."""

from __future__ import annotations

import operator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_store import add_faces, add_media

from engine import facelist
from engine.errors import BadInput
from engine.facefields import FLAGS, NUMBERS, WORDS, Condition
from engine.facefilter import conditions, text_of
from engine.facelist import Choice
from engine.store import Store

NUMBERS_OF_ALL_KINDS = st.floats(allow_nan=False, allow_infinity=False, width=32)
OPS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ()),
        ("  ", ()),
        ("yaw>30", (Condition("yaw", ">", 30.0),)),
        ("yaw > 30", (Condition("yaw", ">", 30.0),)),
        ("YAW>=-1e1 blur<10", (Condition("yaw", ">=", -10.0), Condition("blur", "<", 10.0))),
        ("cluster=1", (Condition("person", "=", 1.0),)),
        ("yaw=-5..5", (Condition("yaw", ">=", -5.0), Condition("yaw", "<=", 5.0))),
        ("rejected=no", (Condition("rejected", "=", False),)),
        ("why!=user", (Condition("why", "!=", "user"),)),
        ("person=none", (Condition("person", "=", None),)),
        ("media=Take1", (Condition("media", "=", "Take1"),)),
    ],
)
def test_what_a_filter_says(text: str, found: tuple[Condition, ...]) -> None:
    assert conditions(text) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("blurr<3", "'blurr' is no figure: there is blur, spectrum"),
        ("yaw>", "'yaw>' has no value: write it as in yaw>10."),
        ("yaw", "'yaw' is no term of a filter"),
        (">3", "'' is no figure"),
        ("yaw>x", "'x' is no number"),
        ("yaw>nan", "'nan' is no number"),
        ("yaw=3..x", "'x' is no number"),
        ("rejected=perhaps", "rejected is yes or no, not 'perhaps'"),
        ("rejected>yes", "rejected is no number: write it as in rejected=yes."),
        ("side=c", "side is one of a, b, target, not 'c'"),
        ("why=kept", "why is one of user, aligner"),
        ("x\x1b[31m<3", "is no term"),
    ],
)
def test_a_wrong_filter_is_one_sentence(text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        conditions(text)
    assert said in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.text(max_size=60))
def test_no_text_does_anything_but_parse_or_be_refused(text: str) -> None:
    try:
        found = conditions(text)
    except BadInput:
        return
    assert all(c.field in (*NUMBERS, *FLAGS, *WORDS) for c in found)


CONDITIONS = st.one_of(
    st.builds(
        Condition, st.sampled_from(NUMBERS), st.sampled_from(list(OPS)), NUMBERS_OF_ALL_KINDS
    ),
    st.builds(Condition, st.sampled_from(NUMBERS), st.sampled_from(["=", "!="]), st.none()),
    st.builds(Condition, st.sampled_from(FLAGS), st.sampled_from(["=", "!="]), st.booleans()),
    st.builds(
        Condition, st.just("side"), st.sampled_from(["=", "!="]), st.sampled_from(["a", "target"])
    ),
)


@given(st.lists(CONDITIONS, max_size=4))
def test_conditions_come_back_from_their_text(found: list[Condition]) -> None:
    assert conditions(text_of(tuple(found))) == tuple(found)


VALUES = st.one_of(st.none(), st.integers(-3, 3).map(float))


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.tuples(VALUES, VALUES, st.sampled_from([None, 0, 1])), min_size=1, max_size=6),
    terms=st.lists(
        st.tuples(
            st.sampled_from(["yaw", "blur", "person"]),
            st.sampled_from(list(OPS)),
            st.integers(-3, 3).map(float),
        ),
        max_size=3,
    ),
)
def test_sqlite_chooses_what_the_conditions_say(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple], terms: list[tuple]
) -> None:
    path = tmp_path_factory.mktemp("db") / "faces.db"
    with Store(path) as store:
        ids = add_faces(store, add_media(store), frames=len(rows))
        for face, (yaw, blur, person) in zip(ids, rows, strict=True):
            store.set_face(face, yaw=yaw, blur=blur, cluster=person)
        chosen = facelist.ids(store, Choice(where=tuple(Condition(*term) for term in terms)))
    names = {"yaw": 0, "blur": 1, "person": 2}

    def holds(row: tuple) -> bool:
        values = [(row[names[field]], op, value) for field, op, value in terms]
        return all(had is not None and OPS[op](had, value) for had, op, value in values)

    assert list(chosen) == [face for face, row in zip(ids, rows, strict=True) if holds(row)]


def test_none_chooses_what_is_not_known(tmp_path: Path) -> None:
    with Store(tmp_path / "faces.db") as store:
        one, other = add_faces(store, add_media(store), frames=2)
        store.set_face(one, cluster=0)
        assert list(facelist.ids(store, Choice(where=conditions("person=none")))) == [other]
        assert list(facelist.ids(store, Choice(where=conditions("person!=none")))) == [one]
