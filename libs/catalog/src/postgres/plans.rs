//! Tests that searches use the indexes that were made for them, as the server itself tells.
