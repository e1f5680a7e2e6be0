"""Colour: functions of (r, g, b) in float64, and the tables that they are baked into."""
