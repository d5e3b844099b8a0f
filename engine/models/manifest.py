"""Every network whose weights are a file: what it is for, whose it is, how its file comes here.

Hashes are published ones: of the release itself or of several places that pin the same file.
Where none is known the file is told by its arrays, and its own hash is noted when it is imported.
Standard library only.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from engine import packs

Bringing = Literal["pack", "package", "hand"]
"""Fetched out of a pack, inside an installed package, or imported by hand."""


class File(NamedTuple):
    """A file of weights as it was published."""

    name: str
    sha256: str
    """Empty where none was published."""
    size: int
    """Bytes, 0 where it is not known."""
    origin: str
    """Where it is published."""


class Model(NamedTuple):
    """The weights of one network."""

    key: str
    title: str
    purpose: str
    licence: str
    bringing: Bringing
    files: tuple[File, ...]
    """By hand: any one of them does. Else all of them."""
    numbers: tuple[int, ...] = ()
    """How many numbers its arrays of floats have together, in each form that is known."""
    shapes: tuple[tuple[int, ...], ...] = ()
    """Shapes that some array has, sizes in rising order, so that the layout doesn't matter."""
    forms: tuple[str, ...] = (".h5", ".safetensors", ".pth")
    """Suffixes of the files that are read."""

    @property
    def size(self) -> int:
        """Bytes of the first file that is listed by hand, else of all."""
        return self.files[0].size if self.bringing == "hand" else sum(f.size for f in self.files)


def _pack(key: str, title: str, purpose: str, size: int) -> Model:
    piece = packs.PIECES[key]
    origin = f"{piece.pack.package} {piece.pack.version} on PyPI"
    file = File(piece.file_name, piece.sha256, size, origin)
    return Model(key, title, purpose, piece.licence, "pack", (file,))


_FAN = "https://www.adrianbulat.com/downloads/python-fan"
_FACESWAP = "https://github.com/deepfakes-models/faceswap-models/releases"
_TORCHVISION = "https://download.pytorch.org/models"
_IMAGENET = "BSD-3-Clause (torchvision); trained on ImageNet, non-commercial"
_MTCNN = "mtcnn 1.0.0 on PyPI"
_DEEPFACE = "https://github.com/serengil/deepface_models/releases/download/v1.0"
_OPENCV = "https://github.com/opencv/opencv_3rdparty/raw/dnn_samples_face_detector_20170830"

MODELS: dict[str, Model] = {
    model.key: model
    for model in (
        _pack("fullrange", "MediaPipe full range", "detector", 1_083_984),
        _pack("mesh", "MediaPipe face mesh", "aligner", 2_439_440),
        _pack("dlib-resnet", "dlib ResNet", "identity", 22_466_066),
        _pack("dlib-68", "dlib 68 points", "aligner", 99_693_937),
        _pack("lpips-alex", "LPIPS heads for AlexNet", "loss", 6_009),
        _pack("lpips-squeeze", "LPIPS heads for SqueezeNet", "loss", 10_811),
        _pack("lpips-vgg16", "LPIPS heads for VGG-16", "loss", 7_289),
        Model(
            "mtcnn",
            "MTCNN",
            "detector",
            "MIT",
            "package",
            (
                File(
                    "assets/weights/pnet.lz4",
                    "ea6b0c3e685ebee3165326ad6484acc95f2ef78f1c94fbf40a55704fa989f7b5",
                    27_119,
                    _MTCNN,
                ),
                File(
                    "assets/weights/rnet.lz4",
                    "cb00e6460f3c98b0bfafaba3c0a0ded4bdf6e62cee7174d969e8670d7e757fee",
                    401_659,
                    _MTCNN,
                ),
                File(
                    "assets/weights/onet.lz4",
                    "94f6ea2f4cf985275ee958cdd762d17b6009348a4fb9d8c6be39ba73ffd22ca3",
                    1_557_637,
                    _MTCNN,
                ),
            ),
        ),
        Model(
            "retinaface",
            "RetinaFace (ResNet-50)",
            "detector",
            "MIT (serengil/retinaface); trained on WIDER FACE",
            "hand",
            (File("retinaface.onnx", "", 0, f"{_DEEPFACE}/retinaface.onnx"),),
            forms=(".onnx",),
        ),
        Model(
            "s3fd",
            "S3FD",
            "detector",
            "BSD-3-Clause (1adrianb/face-alignment); trained on WIDER FACE",
            "hand",
            (
                File(
                    "s3fd-619a316812.pth",
                    "619a31681264d3f7f7fc7a16a42cbbe8b23f31a256f75a366e5a1bcd59b33543",
                    89_843_225,
                    f"{_FAN}/s3fd-619a316812.pth",
                ),
                File("s3fd_keras_v2.h5", "", 0, f"{_FACESWAP} (v11.2)"),
            ),
            numbers=(22_459_110,),
            shapes=((3, 3, 512, 1024), (3, 3, 4, 256)),
        ),
        Model(
            "ssd",
            "OpenCV SSD (ResNet-10, 300 px)",
            "detector",
            "BSD-3-Clause (OpenCV)",
            "hand",
            (
                File(
                    "res10_300x300_ssd_iter_140000.caffemodel",
                    "2a56a11a57a4a295956b0660b4a3d76bbdca2206c4961cea8efe7d95c7cb2f2d",
                    10_666_211,
                    f"{_OPENCV}/res10_300x300_ssd_iter_140000.caffemodel",
                ),
            ),
            forms=(".caffemodel",),
        ),
        Model(
            "fan",
            "FAN (2D-FAN-4)",
            "aligner",
            "BSD-3-Clause (1adrianb/face-alignment); trained on 300-W-LP",
            "hand",
            (
                File(
                    "2DFAN4-cd938726ad.zip",
                    "cd938726adb1f15f361263cce2db9cb820c42585fa8796ec72ce19107f369a46",
                    96_316_515,
                    f"{_FAN}/2DFAN4-cd938726ad.zip",
                ),
                File(
                    "2DFAN4-11f355bf06.pth.tar",
                    "11f355bf0693120222f5955ce3f9dc8fb5763ebb30a47d7906e509490d32e4aa",
                    0,
                    f"{_FAN}/2DFAN4-11f355bf06.pth.tar",
                ),
                File("face-alignment-network_2d4_keras_v2.h5", "", 0, _FACESWAP),
            ),
            numbers=(23_874_320,),
            shapes=((1, 1, 68, 256), (3, 7, 7, 64)),
            forms=(".h5", ".safetensors", ".pth", ".pth.tar", ".zip"),
        ),
        Model(
            "bisenet",
            "BiSeNet-FP (19 classes)",
            "mask",
            "MIT (zllrunning/face-parsing.PyTorch); trained on CelebAMask-HQ, non-commercial",
            "hand",
            (
                File(
                    "79999_iter.pth",
                    "468e13ca13a9b43cc0881a9f99083a430e9c0a38abd935431d1c28ee94b26567",
                    53_289_463,
                    "https://github.com/zllrunning/face-parsing.PyTorch",
                ),
                File("bisnet_face_parsing_v1.h5", "", 0, _FACESWAP),
            ),
            numbers=(13_313_088, 13_307_712),
            shapes=((3, 7, 7, 64), (3, 3, 128, 256)),
        ),
        Model(
            "unet-dfl",
            "U-Net-DFL (256 px)",
            "mask",
            "not stated",
            "hand",
            (File("DFL_256_sigmoid_v1.h5", "", 0, _FACESWAP),),
            numbers=(22_955_617,),
        ),
        Model(
            "vgg-clear",
            "VGG-Clear (300 px)",
            "mask",
            "not stated",
            "hand",
            (File("Nirkin_300_softmax_v1.h5", "", 0, _FACESWAP),),
            numbers=(134_271_430,),
        ),
        Model(
            "alexnet",
            "AlexNet",
            "loss",
            _IMAGENET,
            "hand",
            (
                File(
                    "alexnet-owt-7be5be79.pth",
                    "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
                    244_408_911,
                    f"{_TORCHVISION}/alexnet-owt-7be5be79.pth",
                ),
            ),
            numbers=(61_100_840, 2_469_696),
            shapes=((3, 11, 11, 64),),
            forms=(".pth", ".safetensors"),
        ),
        Model(
            "squeezenet",
            "SqueezeNet 1.1",
            "loss",
            _IMAGENET,
            "hand",
            (
                File(
                    "squeezenet1_1-b8a52dc0.pth",
                    "b8a52dc049b60e4b6ab68ad0df457362afab8b6304b2febdc1650a5dab4d7e7b",
                    4_958_839,
                    f"{_TORCHVISION}/squeezenet1_1-b8a52dc0.pth",
                ),
            ),
            numbers=(1_235_496, 722_496),
            shapes=((1, 1, 64, 512),),
            forms=(".pth", ".safetensors"),
        ),
        Model(
            "vgg16",
            "VGG-16",
            "loss",
            _IMAGENET,
            "hand",
            (
                File(
                    "vgg16-397923af.pth",
                    "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
                    553_433_881,
                    f"{_TORCHVISION}/vgg16-397923af.pth",
                ),
            ),
            numbers=(138_357_544, 14_714_688),
            shapes=((3, 3, 512, 512),),
            forms=(".pth", ".safetensors"),
        ),
    )
}
