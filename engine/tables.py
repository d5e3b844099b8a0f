"""The tables of faces.db: what makes them, their rows, and the words that stand in them. Light."""

from __future__ import annotations

from typing import NamedTuple

FORMAT = 2

SCHEMA = """
CREATE TABLE IF NOT EXISTS media (
  id INTEGER PRIMARY KEY,
  hash TEXT NOT NULL, path TEXT NOT NULL, side TEXT NOT NULL, name TEXT NOT NULL,
  width INTEGER NOT NULL, height INTEGER NOT NULL,
  time_base_num INTEGER NOT NULL, time_base_den INTEGER NOT NULL,
  fps_num INTEGER NOT NULL, fps_den INTEGER NOT NULL,
  frames INTEGER,
  done INTEGER NOT NULL DEFAULT 0,
  settings TEXT NOT NULL DEFAULT '{}',
  UNIQUE (hash, side)
);
CREATE TABLE IF NOT EXISTS frame (
  id INTEGER PRIMARY KEY,
  media INTEGER NOT NULL REFERENCES media ON DELETE CASCADE,
  pts INTEGER NOT NULL, idx INTEGER NOT NULL,
  UNIQUE (media, idx)
);
CREATE TABLE IF NOT EXISTS face (
  id INTEGER PRIMARY KEY,
  frame INTEGER NOT NULL REFERENCES frame ON DELETE CASCADE,
  n INTEGER NOT NULL,
  left REAL NOT NULL, top REAL NOT NULL, right REAL NOT NULL, bottom REAL NOT NULL,
  score REAL NOT NULL, detector TEXT NOT NULL,
  points BLOB NOT NULL, mesh BLOB, aligner TEXT NOT NULL,
  yaw REAL, pitch REAL, roll REAL, blur REAL, size REAL, brightness REAL, misalignment REAL,
  duplicate BLOB, identity BLOB, identity_network TEXT, cluster INTEGER,
  crop TEXT, crop_size INTEGER,
  rejected INTEGER NOT NULL DEFAULT 0, edited INTEGER NOT NULL DEFAULT 0,
  rejected_by TEXT, stale INTEGER NOT NULL DEFAULT 0, raw_points BLOB,
  spectrum REAL, occlusion REAL,
  UNIQUE (frame, n)
);
CREATE TABLE IF NOT EXISTS mask (
  face INTEGER NOT NULL REFERENCES face ON DELETE CASCADE,
  name TEXT NOT NULL, picture BLOB NOT NULL, matrix BLOB NOT NULL, size INTEGER NOT NULL,
  PRIMARY KEY (face, name)
);
CREATE TABLE IF NOT EXISTS person (
  side TEXT NOT NULL, cluster INTEGER NOT NULL,
  face INTEGER REFERENCES face ON DELETE SET NULL,
  PRIMARY KEY (side, cluster)
);
"""

INDEX = "face_figures"
INDEX_SQL = f"""
CREATE INDEX IF NOT EXISTS {INDEX} ON face (
  frame, n, rejected, rejected_by, cluster, edited, stale, score, yaw, pitch, roll,
  blur, size, brightness, misalignment, spectrum, occlusion
)
"""
"""All that lists are sorted and chosen by, apart from points, meshes and identities: those are 5 KB
a face, which a look at 100,000 faces must not read."""

MIGRATIONS = {
    1: """
ALTER TABLE face ADD COLUMN rejected_by TEXT;
ALTER TABLE face ADD COLUMN stale INTEGER NOT NULL DEFAULT 0;
ALTER TABLE face ADD COLUMN raw_points BLOB;
ALTER TABLE face ADD COLUMN spectrum REAL;
ALTER TABLE face ADD COLUMN occlusion REAL;
CREATE TABLE person (
  side TEXT NOT NULL, cluster INTEGER NOT NULL,
  face INTEGER REFERENCES face ON DELETE SET NULL,
  PRIMARY KEY (side, cluster)
);
UPDATE face SET rejected_by = 'user' WHERE rejected;
""",
}
"""From each older format to the next."""

CROP, ALIGN = 1, 2
"""Values of `face.stale`: the crop and what is measured on it, or the points too, are to be made
anew by the next extraction."""
USER = "user"
"""Value of `face.rejected_by` that no filter takes back."""
KEPT = "kept"
"""Value of `face.rejected_by` of a face that the user wants, with `rejected` 0: no filter rejects
it."""
REASONS = {
    USER: "by you",
    KEPT: "kept by you",
    "aligner": "no points found",
    "frames": "outside of the wanted frames",
    "min_face": "too small",
    "max_face": "too large",
    "misaligned": "points unlike a face's",
    "roll": "tilted too far",
    "upside_down": "upside down",
    "filter": "not the wanted person",
    "nfilter": "an unwanted person",
}
"""All values of `face.rejected_by` in words."""


class Media(NamedTuple):
    """A row of `media`. Sizes are after rotation; fps and time base are fractions."""

    id: int
    hash: str
    path: str
    side: str
    name: str
    """Folder name of its crops, unique within its side."""
    width: int
    height: int
    time_base_num: int
    time_base_den: int
    fps_num: int
    fps_den: int
    frames: int | None
    """Frames in the medium once it was read to its end."""
    done: int
    """1 when every frame was looked at with `settings`."""
    settings: str


class Face(NamedTuple):
    """A row of `face`. Box and points in display-rotated frame pixels, the centre of the first
    pixel at (0, 0); points and mesh are float32 little-endian x,y (68 and 468 of them)."""

    id: int
    frame: int
    n: int
    left: float
    top: float
    right: float
    bottom: float
    score: float
    detector: str
    points: bytes
    mesh: bytes | None
    aligner: str
    yaw: float | None
    pitch: float | None
    roll: float | None
    """Degrees."""
    blur: float | None
    size: float | None
    brightness: float | None
    misalignment: float | None
    duplicate: bytes | None
    identity: bytes | None
    """float32 little-endian embedding."""
    identity_network: str | None
    cluster: int | None
    crop: str | None
    """Relative to the project."""
    crop_size: int | None
    rejected: int
    edited: int
    rejected_by: str | None
    """`USER`, `KEPT` or the filter that rejected it."""
    stale: int
    """0, `CROP` or `ALIGN`."""
    raw_points: bytes | None
    """The points as they were found, where `points` are smoothed over time."""
    spectrum: float | None
    """Share of fine detail in the picture's spectrum: low is blurred."""
    occlusion: float | None
    """Guess how much of the face something covers, 0..1."""


class FrameFace(NamedTuple):
    """A face with the frame that it is in."""

    media: int
    idx: int
    pts: int
    face: Face
