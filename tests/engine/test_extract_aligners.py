"""Aligners beside the mesh: FAN on weights with a known answer, dlib, and points from a file."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from engine import packs
from engine.errors import BadInput, ModelMissing, NotPossible
from engine.extract.align import _hourglass as hourglass
from engine.extract.align import dlib68, file, mesh
from engine.extract.align._heatmaps import peaks
from engine.extract.detect import Detection
from engine.extract.detect.fullrange import Detector
from engine.extract.networks import network
from engine.extract.refine import Refiner
from engine.faces.geometry import align, transform
from engine.faces.smooth import jitter, smooth, tracks
from engine.media.read import Frame, read_frames
from engine.settings import ExtractSettings

Sample = Callable[[str], Path]
Arrays = dict[str, np.ndarray]


def plain_weights(stacks: int = hourglass.STACKS) -> Arrays:
    """Weights of a network that normalises nothing and passes its input on."""
    weights = {
        name: np.zeros(shape, np.float32) for name, shape in hourglass.shapes(stacks).items()
    }
    for name in weights:
        if name.endswith((".running_var", "bn1.weight", "bn2.weight", "bn3.weight")):
            weights[name][:] = 1.0
        if "downsample.0.weight" in name or ("bn_end" in name and name.endswith(".weight")):
            weights[name][:] = 1.0
    return weights


def seeing_weights() -> Arrays:
    """Weights of a network whose heatmaps are the crop's red channel, a cell for 4x4 pixels."""
    weights = plain_weights()
    weights["conv1.weight"][3:5, 3:5, 0, 0] = 0.25
    for name in ("conv2", "conv4"):
        weights[f"{name}.downsample.2.weight"][0, 0, 0, 0] = 1.0
    for n in range(hourglass.STACKS):
        weights[f"m{n}.b3_4.conv1.weight"][1, 1, 0, 0] = -1.0  # nothing comes back up
        weights[f"conv_last{n}.weight"][0, 0, 0, 0] = 1.0
        weights[f"l{n}.weight"][0, 0, 0, :] = 1.0
    return weights


def random_weights() -> Arrays:
    rng = np.random.default_rng(1)
    return {
        name: np.abs(rng.normal(1, 0.1, shape)).astype(np.float32)
        if len(shape) == 1
        else rng.normal(0, math.sqrt(2 / np.prod(shape[:3])), shape).astype(np.float32)
        for name, shape in hourglass.shapes().items()
    }


def as_torch(weights: Arrays) -> Arrays:
    """The same arrays, convolutions as PyTorch has them."""
    return {n: a.transpose(3, 2, 0, 1) if a.ndim == 4 else a for n, a in weights.items()}


@pytest.mark.parametrize(
    ("stacks", "weights", "statistics"),
    [(1, 6_249_668, 14_976), (2, 12_106_504, 28_032), (4, 23_820_176, 54_144)],
)
def test_fan_has_the_published_number_of_weights(
    stacks: int, weights: int, statistics: int
) -> None:
    sizes = {name: math.prod(shape) for name, shape in hourglass.shapes(stacks).items()}
    running = sum(size for name, size in sizes.items() if ".running_" in name)
    assert running == statistics
    assert sum(sizes.values()) - running == weights


def convolved(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """(h, w, in) with a (k, k, in, out) kernel, zeros around."""
    side = kernel.shape[0]
    around = np.pad(x, [(side // 2, side // 2), (side // 2, side // 2), (0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(around, (side, side), axis=(0, 1))
    return np.einsum("hwiyx,yxio->hwo", windows, kernel)


@pytest.mark.parametrize(("name", "inputs"), [("conv2", 64), ("conv3", 128)])
def test_a_block_is_what_plain_numpy_makes_of_it(name: str, inputs: int) -> None:
    weights = {k: v.astype(np.float64) for k, v in random_weights().items() if k.startswith(name)}
    x = np.random.default_rng(2).normal(0, 1, (9, 7, inputs))

    def even(y: np.ndarray, norm: str) -> np.ndarray:
        scale, shift, mean, var = (weights[f"{name}.{norm}.{kind}"] for kind in hourglass.NORM)
        return np.maximum(0, (y - mean) / np.sqrt(var + 1e-5) * scale + shift)

    first = convolved(even(x, "bn1"), weights[f"{name}.conv1.weight"])
    second = convolved(even(first, "bn2"), weights[f"{name}.conv2.weight"])
    third = convolved(even(second, "bn3"), weights[f"{name}.conv3.weight"])
    shortcut = x
    if name == "conv2":
        shortcut = convolved(even(x, "downsample.0"), weights[f"{name}.downsample.2.weight"])
    expected = np.concatenate([first, second, third], -1) + shortcut

    network = hourglass.FaceAlignmentNetwork({k: v.astype("f4") for k, v in weights.items()})
    found = network.block(x[None].astype(np.float32), name).numpy()[0]
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()


def test_weights_are_taken_in_both_layouts_and_by_the_names_of_both_publications() -> None:
    weights = random_weights()
    counted = {
        n.replace("top_m_", "top_m0_").replace("b2_plus_1.", "b2_plus_1_0."): a
        for n, a in weights.items()
    }
    counted = {
        n.replace(".b1_4.", ".b1_4_0.").replace(".b3_2.", ".b3_2_0."): a for n, a in counted.items()
    }
    wrapped = {f"module.{n}": a for n, a in as_torch(weights).items()}
    for given in (weights, as_torch(weights), as_torch(counted), wrapped):
        taken = hourglass.load(given | {"conv2.bn1.num_batches_tracked": np.array(7)})
        assert set(taken) == set(weights)
        assert all(np.array_equal(taken[n], weights[n]) for n in weights)


def test_other_weights_are_refused_by_the_array_that_is_wrong() -> None:
    weights = plain_weights(1)
    with pytest.raises(BadInput, match=r"no conv4\.bn2\.bias"):
        hourglass.load({n: a for n, a in weights.items() if n != "conv4.bn2.bias"}, 1)
    with pytest.raises(BadInput, match=r"l0\.weight has the shape 98x256x1x1, not 1x1x256x68"):
        hourglass.load(weights | {"l0.weight": np.zeros((98, 256, 1, 1))}, 1)
    with pytest.raises(BadInput, match=r"bn1\.running_var has values that are no numbers"):
        hourglass.load(weights | {"bn1.running_var": np.full(64, np.nan)}, 1)


def gaussians(centres: np.ndarray, sigma: float) -> np.ndarray:
    """(1, 64, 64, n) heatmaps with a peak at each x,y."""
    y, x = (axis[..., None] for axis in np.mgrid[:64, :64])
    square = (x - centres[:, 0]) ** 2 + (y - centres[:, 1]) ** 2
    return np.exp(-square / (2 * sigma**2))[None]


@pytest.mark.parametrize("sigma", [0.8, 1.0, 1.5, 2.0, 3.0])
def test_peaks_are_found_finer_than_cells(sigma: float) -> None:
    centres = np.random.default_rng(3).uniform(9, 54, (200, 2))
    for scale in (1.0, 0.02):
        error = np.abs(peaks((gaussians(centres, sigma) * scale).astype("f4"))[0] - centres)
        assert error.max() < 0.05


def test_peaks_survive_noise_and_the_border() -> None:
    rng = np.random.default_rng(4)
    centres = rng.uniform(9, 54, (200, 2))
    noisy = gaussians(centres, 1.5) + rng.normal(0, 0.05, (1, 64, 64, 200))
    assert np.linalg.norm(peaks(noisy.astype("f4"))[0] - centres, axis=1).mean() < 0.2
    corners = np.array([[0.3, 0.4], [63.2, 0.1], [1.0, 40.5], [30.2, 62.9]])
    assert np.abs(peaks(gaussians(corners, 1.5).astype("f4"))[0] - corners).max() < 1.5


@pytest.mark.parametrize("level", [-1.0, 0.0, 0.7])
def test_a_heatmap_without_a_peak_gives_a_place_inside_it(level: float) -> None:
    found = peaks(np.full((2, 64, 64, 3), level, np.float32))
    assert found.shape == (2, 3, 2)
    assert np.isfinite(found).all()
    assert ((found >= 0) & (found <= 63)).all()


@pytest.fixture(scope="module")
def fan() -> Callable[..., object]:
    """FAN on the weights whose answer is known."""
    from engine.extract.align import fan as module

    patch = pytest.MonkeyPatch()
    patch.setattr(module.arrays, "load", lambda key: as_torch(seeing_weights()))
    aligner = module.Aligner(ExtractSettings())
    patch.undo()
    return aligner


def spot(x: float, y: float) -> np.ndarray:
    """A frame with a red spot on darkness."""
    down, right = np.mgrid[:480, :640]
    frame = np.zeros((480, 640, 3), np.uint8)
    frame[..., 0] = 250 * np.exp(-((right - x) ** 2 + (down - y) ** 2) / (2 * 9.0**2))
    return frame


def test_fan_finds_a_spot_where_it_is_in_the_frame(fan: Callable) -> None:
    box = (200.0, 100.0, 440.0, 380.0)  # a crop of 416 pixels around (320, 240)
    turned = {0.0: (300.3, 221.7), 90.0: (351.0, 268.4), -37.0: (262.5, 305.0)}
    fan.batch = 2
    found = fan([(spot(*at), Detection(box, 0.9, turn=turn)) for turn, at in turned.items()])
    for landmarks, at in zip(found, turned.values(), strict=True):
        assert landmarks.points.shape == (68, 2)
        assert landmarks.mesh is None
        assert np.abs(landmarks.points - at).max() < 0.35  # a cell is 6.5 pixels
    assert fan([]) == []


def test_fan_cuts_a_square_of_four_fifths_of_both_sides() -> None:
    from engine.extract.align.fan import crop_to_fan

    matrix = crop_to_fan(Detection((100, 100, 300, 400), 0.5))
    corners = transform(np.array([[0.0, 50.0], [400.0, 450.0]]), matrix)
    assert np.allclose(corners, [[-0.5, -0.5], [255.5, 255.5]])


def test_fan_without_weights_says_how_to_bring_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.extract.align.fan import Aligner

    monkeypatch.setenv("FSTUI_DATA", str(tmp_path))
    with pytest.raises(ModelMissing, match="models import"):
        Aligner(ExtractSettings())


@pytest.mark.all
@pytest.mark.parametrize("suffix", [".safetensors", ".h5"])
def test_fan_runs_on_a_file_of_weights_that_was_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    from engine.extract.align.fan import Aligner
    from engine.models.store import bring

    monkeypatch.setenv("FSTUI_DATA", str(tmp_path / "data"))
    path = tmp_path / f"weights{suffix}"
    weights = seeing_weights()
    if suffix == ".h5":
        import h5py

        spelt = dict(
            zip(hourglass.NORM, ("gamma", "beta", "moving_mean", "moving_variance"), strict=True)
        )
        with h5py.File(path, "w") as made:
            for name, array in weights.items():
                layer, _, kind = name.rpartition(".")
                is_norm = f"{layer}.running_mean" in weights
                kind = spelt[kind] if is_norm else {"weight": "kernel"}.get(kind, kind)
                made[f"{layer}/{layer}/{kind}:0"] = array
    else:
        from safetensors.numpy import save_file

        save_file({n: np.ascontiguousarray(a) for n, a in as_torch(weights).items()}, path)
    assert bring(path).key == "fan"
    (found,) = Aligner(ExtractSettings())(
        [(spot(301.0, 222.0), Detection((200, 100, 440, 380), 0.9))]
    )
    assert found is not None
    assert np.abs(found.points - (301.0, 222.0)).max() < 0.35


def error(points: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Mean distance in percent of that between the outer corners of the eyes: of all 68 points,
    and of eyes, nose and mouth, which the mesh defines as iBUG does."""
    distance = np.linalg.norm(points - truth, axis=1)
    percent = 100 * distance / np.linalg.norm(truth[36] - truth[45])
    return float(percent.mean()), float(percent[27:].mean())


@pytest.mark.parametrize(
    ("aligner", "settings", "all_points", "inner"),
    [
        ("mesh", {}, 9.0, 5.4),
        ("mesh", {"refeed": 4}, 9.3, 5.9),
        ("mesh", {"realign": True}, 7.0, 3.8),
        ("mesh", {"normalise": "hist"}, 7.4, 3.7),
        ("dlib68", {}, 4.3, 2.5),
        ("dlib68", {"refeed": 4}, 4.0, 2.3),
        ("dlib68", {"realign": True}, 4.4, 2.5),
        ("dlib68", {"refeed": 4, "realign": True}, 3.9, 2.3),
        ("dlib68", {"normalise": "hist"}, 3.3, 2.0),
    ],
)
def test_landmark_error_on_the_annotated_picture(
    sample: Sample, aligner: str, settings: dict, all_points: float, inner: float
) -> None:
    if aligner == "dlib68":
        pytest.importorskip("dlib")
        packs.fetch(["dlib-68"])
    labelled = json.loads(sample("annotated-points").read_text())["groups"]["LJSON"]
    truth = np.array(labelled["landmarks"]["points"])[:, ::-1]
    frame = next(read_frames(sample("annotated")))
    ((detection,),) = Detector(ExtractSettings())([frame])
    chosen = ExtractSettings(**settings)
    refiner = Refiner(chosen, network("align", aligner).Aligner(chosen))
    (found,) = refiner([(frame.rgb, detection)])
    assert found is not None
    assert error(found.points, truth) == pytest.approx((all_points, inner), abs=0.4)


def test_smoothing_steadies_a_real_face_and_leaves_it_where_it_is(sample: Sample) -> None:
    settings = ExtractSettings()
    detect, lay = Detector(settings), mesh.Aligner(settings)
    points, boxes = [], []
    for frame in islice(read_frames(sample("woman")), 60):
        ((detection, *_),) = detect([frame])
        (landmarks,) = lay([(frame.rgb, detection)])
        assert landmarks is not None
        points.append(landmarks.points)
        boxes.append(detection.box)
    assert set(tracks(range(60), boxes, [None] * 60).tolist()) == {0}
    found = np.stack(points)
    sizes = np.array([align(p).size for p in found])
    for radius, share in ((1, 0.5), (3, 0.45), (7, 0.3)):
        steady = smooth(found, np.arange(60), radius)
        assert jitter(steady, sizes) < share * jitter(found, sizes)
        moved = 100 * np.linalg.norm(steady - found, axis=2) / sizes[:, None]
        assert moved.mean() < 0.5
        assert moved.max() < 4


def test_dlib_agrees_with_the_mesh_on_eyes_nose_and_mouth(sample: Sample) -> None:
    pytest.importorskip("dlib")

    packs.fetch(["dlib-68"])
    settings = ExtractSettings()
    frame = next(read_frames(sample("man")))
    ((detection, *_),) = Detector(settings)([frame])
    (theirs,) = dlib68.Aligner(settings)([(frame.rgb, detection)])
    (ours,) = mesh.Aligner(settings)([(frame.rgb, detection)])
    assert theirs is not None
    assert ours is not None
    between_eyes = np.linalg.norm(ours.points[36] - ours.points[45])
    apart = np.linalg.norm(theirs.points - ours.points, axis=1) / between_eyes
    assert apart[27:].mean() < 0.045
    assert theirs.mesh is None


@pytest.mark.parametrize("turn", [90, 180])
def test_dlib_sees_a_turned_face_upright(sample: Sample, turn: int) -> None:
    pytest.importorskip("dlib")

    packs.fetch(["dlib-68"])
    rgb = next(read_frames(sample("man"))).rgb
    aligner = dlib68.Aligner(ExtractSettings())
    ((upright, *_),) = Detector(ExtractSettings())([Frame(0, 0, rgb)])
    (expected,) = aligner([(rgb, upright)])
    turned = np.ascontiguousarray(np.rot90(rgb, turn // 90))  # counter-clockwise
    height, width = rgb.shape[:2]
    matrix = {
        90: np.array([[0.0, 1, 0], [-1, 0, width - 1]]),
        180: np.array([[-1.0, 0, width - 1], [0, -1, height - 1]]),
    }[turn]
    corners = transform(np.array(upright.box).reshape(2, 2), matrix)
    (left, top), (right, bottom) = corners.min(0).tolist(), corners.max(0).tolist()
    (found,) = aligner([(turned, Detection((left, top, right, bottom), 0.9, turn=turn))])
    assert expected is not None
    assert found is not None
    error = np.linalg.norm(found.points - transform(expected.points, matrix), axis=1)
    assert error.mean() < 0.02 * np.ptp(expected.points[:, 0])


def test_dlib_that_is_not_installed_is_told_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dlib", None)
    with pytest.raises(NotPossible, match=r"fstui\[dlib\]"):
        dlib68.Aligner(ExtractSettings())


def test_points_of_a_file_are_taken_as_they_are() -> None:
    frame = np.zeros((4, 4, 3), np.uint8)
    points = np.arange(136.0).reshape(68, 2)
    aligner = file.Aligner(ExtractSettings(faces_file="faces.json"))
    with_points = Detection((0, 0, 9, 9), 1.0, points=points)
    found, none = aligner([(frame, with_points), (frame, Detection((0, 0, 9, 9), 1.0))])
    assert none is None
    assert found is not None
    assert np.array_equal(found.points, points)
    assert found.points.dtype == np.float32
    with pytest.raises(BadInput, match="faces_file"):
        file.Aligner(ExtractSettings())


def test_what_the_mesh_sees_is_evened_out(sample: Sample) -> None:

    frame = next(read_frames(sample("man")))
    ((detection, *_),) = Detector(ExtractSettings())([frame])
    dark = frame.rgb // 10
    (clear,) = mesh.Aligner(ExtractSettings())([(frame.rgb, detection)])
    (plain,) = mesh.Aligner(ExtractSettings(presence=0.0))([(dark, detection)])
    (evened,) = mesh.Aligner(ExtractSettings(presence=0.0, normalise="mean"))([(dark, detection)])
    assert clear is not None
    assert plain is not None
    assert evened is not None
    errors = [np.linalg.norm(e.points - clear.points, axis=1).mean() for e in (plain, evened)]
    assert errors[1] < 0.5 * errors[0]
