from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from config.demo import parts, people, welcome
from config.stack.service import Extras, Ports

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def extras(*, votes: bool = False) -> Extras:
    wishes = parts.Wishes(stripe_port=8102, speed=2.5, votes=votes)
    return parts.extras(Path("/state"), ports=Ports(web=8100), wishes=wishes, now=NOW)


def test_residents_vote_only_if_asked_for() -> None:
    assert "voters" not in [each.name for each in extras().components]
    assert "voters" in [each.name for each in extras(votes=True).components]


def test_the_twin_tells_the_season_from_its_first_local_midnight_and_waits_for_the_ingestion() -> None:
    twin = next(each for each in extras().components if each.name == "twin")
    assert "--backfill-from=2026-11-15T00:00:00+08:00" in twin.command
    assert "--speed=2.5" in twin.command
    assert "ingest" in twin.after


def test_nobody_waits_for_the_bills() -> None:
    waited = {each.name: each.awaited for each in extras().components}
    assert waited == {"twin": True, "fakestripe": True, "bills": False}


def test_the_fake_stripe_knows_the_webhook_and_every_process_knows_the_fake() -> None:
    fake = next(each for each in extras().components if each.name == "fakestripe")
    assert "--webhook=http://127.0.0.1:8100/api/v1/payments/stripe/webhook" in fake.command
    assert extras().addresses["STRIPE_API_BASE"] == "http://127.0.0.1:8102"
    assert extras().addresses["STRIPE_SECRET_KEY"].startswith("sk_test_")


def test_the_welcome_names_every_login_and_every_place() -> None:
    addresses = {"PUBLIC_URL": "http://127.0.0.1:8100", "MQTT_URL": "mqtt://127.0.0.1:1883"}
    said = welcome.text(addresses, log=Path("/state/log"))
    assert all(person.email in said for person in people.PEOPLE)
    for place in ("http://127.0.0.1:8100/admin/", "http://127.0.0.1:8100/api/docs/", "4242 4242 4242 4242"):
        assert place in said
    assert people.PASSWORD in said
