"""Settings: `base` is what every environment shares, `local` and `production` are what runs."""
