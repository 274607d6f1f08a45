"""Addresses of the desk beside the admin site's own."""

from django.urls import path

from config.desk.views import choose_utility

urlpatterns = [path("utility", choose_utility, name="desk-utility")]
