#!/usr/bin/env python
"""Django's command line for Hearthline."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run one management command with the settings the environment names, else the local ones."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
