"""The world outside, behind protocols of ours. `processors` is the way in: configure it, then ask it."""
