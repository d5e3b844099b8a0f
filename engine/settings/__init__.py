"""Settings of each stage: one struct a stage, each field with bounds, default, unit and help.

One definition serves the command line's flags, the forms of the interface, validation and the
documentation. Light: msgspec and the standard library only.
"""

from __future__ import annotations

import msgspec

from engine.settings.convert import ConvertSettings
from engine.settings.extract import ExtractSettings
from engine.settings.fields import Field, as_list, changed, fields, listed, live, read
from engine.settings.train import TrainSettings
from engine.settings.watch import WatchSettings

__all__ = [
    "STAGE_SETTINGS",
    "ConvertSettings",
    "ExtractSettings",
    "Field",
    "TrainSettings",
    "WatchSettings",
    "as_list",
    "changed",
    "fields",
    "listed",
    "live",
    "read",
]

STAGE_SETTINGS: dict[str, type[msgspec.Struct]] = {
    "extract": ExtractSettings,
    "train": TrainSettings,
    "convert": ConvertSettings,
    "watch": WatchSettings,
}
