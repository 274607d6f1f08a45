import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """No refund was ever made without a payment; from now on none can be."""

    dependencies = [("billing", "0011_autopay")]

    operations = [
        migrations.AlterField(
            model_name="refund",
            name="attempt",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="refunds",
                to="billing.paymentattempt",
            ),
        )
    ]
