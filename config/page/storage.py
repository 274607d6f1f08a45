"""Where production's collected files lie: hashed names, in the imports between scripts too."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc] # the package ships no types
    """A script that imports another names it by its hash, so that each is loaded and cached once."""

    support_js_module_import_aggregation = True
