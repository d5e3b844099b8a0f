"""The model store: forms of weights, what is taken in and what is refused."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from weight_files import (
    WRITERS,
    Arrays,
    write_keras,
    write_safetensors,
    write_torch_old,
    write_torch_python2,
)

from engine.digest import file_sha256
from engine.errors import BadInput, Damaged, ModelMissing
from engine.models import arrays, fit, store
from engine.models.manifest import MODELS, File, Model
from fstui import cli

Writer = Callable[[Path, Arrays], None]
SMALL = 3 * 3 * 2 * 5 + 5 + 7


def small() -> Arrays:
    random = np.random.default_rng(3)
    shapes = {"conv2.weight": (3, 3, 2, 5), "conv2.bias": (5,), "conv1.weight": (7,)}
    return {k: random.normal(size=s).astype(np.float32) for k, s in shapes.items()}


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    """A small network in the manifest, and an empty store."""
    monkeypatch.setenv("FSTUI_DATA", str(tmp_path / "data"))
    file = File("small.h5", "", 2_500_000, "https://example.org/small.h5")
    made = Model(
        "small", "Small", "mask", "CC0", "hand", (file,), (SMALL,), ((2, 3, 3, 5),), tuple(WRITERS)
    )
    monkeypatch.setitem(MODELS, "small", made)
    return made


@pytest.mark.parametrize("form", WRITERS)
def test_every_form_gives_the_same_arrays_in_order(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"weights{form}"
    WRITERS[form](path, small())
    found = {arrays.plain(k): a for k, a in arrays.read(path, path.name).items()}
    assert set(found) == set(small())
    for name, array in small().items():
        assert np.array_equal(found[name], array)
        assert found[name].flags.c_contiguous
    if form != ".safetensors":
        assert list(found) == list(small())


def test_files_that_python_2_wrote_give_the_same_arrays(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    write_torch_python2(path, small())
    found = arrays.read(path, path.name)
    assert list(found) == list(small())
    assert all(np.array_equal(found[name], array) for name, array in small().items())


def test_an_ordered_dict_of_no_pairs_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    write_torch_python2(path, small())
    data = path.read_bytes()
    path.write_bytes(data.replace(b"\nOrderedDict\n](](", b"\nOrderedDict\n](](K\1", 1))
    with pytest.raises(BadInput, match="something that is no pairs"):
        arrays.read(path, path.name)


def test_plain_names() -> None:
    assert arrays.plain("conv1_1/conv1_1/kernel:0") == "conv1_1.weight"
    assert arrays.plain("m0.b2_1.conv1.weight") == "m0.b2_1.conv1.weight"
    assert arrays.plain("net/bn/moving_variance:0") == "net.bn.running_var"


@pytest.mark.parametrize("form", WRITERS)
def test_a_file_is_told_by_its_arrays_and_held_to_its_hash(
    tmp_path: Path, model: Model, form: str
) -> None:
    path = tmp_path / f"anything{form}"
    WRITERS[form](path, small())
    assert store.bring(path) is model
    kept = store.find("small")
    assert kept.name == f"small{form}"
    assert kept.read_bytes() == path.read_bytes()
    note = store.imported(model)
    assert note is not None
    assert (note.came_as, note.sha256) == (path.name, file_sha256(path))
    assert arrays.load("small").keys() == small().keys()
    kept.write_bytes(kept.read_bytes()[:-1] + b"!")
    with pytest.raises(Damaged, match="delete it"):
        store.find("small")
    assert {r["name"]: r["state"] for r in fit.verified()}["small"] == "damaged"
    assert store.bring(path) is model
    assert store.find("small") == kept


def test_a_second_import_replaces_the_first(tmp_path: Path, model: Model) -> None:
    for form in (".h5", ".safetensors"):
        path = tmp_path / f"x{form}"
        WRITERS[form](path, small())
        store.bring(path, "small")
    assert sorted(p.name for p in store.folder().iterdir()) == ["small.json", "small.safetensors"]


def test_a_published_hash_decides(
    tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(b"opaque")
    pinned = File("weights.bin", file_sha256(path), 6, "nowhere")
    monkeypatch.setitem(MODELS, "small", model._replace(files=(pinned,)))
    assert store.bring(path).key == "small"
    with pytest.raises(BadInput, match="is Small, not S3FD"):
        store.bring(path, "s3fd")


def test_what_is_refused(tmp_path: Path, model: Model) -> None:
    other = small() | {"more.bias": np.zeros(3, np.float32)}
    write_safetensors(tmp_path / "other.safetensors", other)
    (tmp_path / "text.h5").write_text("no weights")
    (tmp_path / "note.txt").write_text("x")
    write_torch_old(tmp_path / "torn.pth", small())
    data = (tmp_path / "torn.pth").read_bytes()
    (tmp_path / "torn.pth").write_bytes(data[:-9])
    for name, words in {
        "other.safetensors": "not the weights of any network of ours: its arrays have 105 numbers",
        "text.h5": "no HDF5 file",
        "note.txt": "not of a form that is read",
        "torn.pth": "cut off or damaged",
        "gone.h5": "Nothing is at",
    }.items():
        with pytest.raises((BadInput, Damaged), match=words):
            store.bring(tmp_path / name)
    with pytest.raises(BadInput, match="not the weights of S3FD"):
        store.bring(tmp_path / "other.safetensors", "s3fd")
    with pytest.raises(BadInput, match="'models fetch mesh' downloads it"):
        store.bring(tmp_path / "other.safetensors", "mesh")
    assert list(store.folder().iterdir()) == []


def test_a_file_that_would_run_something_is_refused(tmp_path: Path, model: Model) -> None:
    class Evil:
        def __reduce__(self) -> object:
            return open, (str(tmp_path / "ran"), "w")

    magic = [pickle.dumps(n, 2) for n in (0x1950A86A20F9469CFC6C, 1001, {})]
    (tmp_path / "evil.pth").write_bytes(b"".join([*magic, pickle.dumps({"a": Evil()}, 2)]))
    with pytest.raises(BadInput, match=r"asks for _?io\.open, which no weights need"):
        store.bring(tmp_path / "evil.pth")
    assert not (tmp_path / "ran").exists()


def test_arrays_that_lie_elsewhere_or_are_huge_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    (tmp_path / "secret").write_bytes(bytes(40))
    with h5py.File(path, "w") as file:
        outside = [(str(tmp_path / "secret"), 0, 40)]
        file.create_dataset("outside", (10,), "f4", external=outside)
        file["link"] = h5py.ExternalLink("other.h5", "/x")
        file["here"] = np.ones(3, np.float32)
    assert list(arrays.read(path, "a.h5")) == ["here"]
    with h5py.File(path, "w") as file:
        file.create_dataset("bomb", (1 << 29,), "f4", chunks=(1 << 20,), compression="gzip")
    with pytest.raises(BadInput, match="more than 1024 MiB"):
        arrays.read(path, "a.h5")


@pytest.mark.parametrize(("form", "write"), [*WRITERS.items(), (".pth", write_torch_python2)])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_mutated_files_end_in_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, form: str, write: Writer, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("mutated") / f"weights{form}"
    write(path, small())
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] = data.draw(st.integers(0, 255))
    path.write_bytes(raw[: data.draw(st.integers(len(raw) // 2, len(raw)))])
    try:
        found = arrays.read(path, path.name)
    except (BadInput, Damaged):
        return
    assert all(a.dtype.kind in "fiub" for a in found.values())


def test_a_missing_one_says_which_how_large_and_what_to_do(model: Model) -> None:
    with pytest.raises(ModelMissing) as missing:
        store.find("small")
    for words in ("Small", "small.h5", "2.5 MB", "https://example.org", "models import FILE"):
        assert words in str(missing.value)
    with pytest.raises(ModelMissing, match="'models fetch dlib-68' downloads it"):
        store.find("dlib-68")
    with pytest.raises(BadInput, match="'bogus' is no network of ours"):
        store.find("bogus")


def test_the_weights_inside_a_package_are_found_and_checked() -> None:
    folder = store.find("mtcnn")
    assert sorted(p.name for p in folder.glob("*.lz4")) == ["onet.lz4", "pnet.lz4", "rnet.lz4"]


def test_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FSTUI_DATA", str(tmp_path / "data"))
    assert cli.main(["models", "list", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["s3fd"]["state"] == "missing"
    assert rows["mtcnn"]["state"] == "there"
    assert "models import FILE" in rows["fan"]["how"]
    (tmp_path / "data" / "models").mkdir(parents=True)
    (tmp_path / "data" / "models" / "face_landmark.tflite").write_bytes(b"torn")
    assert cli.main(["models", "verify"]) == 11
    told = capsys.readouterr().out
    assert "Damaged: mesh" in told
    rows = {line.split()[0]: line for line in told.splitlines()}
    assert rows["mtcnn"].endswith("SHA-256 of 3 files as published")
    assert rows["mesh"].endswith("is not what its SHA-256 says")
    assert rows["s3fd"].endswith("nothing to verify")
    write_keras(tmp_path / "x.h5", small())
    assert cli.main(["models", "import", str(tmp_path / "x.h5")]) == 3
    assert cli.main(["models", "fetch", "s3fd"]) == 3
    assert "not in a public package" in capsys.readouterr().err
    assert cli.main(["--readonly", "models", "import", str(tmp_path / "x.h5")]) == 5
