"""How the project is wired: settings, conventions every surface shares, and what composes the apps."""
