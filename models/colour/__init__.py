"""Colour: functions of (r, g, b) in float64, and the tables into which they are baked."""
