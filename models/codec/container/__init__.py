"""The structure of image files, and the metadata in them: read and written without decoding pixels."""
