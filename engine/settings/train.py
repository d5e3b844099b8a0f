"""Settings of the train stage."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from engine.settings.about import about

NETWORK, MACHINE, FACE, VARY, SAVING = "network", "machine", "face", "variation", "saving"
"""Sections of the settings; what has none comes first."""


class TrainSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Learn one shared encoder and a decoder for each person."""

    model: Annotated[str, about("network that is trained", folder="train/models")] = "original"
    iterations: Annotated[int, about("stop at this iteration", 1, 100_000_000, live=True)] = (
        1_000_000
    )
    seconds: Annotated[
        float, about("stop after this training time; 0 is no limit", 0, unit="s", live=True)
    ] = 0.0
    batch: Annotated[
        int, about("faces of each side at once: fewer need less memory", 1, 256, live=True)
    ] = 16
    learning_rate: Annotated[
        float, about("how fast it learns; 0 is the network's own default", 0, 0.1, live=True)
    ] = 0.0
    seed: Annotated[int, about("number that all random choices start from", 0, 2**31 - 1)] = 1
    anew: Annotated[bool, about("put the model there is into trash/ and begin again")] = False

    weights_from: Annotated[
        str,
        about("begin with what another model has learnt", path=True, group=NETWORK),
    ] = ""
    freeze: Annotated[
        str, about("parts that don't learn in this job, as in encoder", group=NETWORK)
    ] = ""
    options: Annotated[
        str,
        about("its options, as in lowmem=yes: see 'networks'", group=NETWORK),
    ] = ""
    learn_mask: Annotated[bool, about("learn a mask beside each face", group=NETWORK)] = False
    icnr_init: Annotated[bool, about("begin enlarging without a checkerboard", group=NETWORK)] = (
        False
    )
    conv_aware_init: Annotated[
        bool, about("begin with kernels that are orthogonal to each other", group=NETWORK)
    ] = False
    reflect_padding: Annotated[
        bool, about("mirror pictures beyond their edges, not black", group=NETWORK)
    ] = False

    precision: Annotated[
        Literal["float32", "float16", "bfloat16"],
        about("numbers it computes in; weights are float32", group=MACHINE),
    ] = "float32"
    xla: Annotated[bool, about("compile the step by XLA, which may help a GPU", group=MACHINE)] = (
        False
    )
    recompute: Annotated[bool, about("less memory for a third more time", group=MACHINE)] = False

    centring: Annotated[
        Literal["face", "head", "legacy"],
        about("how much of the head is learnt; legacy is least", group=FACE),
    ] = "face"
    coverage: Annotated[
        float, about("how much of that crop is used", 62.5, 100.0, unit="%", group=FACE)
    ] = 87.5
    mask: Annotated[
        str,
        about(
            "which part of the face counts in learning",
            folder="extract/segment",
            also=("none",),
            group=FACE,
        ),
    ] = "extended"

    warp: Annotated[
        bool, about("bend the faces a little, against learning by heart", group=VARY, live=True)
    ] = True
    flip: Annotated[
        float, about("how many faces are mirrored", 0, 100, unit="%", group=VARY, live=True)
    ] = 50.0
    colour: Annotated[bool, about("vary light and colour", group=VARY, live=True)] = True
    rotation: Annotated[
        float, about("turn faces by up to", 0, 25, unit="degrees", group=VARY, live=True)
    ] = 10.0
    zoom: Annotated[
        float, about("scale faces by up to", 0, 25, unit="%", group=VARY, live=True)
    ] = 5.0
    shift: Annotated[
        float, about("move faces by up to", 0, 25, unit="%", group=VARY, live=True)
    ] = 5.0

    save_every: Annotated[
        int, about("save after so many iterations", 10, 100_000, group=SAVING, live=True)
    ] = 250
    save_minutes: Annotated[
        float,
        about("save after so long too; 0 is never", 0, 1440, unit="min", group=SAVING, live=True),
    ] = 0.0
    snapshot_every: Annotated[
        int,
        about(
            "keep a save for good after so many; 0 is never",
            0,
            10_000_000,
            group=SAVING,
            live=True,
        ),
    ] = 25_000
    keep: Annotated[
        int, about("how many of the newest saves are kept", 2, 100, group=SAVING, live=True)
    ] = 2
    roll_back: Annotated[
        bool, about("on a collapse go back to a save and learn slower", group=SAVING, live=True)
    ] = True
    preview_s: Annotated[
        float, about("new preview pictures after", 1, 3600, unit="s", group=SAVING, live=True)
    ] = 15.0
