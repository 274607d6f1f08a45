"""Every sentence a resident or clerk may read exists in Chinese, and what is compiled is what is written."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import polib
import pytest
from django.conf import settings

from tests.project import tree

CATALOGUE: Final = tree.ROOT / "config" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"


def _words(entry: polib.POEntry | polib.MOEntry) -> tuple[str, str | dict[int, str]]:
    return entry.msgstr, entry.msgstr_plural


def _compiled() -> dict[tuple[str | None, str], tuple[str, str | dict[int, str]]]:
    entries = polib.mofile(str(CATALOGUE.with_suffix(".mo")))
    return {(entry.msgctxt, entry.msgid): _words(entry) for entry in entries}


def test_every_language_on_offer_but_the_source_has_a_catalogue() -> None:
    offered = {code for code, _name in settings.LANGUAGES}

    assert offered == {settings.LANGUAGE_CODE, "zh-hans"}
    assert CATALOGUE.exists()


def test_every_sentence_is_translated_and_none_is_a_guess() -> None:
    entries = [entry for entry in polib.pofile(str(CATALOGUE)) if not entry.obsolete]

    assert [entry.msgid for entry in entries if entry.fuzzy or not entry.translated()] == []


def test_the_compiled_catalogue_is_the_written_one() -> None:
    # Committed, because a machine with Python and make alone has no msgfmt to compile it.
    written = polib.pofile(str(CATALOGUE))
    live = {(entry.msgctxt, entry.msgid): _words(entry) for entry in written if not entry.obsolete}

    assert _compiled() == live


def test_the_catalogue_holds_every_sentence_of_the_code(tmp_path: Path) -> None:
    if shutil.which("xgettext") is None:
        pytest.skip("xgettext (Debian: gettext) is not installed")
    copy = tmp_path / "project"
    shutil.copytree(tree.ROOT, copy, ignore=lambda _folder, names: tree.NOT_OURS.intersection(names))

    command = [sys.executable, "manage.py", "makemessages", "--locale", "zh_Hans", "--no-obsolete"]
    subprocess.run(command, cwd=copy, check=True, capture_output=True)

    now = {entry.msgid for entry in polib.pofile(str(copy / CATALOGUE.relative_to(tree.ROOT)))}
    known = {entry.msgid for entry in polib.pofile(str(CATALOGUE)) if not entry.obsolete}
    assert {"missing": now - known, "said no more": known - now} == {"missing": set(), "said no more": set()}
