"""The watch over the plant, pure: values in, verdicts out; then debouncing. No clock, no database."""
