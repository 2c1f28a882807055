//! Asks again and again whether the sessions behind a room still count (requirements RT2 and SE5: out within 5 s of their
//! end, wherever that was said). A visit is use: while a session's socket holds a place, it does not grow idle.
//!
//! Lost connections are watched too: their place, and the media that goes on without the socket, end with the session.

use core::time::Duration;
use std::collections::BTreeMap;

use curtain_auth::SessionHash;
use curtain_domain::{Clock, SessionId};
use curtain_signalling::Input;
use curtain_storage::{StorageError, Store};
use tokio::sync::{mpsc, watch};

use super::hub::Hub;

/// How often. With the time to ask and to close, an ended session is out within 5 s.
const EVERY: Duration = Duration::from_secs(3);

/// One session to ask about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Watched {
    /// By which the database finds it.
    hash: SessionHash,
    in_use: bool,
}

/// The room's end: which sessions it is about. The watch ends when this is dropped.
#[derive(Debug)]
pub(crate) struct SessionWatch {
    hashes: BTreeMap<SessionId, SessionHash>,
    watched: watch::Sender<BTreeMap<SessionId, Watched>>,
}

impl SessionWatch {
    /// Starts to watch for a room, which is told of ends through `news`.
    pub(crate) fn start(hub: &Hub, news: mpsc::UnboundedSender<Input>) -> Self {
        let (watched, sessions) = watch::channel(BTreeMap::new());
        tokio::spawn(watch_all(hub.inner().store.clone(), hub.inner().clock.clone(), sessions, news));
        Self { hashes: BTreeMap::new(), watched }
    }

    /// A session that comes to the room.
    pub(crate) fn add(&mut self, session: SessionId, hash: SessionHash) {
        self.hashes.insert(session, hash);
    }

    /// The sessions that the room holds now, and whether each is in use. All others are forgotten.
    pub(crate) fn set(&mut self, sessions: &BTreeMap<SessionId, bool>) {
        self.hashes.retain(|session, _| sessions.contains_key(session));
        let line = |(session, hash): (&SessionId, &SessionHash)| {
            let in_use = sessions.get(session).copied().unwrap_or_default();
            (*session, Watched { hash: *hash, in_use })
        };
        let now: BTreeMap<_, _> = self.hashes.iter().map(line).collect();
        self.watched.send_if_modified(|before| {
            let changed = *before != now;
            *before = now;
            changed
        });
    }
}

async fn watch_all(
    store: Store,
    clock: std::sync::Arc<dyn Clock>,
    sessions: watch::Receiver<BTreeMap<SessionId, Watched>>,
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
        for (session, watched) in now {
            match still_counts(&store, clock.as_ref(), watched).await {
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

async fn still_counts(store: &Store, clock: &dyn Clock, watched: Watched) -> Result<bool, StorageError> {
    let now = clock.now();
    let mut scope = store.credentials().begin().await?;
    let Some(stored) = scope.session(watched.hash).await? else { return Ok(false) };
    if stored.check(now).is_err() {
        return Ok(false);
    }
    if watched.in_use {
        scope.touch_session(stored.id(), now).await?;
        scope.commit().await?;
    }
    Ok(true)
}
