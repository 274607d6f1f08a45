"""What opens the demo's fake and nothing else; apart, so that reading it loads no SDK."""

from typing import Final

DEMO_KEY: Final = "sk_test_hearthline_demo"
DEMO_WEBHOOK_SECRET: Final = "whsec_hearthline_demo"  # noqa: S105 - opens nothing but the fake
