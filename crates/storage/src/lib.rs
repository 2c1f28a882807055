//! Postgres: one scope, one database login role; clinical text only as ciphertext.
