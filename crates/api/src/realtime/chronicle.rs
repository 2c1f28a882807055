//! Writes down what happened in a visit, in order, without holding up the room.

use core::time::Duration;

use curtain_domain::{AccountId, ParticipantId, Role, Timestamp, VisitId, VisitRole, VisitState};
use curtain_signalling::{VisitDeed, VisitFact};
use curtain_storage::{Actor, AuditEvent, StorageError, Store, Visit, VisitOf, WorkerScope};
use tokio::sync::{mpsc, oneshot, watch};

/// The wait after the first failure; it doubles from there.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// The longest wait. More would lose time when the database is back; less would hammer one that starts.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// All pens of the house.
pub(crate) struct Chronicles {
    store: Store,
    /// Each writer holds a receiver until it ends: nothing is sent, only their end is waited for.
    writers: watch::Sender<()>,
}

impl Chronicles {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, writers: watch::Sender::new(()) }
    }

    /// A pen for this visit.
    pub(crate) fn of(&self, visit: VisitId) -> Chronicle {
        let (sender, entries) = mpsc::unbounded_channel();
        let (store, writer) = (self.store.clone(), self.writers.subscribe());
        tokio::spawn(async move {
            write_all(visit, store, entries).await;
            drop(writer);
        });
        Chronicle(sender)
    }

    /// Waits until every pen is dropped and what was noted with it is written.
    pub(crate) async fn all_written(&self) {
        self.writers.closed().await;
    }
}

/// What is noted.
#[derive(Debug, Clone, Copy)]
enum Noted {
    Fact(VisitFact),
    Deed(VisitDeed),
}

struct Entry {
    what: Noted,
    at: Timestamp,
    written: Option<oneshot::Sender<()>>,
}

/// The pen of one room. When it is dropped, what was noted is still written.
#[derive(Debug)]
pub(crate) struct Chronicle(mpsc::UnboundedSender<Entry>);

impl Chronicle {
    /// Notes a fact.
    pub(crate) fn note(&self, fact: VisitFact, at: Timestamp) {
        // The writer ends only after its pen is dropped.
        let _ = self.0.send(Entry { what: Noted::Fact(fact), at, written: None });
    }

    /// Notes by whose hand something happened, for the audit log.
    pub(crate) fn note_deed(&self, deed: VisitDeed, at: Timestamp) {
        let _ = self.0.send(Entry { what: Noted::Deed(deed), at, written: None });
    }

    /// Notes a fact and waits until it is written, at most so long. A database that is down must not keep people from
    /// ending their visit; the fact is written once it is back.
    pub(crate) async fn note_and_wait(&self, fact: VisitFact, at: Timestamp, longest: Duration) {
        let (written, done) = oneshot::channel();
        let _ = self.0.send(Entry { what: Noted::Fact(fact), at, written: Some(written) });
        if tokio::time::timeout(longest, done).await.is_err() {
            tracing::warn!("a visit's end is not written yet");
        }
    }
}

async fn write_all(visit: VisitId, store: Store, mut entries: mpsc::UnboundedReceiver<Entry>) {
    while let Some(Entry { what, at, written }) = entries.recv().await {
        let mut wait = FIRST_WAIT;
        loop {
            match write(visit, &store, what, at).await {
                Ok(()) => break,
                Err(StorageError::Unavailable) => {
                    tracing::warn!(%visit, "the database can't be reached, a fact waits to be written");
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(LONGEST_WAIT);
                }
                Err(error) => {
                    tracing::error!(%visit, %error, "a fact could not be written");
                    break;
                }
            }
        }
        if let Some(written) = written {
            // Nobody waits for it any more: it took too long.
            let _ = written.send(());
        }
    }
}

async fn write(visit: VisitId, store: &Store, what: Noted, at: Timestamp) -> Result<(), StorageError> {
    let mut scope = store.worker().begin().await?;
    let told = match what {
        Noted::Fact(fact) => {
            write_fact(visit, &mut scope, fact, at).await?;
            Told::by_fact(fact)
        }
        Noted::Deed(deed) => Some(Told::by_deed(deed)),
    };
    if let Some(told) = told
        && let Some(visit) = scope.visit(visit).await?
        && let Some((by, event)) = told.event(&visit)
    {
        scope.record(Some(by), &event, at).await?;
    }
    scope.commit().await
}

async fn write_fact(
    visit: VisitId,
    scope: &mut WorkerScope,
    fact: VisitFact,
    at: Timestamp,
) -> Result<(), StorageError> {
    match fact {
        VisitFact::State(to) => {
            let stands = scope.move_on(visit, to, at).await?;
            if stands != Some(to) {
                tracing::error!(%visit, %to, ?stands, "the stored visit stands elsewhere");
            }
        }
        VisitFact::Waiting(since) => scope.set_waiting(visit, since).await?,
        VisitFact::Joined(place) => scope.joined(place, at).await?,
        VisitFact::Left(place) => scope.left(place, at).await?,
    }
    Ok(())
}

/// What the audit log is told about a visit.
enum Told {
    Arrived(ParticipantId),
    Joined(ParticipantId),
    Left(ParticipantId),
    Admitted {
        who: ParticipantId,
        by: ParticipantId,
    },
    Declined {
        who: ParticipantId,
        by: ParticipantId,
    },
    Removed {
        who: ParticipantId,
        by: ParticipantId,
    },
    /// Only its clinician ends a visit.
    Ended,
}

impl Told {
    const fn by_fact(fact: VisitFact) -> Option<Self> {
        match fact {
            VisitFact::Joined(who) => Some(Self::Joined(who)),
            VisitFact::Left(who) => Some(Self::Left(who)),
            VisitFact::State(VisitState::Ended) => Some(Self::Ended),
            VisitFact::State(_) | VisitFact::Waiting(_) => None,
        }
    }

    const fn by_deed(deed: VisitDeed) -> Self {
        match deed {
            VisitDeed::Arrived(who) => Self::Arrived(who),
            VisitDeed::Admitted { who, by } => Self::Admitted { who, by },
            VisitDeed::Declined { who, by } => Self::Declined { who, by },
            VisitDeed::Removed { who, by } => Self::Removed { who, by },
        }
    }

    /// Places become people. `None` for a place that the stored visit does not have.
    fn event(self, visit: &Visit) -> Option<(Actor, AuditEvent)> {
        let of = VisitOf { visit: visit.id, patient: visit.patient.account };
        let person = |place| account_of(visit, place);
        Some(match self {
            Self::Arrived(who) => (actor(visit, who)?, AuditEvent::VisitArrived(of)),
            Self::Joined(who) => (actor(visit, who)?, AuditEvent::VisitJoined(of)),
            Self::Left(who) => (actor(visit, who)?, AuditEvent::VisitLeft(of)),
            Self::Admitted { who, by } => {
                (actor(visit, by)?, AuditEvent::VisitAdmitted { of, person: person(who)? })
            }
            Self::Declined { who, by } => {
                (actor(visit, by)?, AuditEvent::VisitDeclined { of, person: person(who)? })
            }
            Self::Removed { who, by } => {
                (actor(visit, by)?, AuditEvent::VisitRemoved { of, person: person(who)? })
            }
            Self::Ended => (actor(visit, visit.clinician.participant)?, AuditEvent::VisitEnded(of)),
        })
    }
}

fn account_of(visit: &Visit, place: ParticipantId) -> Option<AccountId> {
    visit.places().find(|one| one.participant == place).map(|one| one.account)
}

fn actor(visit: &Visit, place: ParticipantId) -> Option<Actor> {
    let found = visit.places().find(|one| one.participant == place)?;
    let role = if found.role == VisitRole::Patient { Role::Patient } else { Role::Clinician };
    Some(Actor { account: found.account, role, session: None })
}
