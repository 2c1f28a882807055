//! Why the forwarder couldn't start, or a connection couldn't be made.

use std::io;

/// Everything that can go wrong outside of what people send.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The UDP port is taken, or the address isn't one of this machine's.
    #[error("the media port can't be bound: {0}")]
    Bind(#[source] io::Error),
    /// The operating system gives no thread.
    #[error("the media thread can't be started: {0}")]
    Spawn(#[source] io::Error),
    /// `first_port` plus the number of threads goes beyond 65535.
    #[error("there are not enough ports after the first one")]
    NoPorts,
    /// `rtc` refused to build a connection.
    #[error("the connection can't be made: {0}")]
    Connection(String),
}
