//! The private group of a visit: MLS, commit rules, credentials, frame keys. Bytes in, bytes out.
