//! Empty on purpose: this package only has tests.
