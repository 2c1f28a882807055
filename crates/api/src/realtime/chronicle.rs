//! Writes down what happened in a visit, in order, without holding up the room.

use core::time::Duration;

use curtain_domain::{Timestamp, VisitId};
use curtain_signalling::VisitFact;
use curtain_storage::{StorageError, Store};
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

struct Entry {
    fact: VisitFact,
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
        let _ = self.0.send(Entry { fact, at, written: None });
    }

    /// Notes a fact and waits until it is written, at most so long. A database that is down must not keep people from
    /// ending their visit; the fact is written once it is back.
    pub(crate) async fn note_and_wait(&self, fact: VisitFact, at: Timestamp, longest: Duration) {
        let (written, done) = oneshot::channel();
        let _ = self.0.send(Entry { fact, at, written: Some(written) });
        if tokio::time::timeout(longest, done).await.is_err() {
            tracing::warn!("a visit's end is not written yet");
        }
    }
}

async fn write_all(visit: VisitId, store: Store, mut entries: mpsc::UnboundedReceiver<Entry>) {
    while let Some(Entry { fact, at, written }) = entries.recv().await {
        let mut wait = FIRST_WAIT;
        loop {
            match write(visit, &store, fact, at).await {
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

async fn write(visit: VisitId, store: &Store, fact: VisitFact, at: Timestamp) -> Result<(), StorageError> {
    let mut scope = store.worker().begin().await?;
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
    scope.commit().await
}
