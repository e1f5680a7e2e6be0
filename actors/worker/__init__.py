"""The worker: an actor that takes leases, and fetches, computes and stores photos in concurrent stages."""
