"""Settings of mask and detail that reach the frame, and the mask that a model has learnt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clips import make_clip
from convert_project import Painter, landmarks, make_project, make_work

from engine.convert import pipeline
from engine.convert.patch import Cutter
from engine.errors import BadInput
from engine.faces.landmarks import Landmarks
from engine.media.planes import samples
from engine.media.read import FrameReader
from engine.settings import ConvertSettings
from engine.train.predict import load_swapper

FACE = Landmarks(landmarks(60, 40, 40), None)


class Masked(Painter):
    """A model that has learnt a mask: the left half of its pictures."""

    masks = True

    def predict(self, faces: np.ndarray) -> np.ndarray:
        painted = super().predict(faces)
        mask = np.zeros((*painted.shape[:3], 1), np.float32)
        mask[:, :, : self.output_size // 2] = 1.0
        return np.concatenate([painted, mask], axis=-1)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "a.mp4", width=160, height=120, frames=3, sound=())


def pasted(
    source: Path, model: Painter | None = None, step: tuple[float, float] = (0, 0), **settings: Any
) -> tuple[np.ndarray, np.ndarray]:
    """The luma before and after a face was put into the first frame."""
    model = model or Painter()
    cutter = Cutter(model, ConvertSettings(**settings))
    with FrameReader(source) as reader:
        _, _, frame = next(reader.raw())
        before = samples(frame)[0].astype(int)
        patch = cutter.cut(frame, FACE, step=step, seed=3)
        assert patch is not None
        frame.make_writable()
        cutter.paste(frame, patch, model.predict(patch.face[None])[0])
        return before, samples(frame)[0].astype(int)


def area(source: Path, **settings: Any) -> int:
    """Pixels that changed clearly."""
    before, after = pasted(source, **settings)
    return int((np.abs(after - before) > 2).sum())


def test_a_predicted_mask_says_what_is_replaced(source: Path) -> None:
    before, after = pasted(source, Masked(), mask="predicted", blur=0.0, colour="none")
    columns = np.nonzero((before != after).any(axis=0))[0]
    whole = np.nonzero(np.not_equal(*pasted(source, mask="extended")).any(axis=0))[0]
    middle = 60 + 20  # of the face
    assert columns.max() <= middle + 4 < whole.max()
    assert columns.min() < whole.min()  # the crop is wider than the face


def test_a_model_without_a_mask_is_not_asked_for_one(tmp_workspace: Path, source: Path) -> None:
    project = make_project(tmp_workspace, [source])
    with pytest.raises(BadInput, match=r"learnt no mask .*--learn-mask"):
        pipeline.run(make_work(project, mask="predicted"), lambda _: Masked())


@pytest.mark.parametrize(
    ("settings", "grows"),
    [
        ({"face_scale": 10.0}, True),
        ({"face_scale": -10.0}, False),
        ({"erosion_top": 15.0}, False),
        ({"erosion_bottom": -10.0}, True),
        ({"blur_passes": 6}, True),
        ({"mask_threshold": 40.0}, False),
    ],
)
def test_the_mask_grows_and_shrinks(source: Path, settings: dict[str, Any], grows: bool) -> None:
    plain, other = area(source, colour="none"), area(source, colour="none", **settings)
    assert (other > plain) == grows
    assert abs(other - plain) > 0.01 * plain


def test_a_moving_face_is_blurred_and_a_still_one_is_not(source: Path) -> None:
    _, still = pasted(source, motion_blur=100.0)
    _, plain = pasted(source)
    _, fast = pasted(source, step=(16.0, 0.0), motion_blur=100.0)
    assert np.array_equal(still, plain)
    inner = np.s_[45:75, 65:95]
    slope = [np.abs(np.diff(p[inner], axis=1)).mean() for p in (plain, fast)]
    assert slope[1] < slope[0]


def test_grain_follows_the_frame(tmp_path: Path) -> None:
    import av

    rng = np.random.default_rng(4)
    noisy = [
        av.VideoFrame.from_ndarray(
            np.clip(110 + rng.normal(0, 12, (120, 160, 1)) * np.ones(3), 0, 255).astype(np.uint8),
            format="rgb24",
        )
        for _ in range(3)
    ]
    clip = make_clip(
        tmp_path / "n.mp4",
        width=160,
        height=120,
        frames=3,
        sound=(),
        pictures=noisy,
        bit_rate=8_000_000,
    )
    inner = np.s_[50:70, 70:90]
    _, plain = pasted(clip, sharpen=0.0)
    _, grained = pasted(clip, sharpen=0.0, grain=100.0)
    assert grained[inner].std() > 2.0 * plain[inner].std()


def test_a_trained_model_hands_out_its_mask(tmp_workspace: Path) -> None:
    from train_project import new_project, work_on

    from engine.train import loop

    project = new_project(tmp_workspace)
    loop.run(work_on(project, iterations=2, learn_mask=True))
    swapper = load_swapper(project.path)
    assert swapper.masks
    made = swapper.predict(np.zeros((3, swapper.size, swapper.size, 3), np.uint8))
    assert made.shape == (3, swapper.output_size, swapper.output_size, 4)
    assert made.min() >= 0.0
    assert made.max() <= 1.0


@pytest.mark.parametrize("colour", ["seamless", "average", "histogram"])
def test_what_lies_beyond_the_frame_gives_no_colour(tmp_path: Path, colour: str) -> None:
    """An even frame stays as light as it is, though half of the crop lies beyond its edge."""
    frame = av.VideoFrame.from_ndarray(np.full((120, 160, 3), 150, np.uint8), format="rgb24")
    frame = frame.reformat(format="yuv420p")
    settings = ConvertSettings(colour=colour, sharpen=0.0)
    cutter, model = Cutter(Painter(), settings), Painter()
    patch = cutter.cut(frame, Landmarks(landmarks(-18, 40, 40), None))
    assert patch is not None
    assert patch.inside.min() < 0.5
    flat = np.full_like(model.predict(patch.face[None])[0], 0.4)
    before = samples(frame)[0].astype(int)
    cutter.paste(frame, patch, flat)
    after = samples(frame)[0].astype(int)
    assert np.abs(after - before).max() <= 4
