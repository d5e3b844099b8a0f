"""Memory of an extraction stays flat over a long clip."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path

import av
import cv2
import pytest

from engine.launch import ROOT
from engine.media.read import read_frames

FRAMES = 100_000
SIZE = (320, 180)
MIB = 1 << 20

CHILD = """
import json, sys, threading, time
from pathlib import Path
import numpy as np, psutil
from engine.control import Control
from engine.extract import pipeline
from engine.extract.align.mesh import Aligner
from engine.extract.detect.fullrange import Detector
from engine.extract.identify.dlib_resnet import Identifier
from engine.media.read import read_frames
from engine.project import Project
from engine.protocol import Job, JobFolder, Step
from engine.report import Reporter
from engine.settings import ExtractSettings
from engine.work import Work

workspace, clip = map(Path, sys.argv[1:])
first = next(iter(read_frames(clip)))
(faces,) = Detector(ExtractSettings())([first])
(landmarks,) = Aligner(ExtractSettings())([(first.rgb, faces[0])])
rng = np.random.default_rng(1)
Detector.__call__ = lambda self, frames: [faces[:1] for _ in frames]
Aligner.__call__ = lambda self, found: [landmarks for _ in found]
Identifier.embed_chips = lambda self, chips: rng.normal(0, 0.03, (len(chips), 128)).astype("f4")

project = Project.create(workspace, "long")
project.add_sources("a", [clip])
step = Step("extract", "a", {"size": 128})
folder = JobFolder.create(project.path, Job(1, "extract", [step]))
report = Reporter(folder)
sizes, over = [], threading.Event()

def watch():
    me = psutil.Process()
    while not over.wait(0.5):
        sizes.append(me.memory_info().rss)

thread = threading.Thread(target=watch, daemon=True)
thread.start()
words = pipeline.run(Work(project, folder, step, report, Control(report)))
again = pipeline.run(Work(project, folder, step, report, Control(report)))
over.set()
thread.join()
print(json.dumps({"sizes": sizes, "words": words, "again": again}))
"""


def looped(source: Path, path: Path, frames: int) -> None:
    """The source's first second, again and again."""
    pictures = [cv2.resize(f.rgb, SIZE) for f in read_frames(source, stop=24)]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=24)
        stream.width, stream.height = SIZE
        stream.pix_fmt, stream.codec_context.time_base = "yuv420p", Fraction(1, 24)
        for rgb in islice(cycle(pictures), frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb)))
        container.mux(stream.encode())


@pytest.mark.all
@pytest.mark.timeout(3600)
def test_memory_stays_flat_over_100_000_frames(
    sample: Callable[[str], Path], tmp_path: Path
) -> None:
    """The networks answer at once, all else is the real step: decoding, crops, rows, judging the
    faces, telling people apart; then once more with nothing left to do."""
    clip = tmp_path / "long.mkv"
    looped(sample("woman"), clip, FRAMES)
    run = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path), str(clip)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout.splitlines()[-1])
    assert f"{FRAMES} faces in {FRAMES} of {FRAMES} frames" in told["words"]
    assert told["again"].startswith(f"side a: {FRAMES} faces")
    sizes = told["sizes"]
    quarter = len(sizes) // 4
    assert max(sizes) < 1536 * MIB
    assert max(sizes) - min(sizes[quarter : 2 * quarter]) < 400 * MIB, [s // MIB for s in sizes]
