//! The watch: every few seconds it looks through what the audit log has new, every minute it checks that the chain goes on
//! where it ended, and at the start and once a day it verifies all of it.
//!
//! **Looking does not depend on the chain, nor the alarm about the chain on the log**: rules count events, sealed or not;
//! a break is raised in a unit of work that touches no table of the log, and told in the log of the server too.

use core::time::Duration;

use curtain_domain::{SessionId, Timestamp};
use curtain_storage::{AlertKind, AuditEvent, MailKind, StorageError, WorkerScope};
use tokio::sync::watch;

use super::letter::letter;
use super::rules::{LETTER_EVERY, RULES};
use crate::audit::{AuditError, Background, ChainHead, Report, follow, verify};
use crate::mail::seal;
use crate::{ApiError, House};

/// How often new events are looked through: an alert is to be there within a minute.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How often the chain's new part is checked.
const FOLLOW_EVERY: Duration = Duration::from_mins(1);
/// How often all of it is. A log of years takes a while; what was rewritten far behind the head is found by this alone.
const VERIFY_EVERY: Duration = Duration::from_hours(24);
/// Events bear the time their request began, and count once it is committed: so far back each look begins anew.
/// Requests end after half a minute, and servers of one database may disagree about the time by as much.
const LATE: Duration = Duration::from_mins(2);

/// How far this server checked the chain, and when.
#[derive(Debug, Default)]
pub struct Chain {
    /// The last entry it walked to.
    head: Option<ChainHead>,
    followed_at: Option<Timestamp>,
    verified_at: Option<Timestamp>,
}

/// The running watch.
pub struct Watch(Background);

impl Watch {
    /// Starts to look. Needs a tokio runtime.
    pub fn start(house: House) -> Self {
        Self(Background::start(|stopping| run(house, stopping)))
    }

    /// Ends, within at most so long. What was not looked at yet is looked at by the next start.
    pub async fn stop(self, longest: Duration) {
        if !self.0.stop(longest).await {
            tracing::debug!("the server ends while it looks through the audit log");
        }
    }
}

async fn run(house: House, mut stopping: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut chain = Chain::default();
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stopping.changed() => return,
        }
        if let Err(error) = look(&house).await {
            tracing::warn!(%error, "the audit log could not be looked through, it will be tried again");
        }
        if let Err(error) = check_chain(&house, &mut chain).await {
            tracing::error!(%error, "an alert about the audit log could not be raised");
        }
    }
}

/// Looks through what is new: raises alerts, queues letters. One unit of work, one server at a time. Gives how many alerts
/// are new.
pub async fn look(house: &House) -> Result<usize, ApiError> {
    let now = house.clock.now();
    let mut scope = house.store.worker().begin().await?;
    let until = scope.alert_watch().take_turn().await?;
    // A clock that was set back must not leave what happens now for later.
    let since = until.min(now) - LATE;
    let mut raised = Vec::new();
    for rule in &RULES {
        for seen in scope.alert_watch().look(rule, since).await? {
            let id = SessionId::new(now, house.entropy.as_ref());
            if scope.alert_watch().raise(id, rule.kind, &seen, rule.quiet, now).await? {
                let event = AuditEvent::AlertRaised { kind: rule.kind, person: seen.about };
                scope.record(None, &event, now).await?;
                raised.push((rule.kind, seen));
            }
        }
    }
    queue_letters(house, &mut scope, now).await?;
    scope.alert_watch().looked(until.max(now)).await?;
    scope.commit().await?;
    for (kind, seen) in &raised {
        let about = seen.about.map(|about| about.to_string()).unwrap_or_default();
        let (alert, count) = (kind.as_str(), seen.count);
        tracing::warn!(target: "curtain::security", event = "alert", alert, about, count, "an alert was raised");
    }
    Ok(raised.len())
}

/// Queues a letter to each administrator for each kind of alert that none told of in the last hour.
async fn queue_letters(house: &House, scope: &mut WorkerScope, now: Timestamp) -> Result<(), ApiError> {
    let due = scope.alert_watch().take_letters(now - LETTER_EVERY, now).await?;
    if due.is_empty() {
        return Ok(());
    }
    let administrators = scope.alert_watch().administrators().await?;
    for (kind, count) in due {
        for to in &administrators {
            let letter = seal(house, MailKind::Notice, &to.email, letter(kind, count, to, now), now)?;
            scope.post().queue(&letter, now).await?;
        }
    }
    Ok(())
}

/// Checks the audit log, as far as it is due, and raises the alert when it is broken. `chain` keeps how far it was good.
pub async fn check_chain(house: &House, chain: &mut Chain) -> Result<(), ApiError> {
    let now = house.clock.now();
    let whole = chain.verified_at.is_none_or(|at| now.since(at) >= VERIFY_EVERY);
    if !whole && chain.followed_at.is_some_and(|at| now.since(at) < FOLLOW_EVERY) {
        return Ok(());
    }
    let found = verify_now(house, chain, whole).await;
    if let Err(AuditError::Storage(StorageError::Unavailable)) = found {
        tracing::warn!("the audit log could not be checked, it will be tried again");
        return Ok(());
    }
    chain.followed_at = Some(now);
    if whole {
        chain.verified_at = Some(now);
    }
    report_break(house, &found).await?;
    // What was checked by itself is written down as what was checked by hand; after the alert, which does not need it.
    if whole && let Ok(report) = &found {
        let wrong = report.breaks.len() as u64;
        house.note(None, &AuditEvent::AuditVerified { wrong, entries: report.entries }).await?;
    }
    Ok(())
}

async fn verify_now(house: &House, chain: &mut Chain, whole: bool) -> Result<Report, AuditError> {
    let mut scope = house.store.worker().begin().await?;
    let report = if whole {
        verify(scope.audit_log(), &house.audit).await?
    } else {
        follow(scope.audit_log(), &house.audit, chain.head.as_ref()).await?
    };
    chain.head.clone_from(&report.head);
    Ok(report)
}

/// Raises the alert when a check found a break, or could not be made.
pub(crate) async fn report_break(house: &House, found: &Result<Report, AuditError>) -> Result<(), ApiError> {
    match found {
        Ok(report) => match report.breaks.first() {
            Some(first) => raise_break(house, first.number, report.breaks.len() as u64).await,
            None => Ok(()),
        },
        Err(error) => {
            tracing::error!(%error, "the audit log can't be checked");
            raise_break(house, 0, 1).await
        }
    }
}

/// Raises the alert that the log is broken from this entry on, in so many places, once for each finding.
async fn raise_break(house: &House, entry: u64, wrong: u64) -> Result<(), ApiError> {
    tracing::error!(target: "curtain::security", event = "audit_break", entry, wrong, "the audit log is broken");
    let now = house.clock.now();
    let mut scope = house.store.worker().begin().await?;
    let id = SessionId::new(now, house.entropy.as_ref());
    if scope.alert_watch().raise_break(id, entry, wrong, now).await? {
        let alert = AlertKind::AuditBreak.as_str();
        tracing::warn!(target: "curtain::security", event = "alert", alert, "an alert was raised");
    }
    queue_letters(house, &mut scope, now).await?;
    Ok(scope.commit().await?)
}
