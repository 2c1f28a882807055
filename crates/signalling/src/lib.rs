//! One visit's room as a pure state machine.
