"""What ingress, coordinator and workers send each other: records, ids, and errors with their codes."""
