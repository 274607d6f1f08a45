"""The address under /api/v1/ at which an app catches up."""

from django.urls import path

from config.sync.view import SyncView

urlpatterns = [path("households/<int:household_id>/sync", SyncView.as_view(), name="sync")]
