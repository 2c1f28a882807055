//! The HTTP and WebSocket surface: joins all of the crates below.
