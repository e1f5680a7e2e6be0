"""The sources of photos: files, buckets and web addresses, without access to the internal network."""
