//! What holds in the whole tree, checked on every `cargo test`.

mod deploy;
mod docs;
mod graph;
mod marks;
mod migrations;
mod packages;
mod refused;
mod secrets;
mod sizes;
