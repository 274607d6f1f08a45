"""mq-bridge as a process of its own: `mq_bridge_route.py MQTT_URL DATABASE_URL TOPIC`, ends with its input.

The settings are those that were its fastest. It writes the same values as we do, typed, into a table with the
same key, and acknowledges after the commit. It does not convert units, check ranges or senders, know devices,
compare a repetition with what is stored, or keep what it cannot parse: such a message is gone.
"""

import sys
from importlib import import_module

url, database, topic = sys.argv[1:]
mqtt = {
    "url": url,
    "topic": topic,
    "client_id": "bench-mq-bridge",
    "qos": 1,
    "clean_session": False,
    "session_expiry_interval": 600,
    "protocol": "v5",
    "max_inflight": 4000,
    "queue_capacity": 8000,
}
route = import_module("mq_bridge").Route.from_config(
    {
        "input": {"mqtt": mqtt},
        "output": {"sqlx": {"url": database, "table": "bench_mq_bridge", "columns": "auto"}},
        "batch_size": 512,
    }
)
route.start()
sys.stdout.write("ready\n")
sys.stdout.flush()
sys.stdin.read()
route.stop()
