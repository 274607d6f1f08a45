"""Signing in and what makes the page installable."""

from http import HTTPStatus
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core import mail
from django.test import Client

from accounts.models import Household, User
from tests.factories import PASSWORD


def test_the_manifest_names_icons_that_exist(client: Client) -> None:
    manifest = client.get("/manifest.webmanifest").json()

    assert manifest["display"] == "standalone"
    assert {icon["sizes"] for icon in manifest["icons"]} >= {"192x192", "512x512"}
    for icon in manifest["icons"]:
        assert finders.find(icon["src"].removeprefix(settings.STATIC_URL)), icon


def test_the_worker_governs_the_whole_site_and_keeps_only_files_that_exist(client: Client) -> None:
    answer = client.get("/sw.js")

    assert answer.headers["Content-Type"] == "text/javascript"
    names = answer.content.decode().split("const FILES = [")[1].split("]")[0]
    for name in names.replace('"', "").split(", "):
        assert finders.find(f"page/{name}"), name


@pytest.mark.django_db
def test_the_offline_page_needs_nobody(client: Client) -> None:
    assert client.get("/offline").status_code == HTTPStatus.OK


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/login/code/", "/accounts/password/reset/"])
def test_nothing_on_the_way_in_runs_inline(client: Client, path: str) -> None:
    page = client.get(path).content.decode()

    assert "style=" not in page
    assert "onclick" not in page
    scripts = [tag.split(">")[0] for tag in page.split("<script")[1:]]
    # A block of data runs nothing.
    assert [tag for tag in scripts if "src=" not in tag and 'type="application/json"' not in tag] == []


def test_a_password_opens_the_home(client: Client, household: Household, resident: User) -> None:
    answer = client.post("/accounts/login/", {"login": resident.email, "password": PASSWORD})

    assert answer.headers["Location"] == "/"
    assert client.get("/").headers["Location"] == f"/homes/{household.pk}/"


def test_a_wrong_password_opens_nothing(client: Client, resident: User) -> None:
    answer = client.post("/accounts/login/", {"login": resident.email, "password": "guessed"})

    assert answer.status_code == HTTPStatus.OK
    assert 'class="errorlist' in answer.content.decode()
    assert client.get("/").status_code == HTTPStatus.FOUND


def test_six_digits_from_an_email_open_the_home(client: Client, resident: User) -> None:
    client.post("/accounts/login/code/", {"email": resident.email})
    code = next(word for word in mail.outbox[0].body.split() if word.isdigit())

    answer = client.post("/accounts/login/code/confirm/", {"code": code})

    assert len(code) == 6
    assert answer.headers["Location"] == "/"


@pytest.mark.usefixtures("household")
def test_signing_out_closes_the_home(client: Client, resident: User) -> None:
    client.force_login(resident)

    client.post("/accounts/logout/")

    assert client.get("/").headers["Location"].startswith("/accounts/login/")


def test_htmx_is_the_version_whose_licence_stands_beside_it() -> None:
    folder = Path(str(finders.find("page/htmx.min.js"))).parent

    assert 'version:"2.0.11"' in (folder / "htmx.min.js").read_text(encoding="utf-8")
    assert "2.0.11" in (folder / "htmx.LICENSE").read_text(encoding="utf-8")
