from pathlib import Path

import pytest
from django.conf import settings

from config.settings import engine
from config.stack.ports import free_port


def test_an_address_of_the_stack_is_read_from_its_directory(tmp_path: Path) -> None:
    (tmp_path / "addresses.json").write_text('{"MQTT_URL": "mqtt://127.0.0.1:1884"}', encoding="utf-8")
    assert engine.stack_address(tmp_path, "MQTT_URL") == "mqtt://127.0.0.1:1884"
    assert engine.stack_address(tmp_path, "VALKEY_URL") == ""


def test_without_a_stack_there_is_no_address(tmp_path: Path) -> None:
    assert engine.stack_address(tmp_path, "MQTT_URL") == ""


def test_a_plain_server_gets_the_plain_engine() -> None:
    assert engine.database_engine(settings.DATABASE_URL, choice="ask") == engine.PLAIN


@pytest.mark.parametrize("url", ["", f"postgresql://postgres@127.0.0.1:{free_port()}/hearthline"])
def test_a_server_that_cannot_be_asked_yet_gets_the_plain_engine(url: str) -> None:
    assert engine.database_engine(url, choice="ask") == engine.PLAIN


@pytest.mark.parametrize(("choice", "chosen"), [("plain", engine.PLAIN), ("timescale", engine.TIMESCALE)])
def test_an_engine_that_is_named_is_not_asked_for(choice: str, chosen: str) -> None:
    assert engine.database_engine("postgresql://nowhere.invalid/x", choice=choice) == chosen


def test_an_unknown_choice_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"^DATABASE_ENGINE is 'oracle'; it must be 'ask', 'plain' or 'timescale'\.$"
    ):
        engine.database_engine(settings.DATABASE_URL, choice="oracle")
