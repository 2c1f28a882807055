//! Gives every event its number and its link in the chain, and signs the head from time to time.
//!
//! Events are written without a number, so that no two requests wait for each other; the sealer comes after them, within a
//! second, one server at a time (an advisory lock). What it does is one transaction a batch: killed at any point, it goes
//! on where it was.

use core::time::Duration;
use std::sync::Arc;

use curtain_domain::{Clock, Timestamp};
use curtain_storage::{ChainedEvent, Store, canonical};
use curtain_vault::{Checkpoint, audit_genesis, audit_link};
use tokio::sync::watch;

use super::AuditError;
use super::background::Background;
use super::book::{AuditBook, to_row};

/// How long an event waits for its number at most. Shorter asks an idle database more often.
const EVERY: Duration = Duration::from_secs(1);
/// Events of one transaction. More would hold up other sealers; fewer cost more round trips in a burst.
const BATCH: u32 = 500;
/// An event is committed within moments of being recorded (statements end after 10 s, idle transactions after 30 s); the
/// whole log is searched only at the start.
const LOOK_BACK: Duration = Duration::from_hours(1);
/// How often the head is signed, when it moved. What was written since could be cut off without a trace: longer makes
/// that window larger, shorter the file.
const CHECKPOINT_EVERY: Duration = Duration::from_mins(1);

/// The running sealer.
pub struct Sealer(Background);

impl Sealer {
    /// Starts to seal. Needs a tokio runtime.
    pub fn start(store: Store, clock: Arc<dyn Clock>, book: Arc<AuditBook>) -> Self {
        let seal = Seal { store, clock, book, looked_everywhere: false, signed: None };
        Self(Background::start(|stopping| seal.run(stopping)))
    }

    /// Seals what is left, signs the head, and ends, at most after so long.
    pub async fn stop(self, longest: Duration) {
        if !self.0.stop(longest).await {
            tracing::warn!("the server ends before the audit log is sealed to its end");
        }
    }
}

struct Seal {
    store: Store,
    clock: Arc<dyn Clock>,
    book: Arc<AuditBook>,
    looked_everywhere: bool,
    /// The head that was signed last, and when.
    signed: Option<(u64, Timestamp)>,
}

impl Seal {
    async fn run(mut self, mut stopping: watch::Receiver<bool>) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let last = tokio::select! {
                _ = ticks.tick() => false,
                _ = stopping.changed() => true,
            };
            if let Err(error) = self.work(last).await {
                tracing::warn!(%error, "the audit log could not be sealed, it will be tried again");
            }
            if last {
                return;
            }
        }
    }

    async fn work(&mut self, last: bool) -> Result<(), AuditError> {
        while self.seal_batch().await? == BATCH as usize {}
        self.looked_everywhere = true;
        let now = self.clock.now();
        if last || self.signed.is_none_or(|(_, at)| now.since(at) >= CHECKPOINT_EVERY) {
            self.sign_head(now).await?;
        }
        Ok(())
    }

    /// Numbers what waits. Gives how many events that were; none when another server is at it.
    async fn seal_batch(&self) -> Result<usize, AuditError> {
        let mut scope = self.store.worker().begin().await?;
        if !scope.lock_audit().await? {
            return Ok(0);
        }
        let within = self.looked_everywhere.then_some(LOOK_BACK);
        let waiting = scope.unsealed_events(within, BATCH).await?;
        if waiting.is_empty() {
            return Ok(0);
        }
        let (mut number, mut previous) = match scope.audit_head().await? {
            Some(head) => (head.number, head.hash),
            None => (0, audit_genesis(self.book.practice()).to_vec()),
        };
        let mut entries = Vec::with_capacity(waiting.len());
        for event in waiting {
            number += 1;
            let hash = audit_link(&previous, &canonical(number, &event)).to_vec();
            let previous_hash = core::mem::replace(&mut previous, hash.clone());
            entries.push(ChainedEvent { number, previous_hash, hash, event: Some(event) });
        }
        scope.append_audit(&entries).await?;
        scope.commit().await?;
        Ok(entries.len())
    }

    /// Signs the head, if it moved since the last time: into the database and into the file beside it.
    async fn sign_head(&mut self, now: Timestamp) -> Result<(), AuditError> {
        let mut scope = self.store.worker().begin().await?;
        let Some(head) = scope.audit_head().await? else { return Ok(()) };
        if self.signed.is_some_and(|(number, _)| number == head.number) {
            return Ok(());
        }
        let Ok(hash) = head.hash.try_into() else { return Ok(()) };
        let signed = self.book.sign(Checkpoint { number: head.number, hash, at: now });
        scope.keep_audit_checkpoint(&to_row(&signed)).await?;
        scope.commit().await?;
        self.book.append(&signed)?;
        self.signed = Some((head.number, now));
        tracing::debug!(number = head.number, "the head of the audit log is signed");
        Ok(())
    }
}
