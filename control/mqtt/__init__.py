"""The MQTT surface: targets down, answers up, and the process that keeps both going."""
