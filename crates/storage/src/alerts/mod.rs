//! Alerts: what the server notices in the audit log, and what administrators are to look at.
//!
//! Which events are too many of what is decided above this crate ([`AlertRule`]); here is how they are counted, so that
//! looking at the same events twice raises nothing twice.

mod list;
mod watch;

use core::time::Duration;

use curtain_domain::{AccountId, SessionId, Timestamp};

use crate::{AlertKind, AuditKind, Person};

pub use list::AlertList;
pub use watch::AlertWatch;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Nothing: each event is an alert about whom it was done to.
    Each,
    /// Events, whoever they are about.
    All,
    /// Events about one person: whom they were done to, or who did them where that is nobody.
    OfOne,
    /// The patients whose records one person opened, each once.
    Patients,
}

/// When an alert is raised.
#[derive(Debug, Clone, Copy)]
pub struct AlertRule {
    /// As what.
    pub kind: AlertKind,
    /// By which events.
    pub events: &'static [AuditKind],
    /// How they are counted.
    pub counted: Counted,
    /// In which time.
    pub within: Duration,
    /// How many are too many.
    pub at_least: u32,
    /// What goes on within so long of its last event is the same; zero for [`Counted::Each`].
    pub quiet: Duration,
}

/// Something that a rule found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// Whom it is about.
    pub about: Option<AccountId>,
    /// How many, where it was worst.
    pub count: u64,
    /// The first event of it.
    pub first_at: Timestamp,
    /// The last event of it so far.
    pub last_at: Timestamp,
}

impl Sighting {
    /// Bursts that follow each other within `quiet` are one, as bad as its worst. They come by person and time.
    fn join(bursts: Vec<Self>, quiet: Duration) -> Vec<Self> {
        let mut joined: Vec<Self> = Vec::new();
        for burst in bursts {
            match joined.last_mut() {
                Some(last) if last.about == burst.about && burst.first_at <= last.last_at + quiet => {
                    last.count = last.count.max(burst.count);
                    last.last_at = last.last_at.max(burst.last_at);
                }
                _ => joined.push(burst),
            }
        }
        joined
    }
}

/// An alert, as administrators and auditors see it.
#[derive(Debug, Clone)]
pub struct Alert {
    /// Names it.
    pub id: SessionId,
    /// What it is.
    pub kind: AlertKind,
    /// Whom it is about.
    pub about: Option<Person>,
    /// The first entry of the audit log that is wrong; 0 when the log could not be checked at all.
    pub entry: Option<u64>,
    /// How many, where it was worst.
    pub count: u64,
    /// When it began.
    pub first_at: Timestamp,
    /// When it was last noticed.
    pub last_at: Timestamp,
    /// When an administrator said that they saw it, and who.
    pub seen: Option<(Timestamp, Person)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn burst(about: Option<AccountId>, count: u64, first: u64, last: u64) -> Sighting {
        let at = Timestamp::from_unix_millis;
        Sighting { about, count, first_at: at(first), last_at: at(last) }
    }

    #[test]
    fn bursts_are_joined_up_to_the_quiet_and_never_across_people() {
        let ana = Some(AccountId::from_uuid(uuid::Uuid::nil()));
        let bursts = vec![
            burst(None, 3, 0, 5),
            burst(None, 9, 1, 6),
            burst(None, 4, 16, 20),
            burst(None, 3, 31, 40),
            burst(ana, 3, 32, 41),
        ];
        let joined = Sighting::join(bursts, Duration::from_millis(10));
        assert_eq!(joined, [burst(None, 9, 0, 20), burst(None, 3, 31, 40), burst(ana, 3, 32, 41)]);
    }
}
