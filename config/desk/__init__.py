"""The desk: the admin site and the dashboards that compose apps."""
