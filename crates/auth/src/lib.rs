//! Who are you and what may you do: pure decisions; the only mint of Principal.
