"""The embedded servers and the supervisor behind `manage.py up`; needs neither Django nor a database."""
