"""What the user decided about a face stays, whatever the filters say."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from test_store import add_media

from engine.extract import flags, queries
from engine.extract.footage import Footage
from engine.store import Store
from engine.tables import KEPT, USER


class RejectsAll:
    """Stands in for `Filters`."""

    def reason(self, *_: Any) -> str | None:
        return "min_face"


def test_a_face_that_the_user_keeps_or_threw_out_is_not_judged(tmp_path: Path) -> None:
    points = np.zeros((68, 2), "<f4").tobytes()
    box = {"left": 0, "top": 0, "right": 9, "bottom": 9}
    with Store(tmp_path / "faces.db") as store:
        medium = add_media(store)
        with store.batch():
            ids = [
                store.add_face(
                    store.add_frame(medium, idx, idx),
                    0,
                    **box,
                    score=1,
                    detector="d",
                    aligner="m",
                    points=points,
                )
                for idx in range(3)
            ]
            store.keep(ids[:1])
            store.reject(ids[1:2])
        footage = cast(Footage, SimpleNamespace(media=store.media_by_id(medium)))
        flags.judge(store, cast(flags.Filters, RejectsAll()), [footage])
        rows = store.rows("SELECT rejected, rejected_by FROM face ORDER BY id")
        assert rows == [(0, KEPT), (1, USER), (1, "min_face")]
        assert queries.rejections(store, medium) == {USER: 1, "min_face": 1}
