"""Celery's application; tasks are found in each app's `tasks` module, their times in `config.schedule`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

app = Celery("hearthline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
