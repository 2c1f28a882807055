//! Asks again and again whether the session behind a socket still counts (requirement RT2: closed within 5 s of its
//! end). A visit is use: while the socket holds a place, its session does not grow idle.

use core::time::Duration;

use curtain_auth::SessionHash;
use curtain_domain::Clock;
use curtain_storage::{StorageError, Store};

use super::line::Shared;

/// How often. With the time to ask and to close, an ended session is out within 5 s.
const EVERY: Duration = Duration::from_secs(3);

/// Returns when the session is over. A database that can't be asked ends nobody's visit.
pub(crate) async fn until_session_is_over(
    store: &Store,
    clock: &dyn Clock,
    session: SessionHash,
    line: &Shared,
) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match still_counts(store, clock, session, line.takes_part()).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(%error, "a session could not be checked"),
        }
    }
}

async fn still_counts(
    store: &Store,
    clock: &dyn Clock,
    session: SessionHash,
    in_use: bool,
) -> Result<bool, StorageError> {
    let now = clock.now();
    let mut scope = store.credentials().begin().await?;
    let Some(stored) = scope.session(session).await? else { return Ok(false) };
    if stored.check(now).is_err() {
        return Ok(false);
    }
    if in_use {
        scope.touch_session(stored.id(), now).await?;
        scope.commit().await?;
    }
    Ok(true)
}
