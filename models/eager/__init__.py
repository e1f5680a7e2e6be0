"""The applier of torch: for GPUs, without a C compiler, and as the reference for models/compiled."""
