"""The messages between ingress, coordinator and workers: records, ids, and errors with their codes."""
