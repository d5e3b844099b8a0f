"""What a model's training sees of the faces: from its recipe, and from the settings of a job."""

from __future__ import annotations

from engine.settings import TrainSettings
from engine.train import models
from engine.train.augment import Augmentation
from engine.train.checkpoint import Recipe
from engine.train.cutting import Cut


def cut_of(recipe: Recipe) -> Cut:
    """Which part of each face is cut, as large as the model's largest picture."""
    return Cut(
        size=max(recipe.input_size, recipe.output_size),
        centring=recipe.centring,
        coverage=recipe.coverage / 100.0,
        mask=recipe.mask,
        down=recipe.vertical_offset / 100.0,
        dilation=recipe.mask_dilation,
        blur=recipe.mask_blur,
        threshold=recipe.mask_threshold,
        areas=max(recipe.eye_multiplier, recipe.mouth_multiplier) > 1.0,
    )


def augmentation_of(recipe: Recipe, settings: TrainSettings, cut: Cut) -> Augmentation:
    """How faces are varied."""
    habits = models.load(recipe.model).HABITS
    colour = 1.0 if settings.colour else 0.0
    return Augmentation(
        crop_size=cut.side,
        margin=cut.margin,
        input_size=recipe.input_size,
        output_size=recipe.output_size,
        rotation=settings.rotation,
        zoom=settings.zoom,
        shift=settings.shift,
        flip=settings.flip,
        lightness=colour * settings.lightness,
        chroma=colour * settings.chroma,
        clahe=colour * settings.clahe,
        clahe_size=settings.clahe_size,
        colour_target=habits.colour_target,
        warp=habits.warp if settings.warp else 0.0,
        to_landmarks=settings.warp and settings.warp_to_landmarks,
    )
