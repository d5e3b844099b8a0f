"""The models of a pass: each role with the newest checkpoint of its project."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from engine.convert.patch import Swapper
from engine.convert.preflight import no_learnt_mask
from engine.convert.roles import Role
from engine.project import Project
from engine.protocol import safe_text
from engine.settings.convert import PREDICTED
from engine.train import checkpoint
from engine.train.checkpoint import Checkpoint

if TYPE_CHECKING:
    from engine.train.network import Network


class Player(NamedTuple):
    """A role and the checkpoint that plays it."""

    role: Role
    found: Checkpoint

    @property
    def iteration(self) -> int:
        """How long its model was trained."""
        return self.found.state.iteration


Load = Callable[[Player], Swapper]


def cast_of(roles: Sequence[Role], mask: str, warn: Callable[[str], None]) -> list[Player]:
    """The newest checkpoint of each role's project, read once.

    Raises `ModelMissing`, `Damaged`, and as `require_masks`.
    """
    read: dict[Path, Checkpoint] = {}
    for role in roles:
        path = role.project.path
        if path not in read:
            read[path] = checkpoint.load(path / "model", warn, averaged=True)
    cast = [Player(role, read[role.project.path]) for role in roles]
    require_masks(cast, mask)
    return cast


def require_masks(cast: Sequence[Player], mask: str) -> None:
    """Raise `BadInput` where the mask shall be a predicted one and a model has learnt none."""
    for player in cast:
        if mask == PREDICTED and not player.found.recipe.style.learn_mask:
            raise no_learnt_mask(player.role.project.name)


def load_all(cast: Sequence[Player], load: Load) -> list[Swapper]:
    """A model for each role; those that paint the same person with the same model share one. The
    checkpoints' own copies of the weights are given up."""
    loaded: dict[tuple[Path, str], Swapper] = {}
    for player in cast:
        key = (player.role.project.path, player.role.put_in)
        if key not in loaded:
            loaded[key] = load(player)
    for player in cast:
        player.found.forget_weights()
    return [loaded[player.role.project.path, player.role.put_in] for player in cast]


def loader() -> Load:
    """Makes the trained models; one whose both people are put in is in memory once."""
    networks: dict[Path, Network] = {}

    def load(player: Player) -> Swapper:
        from engine.train.predict import Swapper as Trained  # TensorFlow takes seconds
        from engine.train.predict import network_of

        path = player.role.project.path
        if path not in networks:
            networks[path] = network_of(player.found)
        return Trained(player.found, player.role.put_in, networks[path])

    return load


def training_seconds(cast: Sequence[Player]) -> float:
    """How long all models together were trained."""
    return sum({player.found.path: player.found.state.seconds for player in cast}.values())


def words_of(cast: Sequence[Player], own: Project) -> str:
    """`iteration 500`; with other projects' models `iteration 500 of anna and iteration 20 of
    carl`."""
    told = {player.role.project.path: player for player in cast}.values()
    if all(player.role.project.path == own.path for player in told):
        return f"iteration {cast[0].iteration}"
    return " and ".join(
        f"iteration {player.iteration} of {safe_text(player.role.project.name)}" for player in told
    )
