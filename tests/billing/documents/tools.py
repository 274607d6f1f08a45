"""What the tests of documents need of the machine."""

import pytest


def _has_pango() -> bool:
    try:
        import weasyprint  # noqa: F401, PLC0415 - the question is whether it loads
    except OSError:
        return False
    return True


needs_pango = pytest.mark.skipif(
    not _has_pango(), reason="Pango is not installed: libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
)
