"""From the committed reading to the phone: `publish` after the commit, a hub in each live process.

The frames of `wss://.../ws/v1/live`, as a client sees them (households as strings, instants in UTC):

    > {"subscribe": ["12"]}
    < {"type": "snapshot", "household": "12", "epoch": "f3c2...", "seq": 41, "values": [
          {"kind": "room", "device": 7, "measured_at": "2026-01-05T06:00:00Z",
           "values": {"temperature_c": 21.4}}, ...]}
    < {"type": "update", "household": "12", "epoch": "f3c2...", "seq": 42, "kind": "room", "device": 7,
       "measured_at": "...", "values": {...}}
    < {"type": "gap", "household": "12", "epoch": "f3c2...", "skipped": 3}
    > {"resume": {"household": "12", "epoch": "f3c2...", "seq": 42}}
    < {"type": "error", "code": "no_access", "detail": "...", "household": "13"}

`seq` counts the updates of one home within one `epoch`; a new epoch means that the count began again. After
a `gap` the newest value of every device still follows: what was skipped is older than it. `resume` is
answered with the newest values the client has not seen, or with a snapshot where the epoch has changed.
"""

from metering.live.updates import Kind, LiveUpdate, publish

__all__ = ["Kind", "LiveUpdate", "publish"]
