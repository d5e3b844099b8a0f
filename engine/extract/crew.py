"""The threads and networks of one extract step, which its phases share."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from engine.errors import Stopped
from engine.extract.describe import Describer, FaceFinder, FoundFace, aligner
from engine.extract.flags import Filters
from engine.extract.footage import Footage
from engine.extract.masking import Masker
from engine.extract.networks import Lent
from engine.faces.crops import sync_folders, write_synced
from engine.faces.geometry import Points
from engine.settings import ExtractSettings, listed
from engine.store import Store
from engine.work import Work


class Crew:
    """What every phase works with. A network is loaded when the first phase needs it."""

    def __init__(self, work: Work, store: Store, settings: ExtractSettings) -> None:
        self.work, self.store, self.settings = work, store, settings
        self.report = work.report
        self.threads = (os.cpu_count() or 1) + 1  # one more than cores: one that waits costs none
        self.pool = ThreadPoolExecutor(self.threads, "find")
        self._writers = ThreadPoolExecutor(4, "write")
        self._identifier: Future[Any] | None = None

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.shutdown(cancel_futures=True)
        self._writers.shutdown()

    def ready(self) -> None:
        """Load what the settings name: networks, masks, pictures of people.

        Raises `ModelMissing`, `BadInput` and what else they lack.
        """
        _ = self.finder, self.filters, self.maskers

    @cached_property
    def maskers(self) -> dict[str, Masker]:
        """One a mask: most faces lack only what was asked for last."""
        return {name: Masker(structs.replace(self.settings, masks=name)) for name in self.masks}

    @property
    def masks(self) -> tuple[str, ...]:
        """Names of the masks that faces are to have."""
        return tuple(dict.fromkeys(listed(self.settings.masks)))

    @cached_property
    def aligner(self) -> Lent:
        """The aligner alone, for faces whose boxes are known."""
        return aligner(self.settings, self.threads)

    @cached_property
    def finder(self) -> FaceFinder:
        """Detector and aligner."""
        return FaceFinder(self.settings, self.threads, self.aligner)

    @cached_property
    def filters(self) -> Filters:
        """What the settings reject. Raises `BadInput`."""
        return Filters(self.settings, self.work.project, lambda frames: self._describer(frames))

    @cached_property
    def _describer(self) -> Describer:
        """For pictures of people: with the usual networks, whatever the footage's are."""
        return Describer()

    @property
    def identifies(self) -> bool:
        """Whether faces get an identity: filters by person need it too."""
        s = self.settings
        return bool(s.identity or s.filter or s.nfilter)

    def begin_identity(self) -> None:
        """Load TensorFlow beside the first detections: it takes seconds."""
        if self.identifies and self._identifier is None:
            self.report.phase("importing TensorFlow")
            self._identifier = self._writers.submit(_load_identifier)

    def chips(self, rgb: NDArray[np.uint8], points: Iterable[Points]) -> list[NDArray[np.uint8]]:
        """Pictures for the identity network of faces in one picture; none if it isn't wanted."""
        if not self.identifies:
            return []
        from engine.extract.identify.chip import chip

        return [chip(rgb, p) for p in points]

    def identify(self, faces: Sequence[FoundFace], chips: Sequence[NDArray[np.uint8]]) -> None:
        """Measure who faces are, of their chips, all at once."""
        for face, embedding in zip(faces, self.embed(chips), strict=bool(chips)):
            face.identity = embedding

    def embed(self, chips: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Embeddings (n, 128) of chips."""
        if not chips:
            return np.zeros((0, 128), np.float32)
        self.begin_identity()
        assert self._identifier is not None
        embeddings: NDArray[np.float32] = self._identifier.result().embed_chips(chips)
        return embeddings

    def crop_path(self, footage: Footage, index: int, n: int) -> Path:
        """Where the crop of a frame's nth face lies."""
        media = footage.media
        return self.work.project.inside(f"faces/{media.side}/{media.name}") / f"{index:06d}_{n}.jpg"

    def write(self, files: Sequence[tuple[Path, bytes]]) -> None:
        """Make crops durable: their rows may follow."""
        list(self._writers.map(lambda file: write_synced(*file), files))
        sync_folders([path for path, _ in files])

    def stop_if_asked(self, where: str) -> None:
        """Raise `Stopped` if the user asks for it; `where` says how far it came."""
        if self.work.control.stopping:
            raise Stopped(f"stopped {where}: run extract again to go on")


def _load_identifier() -> Any:
    from engine.extract.identify.dlib_resnet import Identifier

    return Identifier()
