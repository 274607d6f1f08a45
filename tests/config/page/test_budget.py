"""What a phone has to load before the page is whole."""

import gzip
from pathlib import Path
from typing import Final

from django.contrib.staticfiles import finders

MOST_BYTES: Final = 75_000


def test_all_scripts_of_the_page_fit_the_budget_compressed() -> None:
    folder = Path(str(finders.find("page/page.js"))).parent
    sizes = {path.name: len(gzip.compress(path.read_bytes(), 9)) for path in folder.glob("*.js")}

    assert {"page.js", "live.js", "push.js", "htmx.min.js", "sw.js"} <= sizes.keys()
    assert sum(sizes.values()) <= MOST_BYTES, sizes
