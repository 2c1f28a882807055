//! Asks again and again whether the sessions behind a room still count (requirements RT2 and SE5: out within 5 s of their
//! end, wherever that was said). A visit is use: while a session's socket holds a place, it does not grow idle.
//!
//! Lost connections are watched too: their place, and the media that goes on without the socket, end with the session.

use core::time::Duration;
use std::collections::BTreeMap;

use curtain_domain::{Clock, SessionId};
use curtain_signalling::Input;
use curtain_storage::{StorageError, Store};
use tokio::sync::{mpsc, watch};

use super::hub::Hub;

/// How often. With the time to ask and to close, an ended session is out within 5 s.
const EVERY: Duration = Duration::from_secs(3);

/// The room's end: which sessions it is about. The watch ends when this is dropped.
///
/// Sessions are asked about by their id: their tokens change while they go on (SE1).
#[derive(Debug)]
pub(crate) struct SessionWatch {
    /// The sessions, and whether each is in use.
    watched: watch::Sender<BTreeMap<SessionId, bool>>,
}

impl SessionWatch {
    /// Starts to watch for a room, which is told of ends through `news`.
    pub(crate) fn start(hub: &Hub, news: mpsc::UnboundedSender<Input>) -> Self {
        let (watched, sessions) = watch::channel(BTreeMap::new());
        tokio::spawn(watch_all(hub.inner().store.clone(), hub.inner().clock.clone(), sessions, news));
        Self { watched }
    }

    /// The sessions that the room holds now, and whether each is in use. All others are forgotten.
    pub(crate) fn set(&mut self, sessions: &BTreeMap<SessionId, bool>) {
        self.watched.send_if_modified(|before| {
            let changed = before != sessions;
            if changed {
                before.clone_from(sessions);
            }
            changed
        });
    }
}

async fn watch_all(
    store: Store,
    clock: std::sync::Arc<dyn Clock>,
    sessions: watch::Receiver<BTreeMap<SessionId, bool>>,
    news: mpsc::UnboundedSender<Input>,
) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        // The room is gone, and with it whatever could be told.
        if sessions.has_changed().is_err() {
            return;
        }
        let now = sessions.borrow().clone();
        for (session, in_use) in now {
            match still_counts(&store, clock.as_ref(), session, in_use).await {
                Ok(true) => {}
                Ok(false) => {
                    let _ = news.send(Input::SessionOver { session });
                }
                // A database that can't be asked ends nobody's visit.
                Err(error) => tracing::warn!(%error, "a session could not be checked"),
            }
        }
    }
}

async fn still_counts(
    store: &Store,
    clock: &dyn Clock,
    session: SessionId,
    in_use: bool,
) -> Result<bool, StorageError> {
    let now = clock.now();
    let mut scope = store.credentials().begin().await?;
    let Some(stored) = scope.session_by_id(session).await? else { return Ok(false) };
    if stored.check(now).is_err() {
        return Ok(false);
    }
    if in_use {
        scope.touch_session(session, now).await?;
        scope.commit().await?;
    }
    Ok(true)
}
