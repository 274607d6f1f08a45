"""The API's document is committed, valid, and changes only when somebody means it to (`make schema`)."""

from pathlib import Path

import yaml
from django.core.management import call_command
from openapi_spec_validator import validate

from tests.project import tree

COMMITTED = tree.ROOT / "docs" / "openapi.yaml"


def test_the_committed_document_is_what_the_code_generates(tmp_path: Path) -> None:
    generated = tmp_path / "openapi.yaml"
    call_command("spectacular", file=str(generated), fail_on_warn=True)

    assert generated.read_text(encoding="utf-8") == COMMITTED.read_text(encoding="utf-8")


def test_the_committed_document_is_valid_openapi() -> None:
    validate(yaml.safe_load(COMMITTED.read_text(encoding="utf-8")))
