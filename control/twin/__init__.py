"""A simulated community: homes, stations and meters with their own physics, known to us only through MQTT.

It stands where the plant stands, so it knows nothing of the controller and the controller nothing of it.
"""
