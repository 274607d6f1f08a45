"""Integrity is the database's: every model of ours carries at least one rule that the server keeps."""

from django.apps import apps
from django.db import models

from tests.project import tree


def _rules(model: type[models.Model]) -> int:
    declared = len(model._meta.total_unique_constraints) + len(model._meta.constraints)
    unique_columns = sum(
        field.unique and not field.primary_key for field in model._meta.local_concrete_fields
    )
    natural_key = isinstance(model._meta.pk, models.CompositePrimaryKey)
    return declared + unique_columns + natural_key


def test_every_model_has_a_constraint() -> None:
    ours = [model for app in tree.APPS for model in apps.get_app_config(app).get_models()]

    assert [model._meta.label for model in ours if not _rules(model)] == []
