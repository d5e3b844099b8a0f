"""What stays at hand between two looks at a preview: models, clips with their faces, frames."""

from __future__ import annotations

import dataclasses
import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from engine.convert import tones
from engine.convert.cast import (
    Load,
    Player,
    cast_of,
    load_all,
    loader,
    require_masks,
    words_of,
)
from engine.convert.clip import Clip
from engine.convert.outputs.base import covered
from engine.convert.outputs.choose import output_of
from engine.convert.patch import FrameInFlight, Swapper
from engine.convert.preflight import named
from engine.convert.roles import Role, roles_of
from engine.convert.shots import FILE as SHOTS
from engine.convert.shots import unknown_clip
from engine.convert.swap import Swap, worked
from engine.convert.targets import clip_of, footage_by_clip
from engine.convert.views import BeforeAfter
from engine.errors import BadInput
from engine.faces.geometry import Matrix
from engine.media.planes import restored
from engine.media.read import FrameReader, Run, key_frames, to_rgb, upright
from engine.media.write import Look
from engine.project import Project
from engine.protocol import safe_text
from engine.settings import ConvertSettings, fields, read
from engine.train import sets
from engine.work import Work

FRAMES_BYTES = 256 << 20
"""Decoded frames take at most about this much memory."""
CLIPS = 8
"""Clips, each with settings that decide about its faces, that are kept."""

SOURCE_SIZE = 100
"""Per cent."""

Stamp = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class ReadyClip:
    """A clip with what is needed to read and show any frame of it."""

    clip: Clip
    look: Look
    """The working format of the output that the settings name."""
    times: list[int]
    """Time stamps of its frames, in their order."""
    keys: list[bool]
    """Whether decoding can begin at them."""
    stamp: Stamp


class Warm:
    """Loads what a look needs, and keeps it for as long as the files behind it stand still."""

    def __init__(self, work: Work, load: Load | None = None) -> None:
        self.work, self._load = work, load
        self._cast: list[Player] = []
        self._newest: list[tuple[str, Path | None]] = []
        self._swappers: list[Swapper] = []
        self._named: tuple[Stamp, dict[str, Path]] | None = None
        self._clips: OrderedDict[tuple[str, ConvertSettings], ReadyClip] = OrderedDict()
        self._frames: OrderedDict[tuple[str, int, str], tuple[Any, Matrix]] = OrderedDict()
        """In their working format, with their way to the source's displayed pixels."""

    # --- the models ---

    def models(self, settings: ConvertSettings) -> list[Swapper]:
        """The newest model of each role. Raises `ModelMissing`, `Damaged`, `BadInput` for roles
        that can't be, and for a mask that a model has not learnt."""
        roles = roles_of(self.work.project, settings)
        newest = [_newest(role) for role in roles]
        if not self._cast or newest != self._newest:
            cast = cast_of(roles, settings.mask, self.work.report.warn)
            self.work.report.phase(f"loading the model{'s' if len(cast) > 1 else ''}")
            self._swappers = load_all(cast, self._load or loader())
            self._cast, self._newest = cast, newest
            self.work.report.phase("waiting for looks")
        require_masks(self._cast, settings.mask)
        return self._swappers

    @property
    def model_words(self) -> str:
        """How long the models were trained."""
        return words_of(self._cast, self.work.project)

    # --- clips ---

    def settings(self, values: dict[str, Any]) -> ConvertSettings:
        """Settings over the project's own, as project.toml has them now, but at the source's size.
        Raises `BadInput`."""
        self.work = dataclasses.replace(self.work, project=Project.open(self.work.project.path))
        found = read(ConvertSettings, {**self.work.project.settings("convert"), **values})
        return msgspec.structs.replace(found, output_scale=SOURCE_SIZE)

    def clips(self, settings: ConvertSettings) -> dict[str, Path]:
        """Footage that can be looked at, by the clip's name. Raises `NothingToDo`, `BadInput`."""
        stamp = self._stamp()
        if self._named is None or self._named[0] != stamp:
            self._named = stamp, footage_by_clip(self.work.project)
        meant = named(list(self._named[1].values()), settings.clips)
        return {name: path for name, path in self._named[1].items() if path in meant}

    def ready(self, name: str, settings: ConvertSettings) -> ReadyClip:
        """A clip by its name. Raises `NothingToDo` and `BadInput` as convert does."""
        known = self.clips(settings)
        if name not in known:
            raise unknown_clip(name, known)
        stamp, key = self._stamp(known[name]), (name, deciding(settings))
        kept = None if settings.crops_left else self._clips.get(key)  # a crop may go unnoticed
        if kept is None or kept.stamp != stamp:
            self._clips[key] = self._made_ready(known[name], settings, stamp)
        self._clips.move_to_end(key)
        while len(self._clips) > CLIPS:
            self._clips.popitem(last=False)
        return self._clips[key]

    def _made_ready(self, path: Path, settings: ConvertSettings, stamp: Stamp) -> ReadyClip:
        clip = clip_of(self.work, settings, path)
        look = output_of(clip, settings).look
        if clip.pictures:
            places = list(range(len(clip.pictures.paths)))
            return ReadyClip(clip, look, places, [True] * len(places), stamp)
        known = sorted(key_frames(path).items())
        return ReadyClip(clip, look, [time for time, _ in known], [key for _, key in known], stamp)

    def _stamp(self, *footage: Path) -> Stamp:
        """Changes when one of the files that decide about clips does."""
        project = self.work.project
        log = project.db_path.with_name(f"{project.db_path.name}-wal")
        files = (project.path / "project.toml", project.path / SHOTS, project.db_path, log)
        return tuple(stamp_of(path) for path in (*files, *footage))

    # --- frames ---

    def seen(
        self,
        ready: ReadyClip,
        swappers: Sequence[Swapper],
        settings: ConvertSettings,
        wanted: Sequence[int],
    ) -> list[BeforeAfter]:
        """Frames by index, from 0, before and after, as a conversion makes them."""
        swap = Swap(ready.clip, swappers, settings, ready.look)
        if settings.smooth_colour:
            self._steady_colours(ready, settings, wanted, swap)
        shown = {item.index: _seen(item, swap, ready.clip) for item in self._items(ready, wanted)}
        return [shown[index] for index in wanted]

    def _steady_colours(
        self, ready: ReadyClip, settings: ConvertSettings, wanted: Sequence[int], swap: Swap
    ) -> None:
        """Look at the colours of the frames that decide what is steady in the wanted ones."""
        around = [
            (index, tones.nearest(track, index, settings.smooth_colour))
            for track in ready.clip.tracks
            for index in wanted
            if any(place[0] == index for place in track)
        ]
        needed = {place[0] for _, near in around for place in near}
        told = dict(swap.tones_in(item) for item in self._items(ready, sorted(needed)))
        for index, near in around:
            found = {(i, n): told[i][n] for i, n in near if n in told[i]}
            steady, _ = tones.steady(found, [near], settings.smooth_colour)
            mine = (place for place in steady if place[0] == index)
            swap.tones.update({place: (found[place], steady[place]) for place in mine})

    def _items(self, ready: ReadyClip, wanted: Sequence[int]) -> Iterator[FrameInFlight]:
        """Frames in their working format, in no order; decoded where they are not at hand."""
        missing = set()
        for index in wanted:
            if (kept := self._frames.get(_key(ready, index))) is None:
                missing.add(index)
            else:
                yield _item(index, *kept)
        if missing:
            yield from self._decoded(ready, missing)

    def _decoded(self, ready: ReadyClip, missing: set[int]) -> Iterator[FrameInFlight]:
        runs = runs_to(ready, sorted(missing))
        with FrameReader(ready.clip.path, runs=runs, times=ready.times) as reader:
            for index, _, frame in reader.raw():
                if index in missing:
                    missing.remove(index)
                    yield _item(index, *self._kept(ready, index, frame))
        if missing:
            name = safe_text(ready.clip.path.name)
            raise BadInput(f"Frame {min(missing) + 1} of {name} can't be decoded: name another.")

    def _kept(self, ready: ReadyClip, index: int, decoded: Any) -> tuple[Any, Matrix]:
        """A decoded frame as it is worked on, kept; the oldest ones go."""
        kept = self._frames[_key(ready, index)] = worked(decoded, ready.look)
        while sum(_bytes(f) for f, _ in self._frames.values()) > FRAMES_BYTES:
            if len(self._frames) == 1:
                break
            self._frames.popitem(last=False)
        return kept


def deciding(settings: ConvertSettings) -> ConvertSettings:
    """The settings with those at their defaults that leave a clip's faces and format as they are:
    what can change from shot to shot, but for the colours, which can't be smoothed where none are
    matched."""
    same = {f.name: f.default for f in fields(ConvertSettings) if f.live and f.name != "colour"}
    return msgspec.structs.replace(settings, **same)


def runs_to(ready: ReadyClip, wanted: Sequence[int]) -> list[Run]:
    """What to read to have these frames, in their order: from the key frame before each, but frames
    that follow from one key frame together. As convert does, footage with frames that can't be
    decoded is read from its beginning: a search would count those."""
    if len(ready.times) != ready.clip.frames and not ready.clip.pictures:
        return [Run(stop=wanted[-1] + 1)]
    runs = [[wanted[0], wanted[0]]]
    for before, index in pairwise(wanted):
        if any(ready.keys[before + 1 : index + 1]):
            runs.append([index, index])
        runs[-1][1] = index
    return [Run(first, last + 1) for first, last in runs]


def _item(index: int, frame: Any, display: Matrix) -> FrameInFlight:
    return FrameInFlight(index, 0, frame, index, display)


def _seen(item: FrameInFlight, swap: Swap, clip: Clip) -> BeforeAfter:
    before = to_rgb(item.frame)
    swap.predict([swap.cut(item)])
    with restored(item.frame):
        swap.paste(item)
        after = to_rgb(item.frame)
    mask = upright(covered(item), item.frame)
    return BeforeAfter(item.index, before, after, mask, clip.faces[item.index])


def _key(ready: ReadyClip, index: int) -> tuple[str, int, str]:
    return ready.clip.hash, index, ready.look.pixel_format


def _bytes(frame: Any) -> int:
    return sum(plane.buffer_size for plane in frame.planes)


def _newest(role: Role) -> tuple[str, Path | None]:
    """What tells a role's model: who is put in, and the set that is worth most."""
    return role.put_in, next(iter(sets.all_sets(role.project.path / "model")), None)


def stamp_of(path: Path) -> tuple[int, int]:
    """Time and size of a file; of one that isn't there or is empty nothing, for reading the store
    makes an empty log beside it."""
    try:
        stat = os.stat(path)
    except OSError:
        return 0, 0
    return (stat.st_mtime_ns, stat.st_size) if stat.st_size else (0, 0)
