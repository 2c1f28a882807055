//! One task per visit: owns the room's machine, gives it everything in order, does what it says.

use core::time::Duration;
use std::collections::HashMap;

use curtain_domain::{SessionId, Timestamp, VisitId, VisitState};
use curtain_protocol::{PersonInVisit, ResumeToken, encode};
use curtain_signalling::{ConnectionId, Input, Output, VisitFact, VisitRoom};
use curtain_storage::Visit;
use tokio::sync::mpsc;

use super::chronicle::Chronicle;
use super::close_code::Closing;
use super::hub::{Hub, people_of};
use super::line::{Frame, Line};
use super::media_bridge;
use super::session_watch::SessionWatch;

/// Mail that waits for a room. A room handles a message in well under a millisecond, and each socket has one on its
/// way at most; more would only hide a room that hangs.
const MAILBOX: usize = 64;
/// How long the end of a visit waits for the database before people are told anyway.
const END_WAITS: Duration = Duration::from_secs(2);

/// What a socket puts into the mailbox.
#[derive(Debug)]
pub(crate) enum Mail {
    /// A new socket.
    Open {
        connection: ConnectionId,
        who: PersonInVisit,
        /// Who opened it.
        session: SessionId,
        /// Everybody who has a place, as stored when this socket was let in.
        people: Vec<PersonInVisit>,
        /// Which reading of the stored visit that was.
        reading: u64,
        line: Line,
    },
    /// Something that a socket said or did.
    Input(Input),
    /// Nobody will come any more.
    HouseCloses,
}

/// The way to a room.
#[derive(Clone)]
pub(crate) struct RoomMailbox {
    pub(crate) mail: mpsc::Sender<Mail>,
    /// From the forwarder and from the house. Unbounded, so that one busy room holds up no other.
    news: mpsc::UnboundedSender<Input>,
}

impl RoomMailbox {
    pub(crate) fn is_open(&self) -> bool {
        !self.mail.is_closed()
    }

    /// From the house. A room that has just ended needs to hear nothing.
    pub(crate) fn tell(&self, input: Input) {
        let _ = self.news.send(input);
    }
}

/// A running room.
pub(crate) struct RoomTask {
    hub: Hub,
    visit: VisitId,
    room: VisitRoom,
    lines: HashMap<ConnectionId, Line>,
    chronicle: Chronicle,
    sessions: SessionWatch,
    wake_at: Option<Timestamp>,
    /// Sockets that were cut off while outputs were being done.
    cut_off: Vec<ConnectionId>,
    dissolved: bool,
}

impl RoomTask {
    /// Starts the room of a visit.
    pub(crate) fn start(hub: Hub, visit: &Visit) -> RoomMailbox {
        let (mail, inbox) = mpsc::channel(MAILBOX);
        let (news, newsbox) = mpsc::unbounded_channel();
        let chronicle = hub.inner().chronicles.of(visit.id);
        if visit.waiting_since.is_some() {
            // Left over from a server that was stopped: nobody waits here yet.
            chronicle.note(VisitFact::Waiting(None), hub.inner().clock.now());
        }
        let task = Self {
            visit: visit.id,
            room: VisitRoom::new(visit.id, visit.state, people_of(visit)),
            lines: HashMap::new(),
            chronicle,
            sessions: SessionWatch::start(&hub, news.clone()),
            // At once: a room whose first socket never comes must still plan its own end.
            wake_at: Some(hub.inner().clock.now()),
            cut_off: Vec::new(),
            dissolved: false,
            hub,
        };
        tracing::info!(visit = %visit.id, state = %visit.state, "a room opens");
        tokio::spawn(task.run(inbox, newsbox));
        RoomMailbox { mail, news }
    }

    async fn run(mut self, mut inbox: mpsc::Receiver<Mail>, mut news: mpsc::UnboundedReceiver<Input>) {
        while !self.dissolved {
            tokio::select! {
                biased;
                Some(input) = news.recv() => self.give(input).await,
                Some(mail) = inbox.recv() => self.open_mail(mail).await,
                () = wait_until(self.now(), self.wake_at) => {
                    self.wake_at = None;
                    self.give(Input::Tick).await;
                }
            }
        }
        self.hub.forget(self.visit);
        tracing::info!(visit = %self.visit, "a room closes");
    }

    fn now(&self) -> Timestamp {
        self.hub.inner().clock.now()
    }

    async fn open_mail(&mut self, mail: Mail) {
        match mail {
            Mail::Input(input) => self.give(input).await,
            Mail::HouseCloses => self.dissolved = true,
            Mail::Open { connection, who, session, people, reading, line } => {
                tracing::info!(visit = %self.visit, participant = %who.participant, connection = connection.0, "a socket opens");
                self.lines.insert(connection, line);
                self.give(Input::PeopleChanged { people, reading }).await;
                let token = self.resume_token();
                self.give(Input::Connected { connection, who, session, token }).await;
            }
        }
    }

    fn resume_token(&self) -> ResumeToken {
        let mut bytes = vec![0; ResumeToken::MAX_BYTES];
        self.hub.inner().entropy.fill(&mut bytes);
        ResumeToken::new(bytes).expect("as long as a token may be")
    }

    /// One input, everything that follows from it, and the sockets that could not keep up.
    async fn give(&mut self, input: Input) {
        let mut next = Some(input);
        while let Some(input) = next {
            if let Input::Disconnected { connection } = &input {
                self.lines.remove(connection);
            }
            let now = self.now();
            for output in self.room.handle(now, input) {
                self.follow(output, now).await;
            }
            next = self.cut_off.pop().map(|connection| Input::Disconnected { connection });
        }
        self.sessions.set(&self.room.sessions());
    }

    async fn follow(&mut self, output: Output, now: Timestamp) {
        match output {
            Output::Send { to, envelope } => self.write(to, Frame::Text(encode(&envelope))),
            Output::Close { connection, why } => {
                tracing::info!(visit = %self.visit, connection = connection.0, ?why, "a socket is closed");
                self.write(connection, Frame::Close(Closing::Room(why)));
                self.lines.remove(&connection);
            }
            Output::Media(order) => {
                self.hub.inner().media.send(media_bridge::command(self.visit, order));
            }
            Output::Visit(VisitFact::State(VisitState::Ended)) => {
                let ended = VisitFact::State(VisitState::Ended);
                self.chronicle.note_and_wait(ended, now, END_WAITS).await;
            }
            Output::Visit(fact) => self.chronicle.note(fact, now),
            Output::Deed(deed) => self.chronicle.note_deed(deed, now),
            Output::WakeAt(at) => self.wake_at = Some(at),
            Output::Dissolved => self.dissolved = true,
        }
    }

    fn write(&mut self, to: ConnectionId, frame: Frame) {
        let Some(line) = self.lines.get(&to) else { return };
        if line.send(frame).is_err() {
            tracing::info!(visit = %self.visit, connection = to.0, "a socket that does not keep up is cut off");
            self.lines.remove(&to);
            self.cut_off.push(to);
        }
    }
}

/// Waits for the room's alarm, for ever when none is set.
async fn wait_until(now: Timestamp, alarm: Option<Timestamp>) {
    match alarm {
        Some(at) => tokio::time::sleep(at.since(now)).await,
        None => core::future::pending().await,
    }
}
