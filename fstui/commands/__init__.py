"""One command a file: its docstring is its help, `arguments(parser)` its flags, `run(args)` its
work, which returns an exit code; `looks(args)` says whether words of it change and start nothing.
A file is imported only when its command is used."""

from __future__ import annotations

COMMANDS: dict[str, str] = {
    "demo": "the whole way on sample footage: extract, train, convert, report",
    "new": "make a project",
    "project": "rename, duplicate, archive or trash a whole project, and back",
    "add": "list footage of a side: a (replaced), b (put in), target (to be converted)",
    "footage": "what a project's footage is and became; out of it and back; contact sheets",
    "extract": "find, describe and crop faces",
    "faces": "list, reject and keep faces; figures, people, duplicates",
    "train": "learn both faces; goes on from the last checkpoint",
    "estimate": "what a training would need: memory, disk and time, tried for a few steps",
    "augmentations": "one picture of what training makes of the faces, step by step",
    "model": "a trained model: info, check, restore, export",
    "sessions": "what each training job did: iterations, time, speed, saves",
    "networks": "what can be trained: sizes, weights, options of each network",
    "timelapse": "make a video of how the faces were learnt",
    "shots": "other settings from a frame of a clip on; cuts are found",
    "preview": "frames as convert would make them, at once: before, after, mask",
    "convert": "put B's face on A in the target footage",
    "report": "what was measured on the finished videos, with the worst frames",
    "media": "look at films, take frames out, put films together, slice, rotate, rescale",
    "import": "take in faces from faceswap, DeepFaceLab or JSON",
    "export": "hand faces out as faceswap's .fsa, face PNGs or JSON",
    "status": "what projects have, what runs, what is next",
    "attach": "follow a job to its end",
    "wait": "wait until a job has ended, through the queue; its exit code",
    "tail": "what a job said last",
    "logs": "all that a job said: events and the engine's output",
    "queue": "what waits to start: list, move, hold, retry, cancel",
    "tell": "ask the running job to pause, resume, save, snapshot or preview",
    "change": "let the running training go on with other settings",
    "stop": "save and stop a job",
    "watch": "take in footage as it arrives in a project's media folders",
    "arrivals": "what became of footage that arrived: what failed, asks or waits; --retry",
    "inbox": "what media/inbox could not be sorted to a side; says where it belongs",
    "recipes": "what a project does when footage arrives; --dry-run shows what would happen",
    "people": "show, record or remove who the sides show and on what ground",
    "verify": "what a finished file says of itself: mark, record, people, whether it was changed",
    "models": "weights of the networks that find faces: list, fetch, import, verify",
    "bench": "measure a stage on this machine",
    "settings": "your own settings and a project's: list, get, set",
    "serve": "the workbench in a browser on this machine, also through 'ssh -L'",
    "clean": "what of a project can be removed, with sizes",
    "service": "start the watchers and the queue at boot (systemd)",
    "completion": "words for the Tab key of bash, zsh and fish",
    "doctor": "check this machine: terminal, GPU, TensorFlow, disk, weights",
    "test": "run the project's tests",
    "help": "help on a command, or 'exit-codes'",
}
"""Every command with one line of help, in the order of use."""

LOOKING = frozenset(
    {
        "estimate",
        "sessions",
        "networks",
        "report",
        "status",
        "attach",
        "wait",
        "tail",
        "logs",
        "recipes",
        "verify",
        "bench",
        "serve",
        "completion",
        "help",
    }
)
"""Those that only look, whatever their words. Any other is refused under `--readonly` unless its
`looks` says of the words at hand that they do."""
