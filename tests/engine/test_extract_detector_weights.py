"""Detectors whose weights are brought by hand: on generated weights of the right shapes, and their
decoders on outputs with a known answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import BadInput, Damaged, ModelMissing
from engine.extract.detect import _ssd_net, retinaface, s3fd, ssd
from engine.extract.networks import network
from engine.media.read import Frame
from engine.models import store
from engine.models.manifest import MODELS, File
from engine.settings import ExtractSettings
from tests.unit.weight_files import caffemodel, write_onnx, write_safetensors, write_torch_old

SETTINGS = ExtractSettings()
BLACK = Frame(0, 0, np.zeros((256, 320, 3), np.uint8))
TARGET = (100.0, 60.0, 180.0, 160.0)
MARKS = np.array([[120, 95], [160, 97], [141, 120], [125, 140], [158, 141]], float)


@pytest.fixture
def empty_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FSTUI_DATA", str(tmp_path / "data"))
    return tmp_path


@pytest.mark.parametrize("name", ["retinaface", "s3fd", "ssd"])
def test_without_weights_it_says_what_to_bring(empty_store: Path, name: str) -> None:
    with pytest.raises(ModelMissing, match=r"get .* from https.* 'models import FILE'"):
        network("detect", name).Detector(SETTINGS)


# --- RetinaFace ---


def planted(
    height: int, width: int, scale: float, box: tuple[float, ...], marks: np.ndarray, stride: int
) -> list[np.ndarray]:
    """Outputs in which one anchor says this face and no other says any."""
    outputs = []
    for each, anchors in retinaface.ANCHORS.items():
        h, w = -(-height // each), -(-width // each)
        scores, moves, places = (np.zeros((1, h, w, n), np.float32) for n in (4, 8, 20))
        scores[..., :2] = 1.0
        if each == stride:
            left, top, right, bottom = np.array(box) * scale
            column, row = int((left + right) / 2 / each), int((top + bottom) / 2 / each)
            a = np.array(anchors[1], float)
            side, middle = a[2] - a[0] + 1, (a[:2] + a[2:]) / 2 + np.array([column, row]) * each
            size = np.array([right - left + 1, bottom - top + 1])
            scores[0, row, column, 3], scores[0, row, column, 1] = 0.9, 0.1
            centre = np.array([left + right, top + bottom]) / 2
            moves[0, row, column, 4:6] = (centre - middle) / side
            moves[0, row, column, 6:8] = np.log(size / side)
            places[0, row, column, 10:] = ((marks * scale - middle) / side).ravel()
        outputs += [scores, moves, places]
    return outputs


@pytest.mark.parametrize("stride", [8, 16, 32])
def test_retinaface_finds_a_planted_face(stride: int) -> None:
    outputs = planted(1024, 1280, 4.0, TARGET, MARKS, stride)
    (face,) = retinaface.decode(outputs, (1024, 1280), 4.0, 0.5)
    assert face.box == pytest.approx(TARGET, abs=0.01)
    assert face.score == pytest.approx(0.9)
    assert np.abs(np.array(face.eyes) - MARKS[:2]).max() < 0.01
    assert face.eye_line[0] > 0
    assert retinaface.decode(outputs, (1024, 1280), 4.0, 0.95) == []


def test_retinaface_drops_boxes_on_a_better_one() -> None:
    outputs = planted(1024, 1280, 4.0, TARGET, MARKS, 16)
    ((row, column),) = np.argwhere(outputs[3][0, ..., 3] > 0.8)
    for i in range(3):  # its neighbour says nearly the same, a far one something else
        outputs[3 + i][0, row, column + 1] = outputs[3 + i][0, row, column]
        outputs[3 + i][0, 5, 5] = outputs[3 + i][0, row, column]
    outputs[3][0, row, column + 1, 3] = outputs[3][0, 5, 5, 3] = 0.8
    faces = retinaface.decode(outputs, (1024, 1280), 4.0, 0.5)
    assert [round(f.score, 1) for f in faces] == [0.9, 0.8]
    assert faces[0].box == pytest.approx(TARGET, abs=0.01)


def test_retinaface_runs_on_an_imported_file(
    empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = empty_store / "retinaface.onnx"
    write_onnx(path, planted(1024, 1280, 4.0, TARGET, MARKS, 16))
    assert store.bring(path).key == "retinaface"
    detect = retinaface.Detector(SETTINGS)
    found = detect([BLACK, BLACK])
    assert len(found) == 2
    for (face,) in found:
        assert face.box == pytest.approx(TARGET, abs=1)
    write_onnx(path, [np.zeros((1, 2, 2, 4), np.float32)])
    with pytest.raises(BadInput, match=r"its outputs have 4 channels"):
        store.bring(path)
    path.write_bytes(b"no network")
    with pytest.raises(Damaged, match="no ONNX network"):
        store.bring(path)


# --- S3FD ---


def test_s3fd_has_the_published_number_of_parameters() -> None:
    convolutions = sum(o * i * k * k + o for o, i, k in s3fd.shapes().values())
    assert convolutions + sum(s3fd.NORMS.values()) == 22_459_110
    assert MODELS["s3fd"].numbers == (22_459_110,)


def maps(least: float = 0.0) -> list[tuple[np.ndarray, np.ndarray]]:
    sides = (160, 80, 40, 24, 12, 6)
    return [(np.full((n, n), least, "f4"), np.zeros((n, n, 4), "f4")) for n in sides]


@settings(max_examples=50, deadline=None)
@given(
    st.integers(0, 5), st.floats(50, 500), st.floats(50, 500), st.floats(0.4, 3), st.floats(0.4, 3)
)
def test_s3fd_finds_a_planted_face(head: int, x: float, y: float, w: float, h: float) -> None:
    stride = 4 << head
    row, column = int(y / stride), int(x / stride)
    side = 4 * stride
    outputs = maps()
    outputs[head][0][row, column] = 0.9
    anchor = (np.array([column, row]) + 0.5) * stride
    outputs[head][1][row, column, :2] = (np.array([x, y]) - anchor) / side / 0.1
    outputs[head][1][row, column, 2:] = np.log([w, h]) / 0.2
    boxes, scores = s3fd.decode(outputs, 0.5)
    centre, half = np.array([x, y]), np.array([w, h]) * side / 2
    assert boxes[0] == pytest.approx([*(centre - half), *(centre + half)], abs=0.01)
    assert scores == pytest.approx([0.9])


def test_s3fd_boxes_of_one_face_vote() -> None:
    boxes = np.array([[0, 0, 100, 100], [8, 0, 108, 100], [300, 0, 400, 100]], float)
    found, scores = s3fd.vote(boxes, np.array([0.9, 0.3, 0.7]))
    assert found == pytest.approx(np.array([[2, 0, 102, 100], [300, 0, 400, 100]]))
    assert scores.tolist() == [0.9, 0.7]
    assert s3fd.vote(np.zeros((0, 4)), np.zeros(0))[0].shape == (0, 4)


def test_s3fd_letterbox_keeps_the_whole_frame_in_the_middle() -> None:
    picture, scale, shift = s3fd.letterbox(np.full((256, 320, 3), 255, np.uint8))
    assert scale == 2
    assert shift.tolist() == [0, 64]
    assert picture[64:576].min() == 255
    assert picture[:64].max() == picture[576:].max() == 0


def s3fd_weights() -> dict[str, np.ndarray]:
    """Of PyTorch's layout: random kernels, and a last head that sees a face everywhere."""
    random = np.random.default_rng(5)
    found = {}
    for name, (o, i, k) in s3fd.shapes().items():
        found[f"{name}.weight"] = random.standard_normal((o, i, k, k), np.float32) * np.float32(
            0.02
        )
        found[f"{name}.bias"] = np.zeros(o, np.float32)
    for name in s3fd.HEADS:
        found[f"{name}_mbox_conf.weight"][:] = 0
        found[f"{name}_mbox_loc.weight"][:] = 0
        found[f"{name}_mbox_conf.bias"][0] = 9
    found["conv7_2_mbox_conf.bias"][:] = 0, 3
    for name, channels in s3fd.NORMS.items():
        found[f"{name}.weight"] = np.full(channels, 10, np.float32)
    return found


def test_s3fd_runs_on_an_imported_file_of_either_layout(empty_store: Path) -> None:
    weights = s3fd_weights()
    write_torch_old(empty_store / "s3fd.pth", weights)
    assert store.bring(empty_store / "s3fd.pth").key == "s3fd"
    detect = s3fd.Detector(SETTINGS)
    (faces,) = detect([BLACK])
    assert {round(f.score, 3) for f in faces} == {0.953}
    # one head of 6x6 cells, 128 px apart on the network's picture: 64 px in a frame of 320
    corners = np.array([f.box for f in faces])
    assert corners[:, 2] - corners[:, 0] == pytest.approx(256, abs=1e-3)
    keras = {n: a.transpose(2, 3, 1, 0) if a.ndim == 4 else a for n, a in weights.items()}
    ours, theirs = s3fd.layers(weights)[0], s3fd.layers(keras)[0]
    assert all(np.array_equal(ours[n][0], theirs[n][0]) for n in ours)
    del weights["fc6.bias"]
    with pytest.raises(Damaged, match="no biases of fc6"):
        s3fd.layers(weights)
    write_safetensors(empty_store / "less.safetensors", weights)
    with pytest.raises(BadInput, match="not the weights of S3FD: its arrays have 22,458,086"):
        store.bring(empty_store / "less.safetensors", "s3fd")


def test_s3fd_maps_have_the_sizes_that_its_decoder_expects(
    empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3fd, "load", lambda _: s3fd_weights())
    outputs = s3fd.Detector(SETTINGS)._run.get_concrete_function().structured_outputs
    assert [s.shape[1] for s, _ in outputs] == [160, 80, 40, 24, 12, 6]
    assert all(b.shape[1:] == (*s.shape[1:], 4) for s, b in outputs)


# --- OpenCV's SSD ---


def test_ssd_reads_rows_of_the_right_frame() -> None:
    rows = np.zeros((1, 1, 5, 7), np.float32)
    rows[0, 0] = [
        [1, 1, 0.7, 0.1, 0.2, 0.3, 0.4],
        [1, 1, 0.9, 0.5, 0.5, 0.75, 1.0],
        [0, 1, 0.4, 0.1, 0.1, 0.2, 0.2],
        [0, 2, 0.9, 0.1, 0.1, 0.2, 0.2],
        [0, 1, 0.8, 0.3, 0.1, 0.2, 0.2],
    ]
    first, second = ssd.decode(rows, [(320, 256), (200, 100)], 0.5)
    assert first == []
    assert [round(f.score, 1) for f in second] == [0.9, 0.7]
    assert second[0].box == pytest.approx((99.5, 49.5, 149.5, 99.5))


def test_ssd_runs_on_weights_of_its_layers(
    empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights, numbers = caffemodel(_ssd_net.text(0.5))
    assert numbers == 2_662_666
    assert numbers * 4 < MODELS["ssd"].size < numbers * 4 + 20_000
    path = empty_store / "my.caffemodel"
    path.write_bytes(weights)
    with pytest.raises(BadInput, match="its SHA-256 is another"):
        store.bring(path)
    pinned = File("my.caffemodel", store.file_sha256(path), len(weights), "here")
    monkeypatch.setitem(MODELS, "ssd", MODELS["ssd"]._replace(files=(pinned,)))
    store.bring(path)
    detect = ssd.Detector(ExtractSettings(confidence=0.05))
    other = Frame(1, 0, np.full((90, 400, 3), 200, np.uint8))
    found = detect([BLACK, other])
    assert len(found) == 2
    assert all(f.score >= 0.05 for faces in found for f in faces)
    assert found[1] != found[0]
    assert detect([other])[0] == pytest.approx(found[1])
    with pytest.raises(Damaged, match="don't fit"):
        ssd.network(weights[:-5000], 0.5)
