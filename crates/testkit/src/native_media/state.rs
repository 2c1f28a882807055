//! What a participant has seen so far, and waiting for more of it without sleeping.

use core::time::Duration;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use curtain_protocol::{Mid, TrackKind};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::MediaFailure;

/// Long enough for a machine that does much else, short enough for a test that fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// A packet that came in a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The slot's m-line.
    pub mid: Mid,
    /// As the forwarder numbered it.
    pub sequence: u16,
    /// As the forwarder timed it.
    pub timestamp: u32,
    /// The last packet of its frame.
    pub marker: bool,
    /// With the codec's payload descriptor in front.
    pub payload: Bytes,
}

/// Grows only.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) connected: bool,
    pub(super) received: Vec<Received>,
    pub(super) key_frames_asked: Vec<TrackKind>,
}

/// Facts and a bell that rings when there are more.
#[derive(Debug, Default)]
pub(super) struct State {
    facts: Mutex<Facts>,
    more: Notify,
}

impl State {
    pub(super) fn add(&self, change: impl FnOnce(&mut Facts)) {
        change(&mut self.facts.lock().unwrap_or_else(PoisonError::into_inner));
        self.more.notify_waiters();
    }

    pub(super) fn look<R>(&self, question: impl FnOnce(&Facts) -> R) -> R {
        question(&self.facts.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until the facts answer the question.
    pub(super) async fn until<R>(
        &self,
        what: &'static str,
        question: impl Fn(&Facts) -> Option<R>,
    ) -> Result<R, MediaFailure> {
        let answered = async {
            loop {
                let more = self.more.notified();
                tokio::pin!(more);
                more.as_mut().enable();
                if let Some(answer) = self.look(&question) {
                    return answer;
                }
                more.await;
            }
        };
        timeout(PATIENCE, answered).await.map_err(|_| MediaFailure::Late(what))
    }
}
