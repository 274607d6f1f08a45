"""Every address of the web process."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config.api import health

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(), name="docs"),
    path("api/v1/", include("accounts.api.urls")),
    path("api/v1/", include("billing.api.payment_urls")),
    path("api/v1/", include("billing.api.urls")),
    path("api/v1/", include("comfort.api.urls")),
    path("api/v1/", include("control.api.urls")),
    path("api/v1/", include("metering.api.urls")),
    path("api/v1/", include("config.sync.urls")),
    path("_allauth/", include("allauth.headless.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", include("config.desk.urls")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("config.page.urls")),
]
