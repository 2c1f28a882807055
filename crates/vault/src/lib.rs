//! Envelope encryption: the only place where clinical plaintext meets keys.
