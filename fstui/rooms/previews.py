"""The preview pictures of a job: the newest by itself, earlier ones by key, never too often."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from textual.timer import Timer

from fstui.i18n import tr
from fstui.model import words
from fstui.model.tail import Preview
from fstui.widgets.picture import Picture


class Previews(Picture):
    """Shows the newest picture, or the one that was gone back to.

    A new picture is sent at most every `every_s`; one that the user asked for comes at once.
    """

    def __init__(self, *, every_s: float = 5.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._every_s = every_s
        self._previews: list[Preview] = []
        self._at: Preview | None = None
        """The picture gone back to; None follows the newest."""
        self._put_at = -1e9
        self._hasty = False
        self._whole = False
        """Whether the sheets are shown, of which the pictures are a part."""
        self._later: Timer | None = None
        self._job_runs = False

    def offer(self, previews: Sequence[Preview], running: bool) -> None:
        """Take what there is; show the newest when its time has come."""
        self._previews, self._job_runs = list(previews), running
        if self._at is not None and self._at not in self._previews:
            self._at = None
        self._put()

    def hurry(self) -> None:
        """The user asked for a new picture: the next one is shown when it comes."""
        self._hasty = True

    def step(self, by: int) -> None:
        """Go to an earlier (-1) or a later picture (+1)."""
        if not self._previews:
            return
        here = self._previews.index(self._at) if self._at else len(self._previews) - 1
        to = max(0, min(here + by, len(self._previews) - 1))
        self._at = self._previews[to] if to < len(self._previews) - 1 else None
        self._hasty = True
        self._put()

    @property
    def place(self) -> int | None:
        """Iteration or frame of the picture that was gone back to; None follows the newest."""
        return self._at.place if self._at else None

    @property
    def has_sheets(self) -> bool:
        """Whether there is a larger picture behind any of them."""
        return any(preview.sheet for preview in self._previews)

    def switch(self) -> None:
        """From the small pictures to their sheets, or back."""
        self._whole = not self._whole
        self._hasty = True
        self._put()

    @property
    def largest(self) -> Path | None:
        """The largest form of what is shown."""
        shown = self._shown()
        return (shown.sheet if shown else None) or self.path

    def _shown(self) -> Preview | None:
        path = self.path
        return next((p for p in self._previews if path and path in (p.path, p.sheet)), None)

    def _file_of(self, preview: Preview) -> Path:
        return (preview.sheet if self._whole else None) or preview.path

    def _put(self) -> None:
        shown = self._at or (self._previews[-1] if self._previews else None)
        if shown is None:
            self.show(None)
            return
        if self._file_of(shown) != self.path:
            wait = self._put_at + self._every_s - time.monotonic()
            if self.path is not None and wait > 0 and not self._hasty:
                self._come_back(wait)
                return self._recaption()
            self._put_at, self._hasty = time.monotonic(), False
        self.show(self._file_of(shown), self.caption_of(shown))

    def _recaption(self) -> None:
        """The picture stays; its age goes on."""
        old = self._shown()
        if old:
            self.show(self.path, self.caption_of(old))

    def _come_back(self, wait_s: float) -> None:
        if self._later is None:
            self._later = self.set_timer(wait_s, self._due)

    def _due(self) -> None:
        self._later = None
        self._put()

    def caption_of(self, preview: Preview) -> str:
        """`A A>A A>B · it 41 200 · 12 s ago (3 of 40)`."""
        arrow, dot = (">", "-") if self.ascii_only else ("→", "·")
        parts = []
        columns = preview.columns
        if self._whole and preview.sheet:
            columns = preview.sheet_columns
        if columns:
            parts.append(" ".join(columns).replace(">", arrow))
        place = words.count(preview.place)
        if preview.media:
            parts.append(tr("{clip} frame {n}").format(clip=preview.media, n=place))
        else:
            parts.append(tr("it {n}").format(n=place))
        if self._job_runs:
            parts.append(words.age(time.time() - preview.time))
        else:
            parts.append(time.strftime("%Y-%m-%d %H:%M", time.localtime(preview.time)))
        text = f" {dot} ".join(parts)
        if self._at is not None:
            at = self._previews.index(preview) + 1
            text += tr(" ({n} of {all})").format(n=at, all=len(self._previews))
        return text
