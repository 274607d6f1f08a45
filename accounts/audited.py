"""Which tables people change, and the triggers that write down every change of them.

The triggers are set after every migration, so a table is audited from the day its name stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.apps import apps
from django.db import connections

TRIGGER: Final = "hearthline_audited"
# The model, and the columns left out: secrets, what a person may have erased, what changes too often.
AUDITED: Final[Mapping[str, tuple[str, ...]]] = {
    "accounts.Utility": (),
    "accounts.HeatSource": (),
    "accounts.Substation": (),
    "accounts.Building": (),
    "accounts.Household": (),
    "accounts.Contract": (),
    "accounts.Membership": (),
    "accounts.StaffRole": (),
    "accounts.User": ("password", "last_login", "email", "name", "phone"),
    "metering.Device": (),
    "metering.Installation": (),
    "metering.TagLimits": (),
    "metering.TagPath": (),
    "comfort.Room": (),
    "billing.TariffPlan": (),
    "billing.TariffVersion": (),
    "billing.TariffComponent": (),
    "billing.PaymentRules": (),
    "billing.Letterhead": (),
    "billing.DunningStep": (),
    "billing.Refund": (),
    "billing.BankMatch": (),
    "billing.PaymentPlan": (),
    "billing.PaymentMandate": (),
    "control.SubstationControl": (),
    "control.ManualHold": (),
    "control.AlarmRule": (),
    "control.RolloutStage": (),
    "control.EnergyFactor": (),
}
THERE: Final = """
SELECT relname, EXISTS (SELECT FROM pg_trigger WHERE tgrelid = pg_class.oid AND tgname = %s)
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname = ANY(%s)
"""


def set_triggers(*, using: str = "default", **_signal: Any) -> None:  # noqa: ANN401 - a signal's words
    """Let every audited table that is there have its trigger."""
    hidden = {apps.get_model(label)._meta.db_table: columns for label, columns in AUDITED.items()}
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regprocedure('hearthline_audit()') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return
        cursor.execute(THERE, [TRIGGER, list(hidden)])
        for table in [name for name, is_set in cursor.fetchall() if not is_set]:
            columns = ", ".join(f"'{column}'" for column in hidden[table])
            # Names of ours, not anybody's input.
            cursor.execute(
                f"CREATE TRIGGER {TRIGGER} AFTER INSERT OR UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION hearthline_audit({columns})"
            )
