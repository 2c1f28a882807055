//! Visits over real sockets, on a real server with a real Postgres and a real forwarder.

mod abuse;
mod browser;
mod closing;
mod doors;
mod house;
#[path = "../stories/support/log_tap.rs"]
mod log_tap;
mod sessions;
mod visits;
