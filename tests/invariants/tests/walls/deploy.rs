//! What operators install: read by a program before an operator reads it at night.
