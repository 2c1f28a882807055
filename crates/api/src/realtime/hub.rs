//! Finds the room of a visit, or starts it, and carries to it what comes from outside of its sockets.

use core::time::Duration;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use curtain_domain::{AccountId, Clock, Entropy, SessionId, VisitId};
use curtain_media::Media;
use curtain_protocol::PersonInVisit;
use curtain_signalling::{ConnectionId, Input};
use curtain_storage::{Place, StorageError, Store, Visit};
use tokio::sync::{mpsc, watch};

use super::chronicle::Chronicles;
use super::media_bridge::{self, MediaNewsFeed};
use super::room_task::{Mail, RoomMailbox, RoomTask};
use super::seats::Seats;

/// What the rooms work with.
pub struct HubParts {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance, for resume secrets.
    pub entropy: Arc<dyn Entropy>,
    /// The forwarder.
    pub media: Arc<Media>,
    /// What the forwarder says.
    pub media_news: MediaNewsFeed,
}

/// All rooms of this server. Cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) media: Arc<Media>,
    pub(crate) seats: Seats,
    pub(crate) chronicles: Chronicles,
    /// Becomes true when the server stops. Each socket holds a receiver until it has said goodbye to its room.
    pub(crate) stopping: watch::Sender<bool>,
    rooms: Mutex<HashMap<VisitId, RoomMailbox>>,
    next_connection: AtomicU64,
    next_reading: AtomicU64,
}

impl Hub {
    /// Starts without rooms; each starts when its first socket comes. Needs a tokio runtime.
    pub fn start(parts: HubParts) -> Self {
        let HubParts { store, clock, entropy, media, media_news } = parts;
        let hub = Self(Arc::new(Inner {
            chronicles: Chronicles::new(store.clone()),
            store,
            clock,
            entropy,
            media,
            seats: Seats::default(),
            stopping: watch::Sender::new(false),
            rooms: Mutex::default(),
            next_connection: AtomicU64::new(1),
            next_reading: AtomicU64::new(1),
        }));
        tokio::spawn(deliver_media_news(hub.clone(), media_news));
        hub
    }

    /// The visit got another participant: everybody in it sees so at once.
    pub async fn people_changed(&self, visit: VisitId) -> Result<(), StorageError> {
        let Some(room) = self.room(visit) else { return Ok(()) };
        let reading = self.next_reading();
        let stored = self.0.store.worker().begin().await?.visit(visit).await?;
        if let Some(stored) = stored {
            room.tell(Input::PeopleChanged { people: people_of(&stored), reading });
        }
        Ok(())
    }

    /// A session has ended: all its sockets close and its media stops, now. Its end must be stored before, or a socket
    /// that is let in at this moment stays until the next look at the database.
    pub fn revoke_session(&self, session: SessionId) {
        for room in self.rooms().values() {
            room.tell(Input::SessionOver { session });
        }
    }

    /// A person may not be here any more, with whatever session: all their sockets close and their media stops, now. To
    /// be called after the end of their sessions is stored.
    pub fn revoke_person(&self, person: AccountId) {
        for room in self.rooms().values() {
            room.tell(Input::PersonRevoked { person });
        }
    }

    /// Closes every socket, for a stop of the server. Browsers come back by themselves.
    pub fn stop(&self) {
        self.0.stopping.send_replace(true);
    }

    /// After [`Hub::stop`], and once no new socket can come: waits until every socket is gone, ends the rooms, and waits
    /// until what happened in them is written, at most so long. A database that is down must not keep a server from
    /// ending.
    pub async fn close(&self, longest: Duration) {
        let written = async {
            self.0.stopping.closed().await;
            let rooms: Vec<_> = self.rooms().values().cloned().collect();
            for room in rooms {
                // Fails only when the room has ended.
                let _ = room.mail.send(Mail::HouseCloses).await;
            }
            self.0.chronicles.all_written().await;
        };
        if tokio::time::timeout(longest, written).await.is_err() {
            tracing::warn!("the server ends before everything that happened in visits is written");
        }
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.0
    }

    pub(crate) fn next_connection(&self) -> ConnectionId {
        ConnectionId(self.0.next_connection.fetch_add(1, Ordering::Relaxed))
    }

    /// To be taken before a visit is read: tells an older list of people from a newer one.
    pub(crate) fn next_reading(&self) -> u64 {
        self.0.next_reading.fetch_add(1, Ordering::Relaxed)
    }

    /// The mailbox of this visit's room, which is started when there is none.
    pub(crate) fn enter(&self, visit: &Visit) -> mpsc::Sender<Mail> {
        let mut rooms = self.rooms();
        if let Some(room) = rooms.get(&visit.id).filter(|room| room.is_open()) {
            return room.mail.clone();
        }
        let room = RoomTask::start(self.clone(), visit);
        let mail = room.mail.clone();
        rooms.insert(visit.id, room);
        drop(rooms);
        self.read_again(visit.id);
        mail
    }

    /// What changed between the reading that a room starts with and its start was told to nobody.
    fn read_again(&self, visit: VisitId) {
        let hub = self.clone();
        tokio::spawn(async move {
            if let Err(error) = hub.people_changed(visit).await {
                tracing::warn!(%visit, %error, "a new room could not look again who belongs to its visit");
            }
        });
    }

    /// The room is empty and its task is about to end.
    pub(crate) fn forget(&self, visit: VisitId) {
        self.rooms().remove(&visit);
    }

    fn room(&self, visit: VisitId) -> Option<RoomMailbox> {
        self.rooms().get(&visit).cloned()
    }

    /// A panic while it was held leaves it usable: a map of mailboxes, some of which may be closed.
    fn rooms(&self) -> MutexGuard<'_, HashMap<VisitId, RoomMailbox>> {
        self.0.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn deliver_media_news(hub: Hub, mut feed: MediaNewsFeed) {
    while let Some(event) = feed.0.recv().await {
        let visit = event.visit;
        if let (Some(room), Some(input)) = (hub.room(visit), media_bridge::input(event)) {
            room.tell(input);
        }
    }
}

/// A stored place, as the room speaks of people.
pub(crate) fn person_of(place: &Place) -> PersonInVisit {
    PersonInVisit {
        participant: place.participant,
        person: place.account,
        name: place.name.as_str().to_owned(),
        role: place.role,
    }
}

/// Everybody who has a place in a stored visit.
pub(crate) fn people_of(visit: &Visit) -> Vec<PersonInVisit> {
    visit.places().map(person_of).collect()
}
