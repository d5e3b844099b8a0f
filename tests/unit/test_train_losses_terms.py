"""The folder of losses is the registry; terms as the user writes them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import BadInput, ModelMissing
from engine.train import losses
from engine.train.losses import Term, parse


def test_the_losses_are_the_files_of_the_folder() -> None:
    folder = Path(losses.__file__).parent
    files = {path.stem for path in folder.glob("[!_]*.py")}
    assert set(losses.names()) == files
    assert {"ssim", "ms_ssim", "gmsd", "flip", "lpips_vgg16"} <= files
    for name in losses.names():
        module = losses.load(name)
        assert isinstance(module.MAP, bool)
        assert callable(module.loss)


@pytest.mark.parametrize("name", ["nosuch", "_face", "../layers", ""])
def test_an_unknown_loss_is_refused_with_the_list(name: str) -> None:
    with pytest.raises(BadInput, match=rf"No loss is called '{name}': there are .*mse, .*ssim"):
        losses.load(name)


def test_terms_as_they_are_written() -> None:
    assert parse("ssim") == (Term("ssim", 1.0),)
    assert parse(" ssim , mse:0.5,focal_frequency: 250% ,") == (
        Term("ssim", 1.0),
        Term("mse", 0.5),
        Term("focal_frequency", 2.5),
    )
    assert parse("mse:0, mae:4") == (Term("mae", 4.0),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ssim, bogus:2", "No loss is called 'bogus': there are"),
        ("mse:4.1", "weight of mse can't be '4.1': it is a number from 0 to 4, or 0% to 400%"),
        ("mse:401%", "weight of mse can't be '401%'"),
        ("mse:-1", "weight of mse"),
        ("mse:nan", "weight of mse"),
        ("mse:", "weight of mse can't be ''"),
        ("mse:much", "weight of mse can't be 'much'"),
        ("mse, mse:2", "mse is named twice"),
        ("ssim, mse, mae, smooth, l_inf", "5 losses are too many: name up to 4"),
        ("", "No loss has any weight"),
        ("mse:0", "No loss has any weight"),
    ],
)
def test_what_is_refused(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        parse(text)


@given(
    st.lists(
        st.tuples(st.sampled_from(losses.names()), st.integers(1, 400)),
        min_size=1,
        max_size=4,
        unique_by=lambda pair: pair[0],
    )
)
def test_per_cent_and_shares_are_the_same(pairs: list[tuple[str, int]]) -> None:
    per_cent = parse(",".join(f"{name}:{weight}%" for name, weight in pairs))
    shares = parse(", ".join(f"{name} : {weight / 100}" for name, weight in pairs))
    assert per_cent == shares
    assert [term.name for term in shares] == [name for name, _ in pairs]


def test_only_networks_need_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FSTUI_DATA", str(tmp_path))
    losses.require(parse("ssim, flip"))
    with pytest.raises(ModelMissing, match=r"SqueezeNet 1\.1 is missing.*5\.0 MB.*models import"):
        losses.require(parse("ssim, lpips_squeeze"))
