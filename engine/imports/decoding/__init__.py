"""Decoding: files that others write and may still be writing, as lines, records, messages and rows; bounded."""
