"""A worker: an actor that takes leases, fetches, computes and stores photos in stages beside each other."""
