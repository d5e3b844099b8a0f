"""Settings of the train stage."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from engine.settings.about import about

NETWORK, LEARNING, MACHINE = "network", "learning", "machine"
FACE, VARY, SAVING, PICTURES = "face", "variation", "saving", "pictures and records"
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
    plateau: Annotated[
        int,
        about("stop when nothing is learnt in so many; 0 is never", 0, 10_000_000, live=True),
    ] = 0
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

    optimiser: Annotated[
        str,
        about(
            "how gradients change the weights",
            folder="train/optimisers",
            also=("own",),
            group=LEARNING,
        ),
    ] = "own"
    weight_decay: Annotated[
        float, about("share that weights lose; -1: the optimiser's own", -1, 1, group=LEARNING)
    ] = -1.0
    clip: Annotated[
        Literal["none", "value", "norm", "global_norm", "autoclip"],
        about("limit what one step can change", group=LEARNING),
    ] = "none"
    clip_limit: Annotated[
        float, about("that limit, but for autoclip", 0.001, 10, group=LEARNING)
    ] = 1.0
    clip_percentile: Annotated[
        float, about("autoclip's limit among past steps", 0, 100, unit="%", group=LEARNING)
    ] = 10.0
    clip_history: Annotated[
        int, about("past steps that autoclip remembers", 1, 100_000, group=LEARNING)
    ] = 10_000
    accumulate: Annotated[int, about("steps that make one update", 1, 100, group=LEARNING)] = 1
    average: Annotated[
        float,
        about("how long the weights' average remembers; 0 is none", 0, 0.99999, group=LEARNING),
    ] = 0.0
    schedule: Annotated[
        Literal["own", "constant", "cosine", "step"],
        about("how the learning rate falls", group=LEARNING, live=True),
    ] = "own"
    warm_up: Annotated[
        int, about("iterations over which the rate rises", 0, 5000, group=LEARNING, live=True)
    ] = 20
    schedule_end: Annotated[
        float,
        about("what a cosine leaves of the rate", 0, 100, unit="%", group=LEARNING, live=True),
    ] = 1.0
    schedule_factor: Annotated[
        float, about("what each step leaves of the rate", 0.01, 1, group=LEARNING, live=True)
    ] = 0.5
    schedule_every: Annotated[
        int,
        about("iterations from one step to the next", 1, 10_000_000, group=LEARNING, live=True),
    ] = 100_000

    find_rate: Annotated[
        Literal["off", "set", "only"],
        about("look for the learning rate before a model begins", group=LEARNING),
    ] = "off"
    find_iterations: Annotated[int, about("steps of that search", 100, 10_000, group=LEARNING)] = (
        1000
    )
    find_strength: Annotated[
        Literal["default", "aggressive", "extreme"],
        about("how near to where it runs away", group=LEARNING),
    ] = "default"

    losses: Annotated[
        str, about("what is added up, as in ssim, mse:0.5; empty: own", group=LEARNING, live=True)
    ] = ""
    penalised: Annotated[
        bool, about("only the face counts, by its mask", group=LEARNING, live=True)
    ] = True
    mask_loss: Annotated[
        Literal["mse", "mae"],
        about("what a learnt mask's error is measured by", group=LEARNING, live=True),
    ] = "mse"
    eye_multiplier: Annotated[
        float, about("how much more eyes count than the face", 1, 40, group=LEARNING)
    ] = 1.0
    mouth_multiplier: Annotated[
        float, about("how much more the mouth counts than the face", 1, 40, group=LEARNING)
    ] = 1.0

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

    vertical_offset: Annotated[
        float, about("show more forehead; below 0 more chin", -25, 25, unit="%", group=FACE)
    ] = 0.0
    mask_dilation: Annotated[
        float, about("grow the mask; below 0 shrink it", -5, 5, unit="%", group=FACE)
    ] = 0.0
    mask_blur: Annotated[
        float, about("soften the mask, px of a mask of 128 px", 0, 9, unit="px", group=FACE)
    ] = 0.0
    mask_threshold: Annotated[
        int, about("mask values this near to none or all become so", 0, 50, group=FACE)
    ] = 0

    warp: Annotated[
        bool, about("bend the faces a little, against learning by heart", group=VARY, live=True)
    ] = True
    warp_to_landmarks: Annotated[
        bool, about("bend them to the other side's shapes instead", group=VARY, live=True)
    ] = False
    flip: Annotated[
        float, about("how many faces are mirrored", 0, 100, unit="%", group=VARY, live=True)
    ] = 50.0
    colour: Annotated[bool, about("vary light and colour", group=VARY, live=True)] = True
    lightness: Annotated[
        float, about("vary lightness by up to", 0, 75, unit="%", group=VARY, live=True)
    ] = 30.0
    chroma: Annotated[
        float, about("vary colour by up to", 0, 50, unit="%", group=VARY, live=True)
    ] = 8.0
    clahe: Annotated[
        float, about("how many get local contrast", 0, 75, unit="%", group=VARY, live=True)
    ] = 50.0
    clahe_size: Annotated[
        int, about("finest grid of that contrast", 1, 8, group=VARY, live=True)
    ] = 4
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
        float, about("new preview pictures after", 1, 3600, unit="s", group=PICTURES, live=True)
    ] = 15.0
    preview_every: Annotated[
        int,
        about("also after so many iterations; 0 is never", 0, 1_000_000, group=PICTURES, live=True),
    ] = 0
    preview_faces: Annotated[
        int,
        about(
            "faces of each side: half the same, half new",
            2,
            16,
            step=2,
            group=PICTURES,
            live=True,
        ),
    ] = 4
    mask_opacity: Annotated[
        float,
        about("how strongly the mask is shown", 0, 100, unit="%", group=PICTURES, live=True),
    ] = 30.0
    mask_colour: Annotated[
        str,
        about(
            "the mask's colour",
            pattern=r"\A#[0-9a-fA-F]{6}\Z",
            form="# and red, green, blue as six hex digits",
            group=PICTURES,
            live=True,
        ),
    ] = "#ff0000"
    timelapse: Annotated[
        bool, about("keep a picture at every save: see 'timelapse'", group=PICTURES, live=True)
    ] = False
    tensorboard: Annotated[bool, about("also write logs for TensorBoard", group=PICTURES)] = False
