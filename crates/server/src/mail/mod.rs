//! Sends the letters that wait. Several servers may do so at once: the database gives each letter to one of them, and takes
//! it back when that one dies.

mod settings;
mod smtp;
#[cfg(test)]
mod tests;

use core::time::Duration;
use std::sync::Arc;

use curtain_domain::Clock;
use curtain_storage::{MailFailure, QueuedMail, StorageError, Store};
use curtain_vault::Vault;
use tokio::sync::watch;

pub(crate) use settings::{MailArgs, MailSettings};
pub(crate) use smtp::Smtp;

/// How often the queue is looked at: an invitation is there while the administrator still speaks of it.
const EVERY: Duration = Duration::from_secs(3);
/// Letters at a time. A mail server that takes a second for each must not let the last one's turn come round again.
const AT_ONCE: u32 = 20;

/// What it takes to send.
pub(crate) struct Sender {
    pub(crate) store: Store,
    pub(crate) vault: Arc<Vault>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) smtp: Smtp,
}

impl Sender {
    /// Sends until it is told to stop. A letter that is being sent is finished first.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
            if let Err(error) = self.send_due().await {
                tracing::warn!(%error, "the queue of letters can't be read");
            }
        }
    }

    /// Everything that is due now.
    pub(crate) async fn send_due(&self) -> Result<(), StorageError> {
        loop {
            let mut scope = self.store.worker().begin().await?;
            let due = scope.take_mail(self.clock.now(), AT_ONCE).await?;
            scope.commit().await?;
            if due.is_empty() {
                return Ok(());
            }
            for mail in &due {
                self.send(mail).await?;
            }
        }
    }

    async fn send(&self, mail: &QueuedMail) -> Result<(), StorageError> {
        let outcome = match curtain_api::mail::open(&self.vault, mail) {
            Ok(message) => self.smtp.send(&message).await,
            Err(_) => Err(MailFailure::Unreadable),
        };
        let now = self.clock.now();
        let mut scope = self.store.worker().begin().await?;
        match outcome {
            Ok(()) => scope.mail_was_sent(mail.id, now).await?,
            Err(failure) => {
                tracing::warn!(mail = %mail.id, ?failure, "a letter could not be sent");
                scope.mail_failed(mail.id, failure, now).await?;
            }
        }
        scope.commit().await
    }
}
