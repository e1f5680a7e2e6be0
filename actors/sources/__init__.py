"""Where photos come from: files, buckets and web addresses, none of which may lead into the own network."""
