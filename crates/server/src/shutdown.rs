//! Ends the server when the system or a person asks for it: no new connections, a moment for those that are open.

use core::time::Duration;

/// What open requests get. Longer only delays a restart; sockets of visits are told to come back by their hub.
pub(crate) const GRACE: Duration = Duration::from_secs(5);
/// What the rooms get after that to write down what happened in them. A database that is away for longer is not back
/// before the system loses patience (`TimeoutStopSec` in `deploy/systemd/curtain.service`).
pub(crate) const WRITTEN_WITHIN: Duration = Duration::from_secs(10);

/// What the sealer of the audit log gets after that for its last numbers and the head's signature.
pub(crate) const SEALED_WITHIN: Duration = Duration::from_secs(5);

/// Waits for SIGTERM (systemd, containers) or SIGINT (Ctrl-C).
pub(crate) async fn asked_for() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
