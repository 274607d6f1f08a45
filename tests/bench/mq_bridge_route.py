"""mq-bridge as a process of its own: `mq_bridge_route.py MQTT_URL DATABASE_URL TOPIC`, ends with its input.

Not among our dependencies: a wheel of 41 MB for one figure. `python -m venv SOMEWHERE`, install
`mq-bridge==1.2.0` there and set BENCH_MQ_BRIDGE_PYTHON to its python.
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
    "max_inflight": 2000,
    "queue_capacity": 4000,
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
