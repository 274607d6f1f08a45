"""The pure heart of control: arrays over all stations in, bounded setpoints with their terms out.

No clock: rooms, outdoors, curve, votes, feedback, envelope in turn. Every number that moved a
setpoint is in the decision's terms, and every clip leaves its code.
"""
