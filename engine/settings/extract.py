"""Settings of the extract stage."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class ExtractSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Find, describe and crop faces."""

    frames: Annotated[str, Meta(description="only these frames, from 1, as in 1-250,300-")] = ""
    times: Annotated[str, Meta(description="only these times, as in 0:10-0:25.5,1:02-")] = ""
    every: Annotated[int, Meta(ge=1, le=1000, description="look at every nth frame: 1 is all")] = 1
    detector: Annotated[
        str, Meta(description="network that finds faces", extra={"folder": "extract/detect"})
    ] = "fullrange"
    confidence: Annotated[
        float, Meta(ge=0.05, le=1.0, description="how sure it must be that something is a face")
    ] = 0.5
    rotate: Annotated[
        str,
        Meta(
            description="look again at empty frames turned: 90, or 90,270",
            extra={"unit": "degrees"},
        ),
    ] = ""
    aligner: Annotated[
        str,
        Meta(
            description="network that finds the points of a face",
            extra={"group": "points", "folder": "extract/align"},
        ),
    ] = "mesh"
    presence: Annotated[
        float,
        Meta(
            ge=0.0,
            le=1.0,
            description="how sure the mesh must be that it is a face",
            extra={"group": "points"},
        ),
    ] = 0.5
    refeed: Annotated[
        int,
        Meta(
            ge=0,
            le=10,
            description="average the points of so many shifted crops more",
            extra={"group": "points"},
        ),
    ] = 0
    realign: Annotated[
        bool,
        Meta(description="find the points again on an upright crop", extra={"group": "points"}),
    ] = False
    normalise: Annotated[
        Literal["none", "clahe", "hist", "mean"],
        Meta(description="even out the light of what the aligner sees", extra={"group": "points"}),
    ] = "none"
    faces_file: Annotated[
        str,
        Meta(
            description="boxes and points for the networks called file",
            extra={"group": "points", "path": True},
        ),
    ] = ""
    smooth: Annotated[
        int,
        Meta(
            ge=0,
            le=15,
            description="smooth points over so many frames each way; 0 is off",
            extra={"group": "points"},
        ),
    ] = 0
    min_face: Annotated[
        float,
        Meta(
            ge=0,
            le=100,
            description="reject smaller boxes, of the frame's short side",
            extra={"group": "what is rejected", "unit": "%"},
        ),
    ] = 0.0
    max_face: Annotated[
        float,
        Meta(
            ge=0,
            le=500,
            description="reject larger boxes; 0 is no limit",
            extra={"group": "what is rejected", "unit": "%"},
        ),
    ] = 0.0
    max_misalignment: Annotated[
        float,
        Meta(
            ge=0,
            le=45,
            description="reject points further from the mean face; 0 is off",
            extra={"group": "what is rejected", "unit": "%"},
        ),
    ] = 0.0
    max_roll: Annotated[
        float,
        Meta(
            ge=0,
            le=180,
            description="reject heads that are tilted more; 0 is no limit",
            extra={"group": "what is rejected", "unit": "degrees"},
        ),
    ] = 0.0
    upside_down: Annotated[
        bool,
        Meta(
            description="keep faces whose eyes are below the mouth",
            extra={"group": "what is rejected"},
        ),
    ] = True
    size: Annotated[
        int,
        Meta(
            ge=128,
            le=1024,
            multiple_of=64,
            description="width and height of a saved face picture",
            extra={"group": "pictures and masks", "unit": "px"},
        ),
    ] = 512
    masks: Annotated[
        str,
        Meta(
            description="masks to store with each face, commas between",
            extra={"group": "pictures and masks", "folder": "extract/segment", "many": True},
        ),
    ] = ""
    mask_size: Annotated[
        int,
        Meta(
            ge=64,
            le=1024,
            multiple_of=64,
            description="width and height of a stored mask",
            extra={"group": "pictures and masks", "unit": "px"},
        ),
    ] = 128
    identity: Annotated[
        bool,
        Meta(
            description="measure who each face is: tells likeness", extra={"group": "who is kept"}
        ),
    ] = True
    filter: Annotated[
        str,
        Meta(
            description="keep only the people of this picture or folder",
            extra={"group": "who is kept", "path": True},
        ),
    ] = ""
    nfilter: Annotated[
        str,
        Meta(
            description="reject the people of this picture or folder",
            extra={"group": "who is kept", "path": True},
        ),
    ] = ""
    threshold: Annotated[
        float,
        Meta(
            ge=0.1,
            le=1.5,
            description="nearer identities than this are one person",
            extra={"group": "who is kept"},
        ),
    ] = 0.5
    batch: Annotated[
        int, Meta(ge=1, le=256, description="frames looked at together: fewer need less memory")
    ] = 16
