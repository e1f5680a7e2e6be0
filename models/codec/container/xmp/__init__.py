"""XMP packets: read to trees, corrected for the result, written again."""
