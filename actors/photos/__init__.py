"""What a batch keeps of its photos, in a column for each property: states, reports, lights, adjustments, pace."""
