"""Addresses of the desk beside the admin site's own."""

from django.urls import path

from config.desk.pages.comfort import ComfortPage
from config.desk.pages.customer import CustomerPage
from config.desk.pages.customers import CustomersPage
from config.desk.pages.energy import HeatIndexPage, SavingPage, SourcesPage
from config.desk.pages.losses import LossesPage, LossPage
from config.desk.pages.network import NetworkPage
from config.desk.pages.station import StationPage
from config.desk.pages.warmth import WarmthPage
from config.desk.views import choose_utility

urlpatterns = [
    path("utility", choose_utility, name="desk-utility"),
    path("customers/", CustomersPage.as_view(), name="desk-customers"),
    path("customers/<int:household_id>/", CustomerPage.as_view(), name="desk-customer"),
    path("comfort/", ComfortPage.as_view(), name="desk-comfort"),
    path("heat-index/", HeatIndexPage.as_view(), name="desk-heat-index"),
    path("saving/", SavingPage.as_view(), name="desk-saving"),
    path("sources/", SourcesPage.as_view(), name="desk-sources"),
    path("network/", NetworkPage.as_view(), name="desk-network"),
    path("stations/<int:station_id>/", StationPage.as_view(), name="desk-station"),
    path("buildings/<int:building_id>/warmth/", WarmthPage.as_view(), name="desk-warmth"),
    path("losses/", LossesPage.as_view(), name="desk-losses"),
    path("losses/<str:own>/<int:place_id>/", LossPage.as_view(), name="desk-loss"),
]
