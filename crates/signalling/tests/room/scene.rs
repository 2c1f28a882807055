//! A room with browsers round it. Every input is checked against the promises that hold always:
//! numbers without gaps, one commit per epoch, nothing of the group to who is outside, nothing to a closed socket.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use curtain_domain::{ParticipantId, SessionId, Timestamp, VisitState};
use curtain_protocol::{
    ClientMessage, Envelope, Epoch, MediaGeneration, RefusalCode, ResumeToken, Sdp, ServerMessage,
};
use curtain_signalling::{
    CloseReason, ConnectionId, Input, MediaNews, MediaOrder, Output, VisitDeed, VisitFact, VisitRoom,
};

use crate::cast::{Who, arrive, commit, framed, group_id, name, visit};

/// A browser's tab on one socket.
#[derive(Debug, Default)]
pub(crate) struct Tab {
    pub(crate) who: Option<Who>,
    pub(crate) envelopes: Vec<Envelope>,
    /// How much of `envelopes` a test has looked at.
    looked_at: usize,
    pub(crate) closed: Option<CloseReason>,
    pub(crate) token: Option<ResumeToken>,
    /// The highest number that came.
    pub(crate) received: u64,
}

/// The room, everybody's tabs and everything that was ordered.
pub(crate) struct Scene {
    pub(crate) room: VisitRoom,
    pub(crate) now: Timestamp,
    pub(crate) tabs: BTreeMap<ConnectionId, Tab>,
    pub(crate) facts: Vec<VisitFact>,
    pub(crate) deeds: Vec<VisitDeed>,
    pub(crate) media: Vec<MediaOrder>,
    pub(crate) wake_at: Option<Timestamp>,
    pub(crate) dissolved: bool,
    /// Whose media is joined, as the forwarder would see it: exactly the members.
    pub(crate) inside: BTreeSet<ParticipantId>,
    /// Connections made ahead and not used yet.
    pub(crate) prepared: BTreeMap<ConnectionId, ParticipantId>,
    /// The epoch of the group, as its members count it.
    pub(crate) epoch: Epoch,
    groups: u8,
    committed: BTreeSet<(u8, Epoch)>,
    /// The members' own tree in each epoch of the group: who is on which leaf.
    trees: BTreeMap<Epoch, Vec<Option<ParticipantId>>>,
}

impl Scene {
    pub(crate) fn new(cast: &[Who]) -> Self {
        Self::in_state(VisitState::Scheduled, cast)
    }

    pub(crate) fn in_state(state: VisitState, cast: &[Who]) -> Self {
        Self {
            room: VisitRoom::new(visit(), state, cast.iter().map(|who| who.person()).collect()),
            now: Timestamp::from_unix_millis(1_763_766_000_000),
            tabs: BTreeMap::new(),
            facts: Vec::new(),
            deeds: Vec::new(),
            media: Vec::new(),
            wake_at: None,
            dissolved: false,
            inside: BTreeSet::new(),
            prepared: BTreeMap::new(),
            epoch: Epoch(0),
            groups: 0,
            committed: BTreeSet::new(),
            trees: BTreeMap::new(),
        }
    }

    /// Gives one input and checks everything that comes out.
    pub(crate) fn give(&mut self, input: Input) {
        for output in self.room.handle(self.now, input) {
            match output {
                Output::Send { to, envelope } => self.deliver(to, envelope),
                Output::Close { connection, why } => {
                    let tab = self.tabs.get_mut(&connection).expect("a socket that exists is closed");
                    assert_eq!(tab.closed.replace(why), None, "a socket is closed once");
                }
                Output::Media(order) => self.follow(order),
                Output::Visit(fact) => self.facts.push(fact),
                Output::Deed(deed) => self.deeds.push(deed),
                Output::WakeAt(at) => self.wake_at = Some(at),
                Output::Dissolved => self.dissolved = true,
            }
        }
        // A commit that nobody follows was taken back: its epoch begins again.
        if let Some(epoch) = self.room.epoch().filter(|epoch| *epoch < self.epoch) {
            self.epoch = epoch;
            self.committed.retain(|(group, ended)| *group != self.groups || *ended < epoch);
        }
    }

    fn deliver(&mut self, to: ConnectionId, envelope: Envelope) {
        let tab = self.tabs.get_mut(&to).expect("only sockets that exist are written to");
        assert_eq!(tab.closed, None, "nothing goes to a closed socket: {envelope:?}");
        if let ServerMessage::Placed { resume, .. } = &envelope.message
            && tab.token.as_ref() != Some(resume)
        {
            (tab.token, tab.received) = (Some(resume.clone()), 0);
        }
        if envelope.seq != 0 {
            assert_eq!(envelope.seq, tab.received + 1, "numbers have no gaps: {envelope:?}");
            tab.received = envelope.seq;
        }
        let who = tab.who.expect("somebody's tab").id();
        let of_the_group = matches!(
            name(&envelope.message),
            "commit" | "application" | "return" | "gone" | "offer" | "slots" | "unsealed_media"
        );
        let nobody_on_it = matches!(&envelope.message, ServerMessage::Offer { slots, .. }
            if slots.iter().all(|slot| slot.participant.is_none()) && self.prepared.contains_key(&to));
        let replayed = tab.envelopes.iter().any(|earlier| name(&earlier.message) == "resumed");
        assert!(
            !of_the_group || nobody_on_it || self.inside.contains(&who) || replayed,
            "who is outside hears nothing of the group: {envelope:?}"
        );
        tab.envelopes.push(envelope);
    }

    fn follow(&mut self, order: MediaOrder) {
        match &order {
            MediaOrder::Prepare { participant, connection } => {
                let before = self.prepared.insert(*connection, *participant);
                assert_eq!(before, None, "one connection ahead per socket");
            }
            MediaOrder::Discard(connection) => {
                assert!(self.prepared.remove(connection).is_some(), "what is discarded was there");
            }
            MediaOrder::Join { participant, prepared } => {
                assert!(self.inside.insert(*participant), "nobody joins twice");
                let owner = prepared.map(|connection| self.prepared.remove(&connection));
                assert!(owner.is_none_or(|owner| owner == Some(*participant)), "one's own is used, once");
            }
            MediaOrder::Leave(who) => assert!(self.inside.remove(who), "who leaves was there"),
            MediaOrder::Answer { participant, .. } => {
                let ahead = self.prepared.values().any(|owner| owner == participant);
                assert!(ahead || self.inside.contains(participant), "who was offered something answers");
            }
            MediaOrder::Restart(participant) => {
                assert!(self.inside.contains(participant), "only members have media");
            }
            MediaOrder::Close => assert!(self.inside.is_empty(), "everybody left before the end"),
        }
        self.media.push(order);
    }

    /// A new tab on a new socket, which has said nothing yet.
    pub(crate) fn tab(&mut self, who: Who) -> ConnectionId {
        self.tab_of(who, who.session())
    }

    /// The same, opened by another session.
    pub(crate) fn tab_of(&mut self, who: Who, session: SessionId) -> ConnectionId {
        let connection = ConnectionId(self.tabs.len() as u64 + 1);
        self.tabs.insert(connection, Tab { who: Some(who), ..Tab::default() });
        let token = ResumeToken::new(connection.0.to_be_bytes().repeat(4)).expect("32 bytes");
        self.give(Input::Connected { connection, who: who.person(), session, token });
        connection
    }

    pub(crate) fn say(&mut self, tab: ConnectionId, message: ClientMessage) {
        let group_before = self.groups;
        if let ClientMessage::Commit(change) = &message {
            let (epoch, before) = (change.epoch, self.committed.len());
            let next = self.tree_after(epoch, &change.admits, &change.removes);
            let heard = self.commits_heard(tab);
            self.give(Input::Message { connection: tab, message });
            if self.commits_heard(tab) > heard {
                self.committed.insert((group_before, epoch));
                assert_eq!(self.committed.len(), before + 1, "one commit per epoch");
                self.epoch = epoch.next();
                self.trees.insert(self.epoch, next);
            }
        } else {
            self.give(Input::Message { connection: tab, message });
        }
    }

    fn commits_heard(&self, tab: ConnectionId) -> usize {
        self.tabs[&tab].envelopes.iter().filter(|envelope| name(&envelope.message) == "commit").count()
    }

    /// A new tab that arrives at once.
    pub(crate) fn arrives(&mut self, who: Who) -> ConnectionId {
        let tab = self.tab(who);
        self.say(tab, arrive());
        tab
    }

    /// Opens a group never used before.
    pub(crate) fn opens(&mut self, tab: ConnectionId) {
        self.groups += 1;
        self.epoch = Epoch(0);
        let founder = self.tabs[&tab].who.expect("somebody's tab").id();
        self.trees = BTreeMap::from([(Epoch(0), vec![Some(founder)])]);
        self.say(tab, ClientMessage::OpenGroup { group_id: group_id(self.groups) });
    }

    /// Tries to open a group; the members' epoch begins anew only if that was allowed.
    pub(crate) fn opens_or_not(&mut self, tab: ConnectionId) {
        let (group, epoch, orders) = (self.groups, self.epoch, self.media.len());
        let trees = self.trees.clone();
        self.opens(tab);
        let opened = self.media[orders..]
            .iter()
            .any(|order| matches!(order, MediaOrder::Join { .. } | MediaOrder::Restart(_)));
        if !opened {
            (self.groups, self.epoch, self.trees) = (group, epoch, trees);
        }
    }

    pub(crate) fn commits(&mut self, tab: ConnectionId, admits: &[Who], removes: &[Who]) {
        let change = self.change(tab, self.epoch, admits, removes);
        self.say(tab, change);
    }

    /// A commit as this tab's member would frame it.
    pub(crate) fn change(
        &self,
        by: ConnectionId,
        epoch: Epoch,
        admits: &[Who],
        removes: &[Who],
    ) -> ClientMessage {
        let leaf = self.leaf_of(self.tabs[&by].who.expect("somebody's tab"));
        commit(framed(&group_id(self.groups), epoch, leaf), epoch, admits, removes)
    }

    /// The leaf that the members know this person on; one that nobody has for who is outside.
    pub(crate) fn leaf_of(&self, who: Who) -> u32 {
        let tree = self.trees.get(&self.epoch);
        let leaf = tree.and_then(|tree| tree.iter().position(|leaf| *leaf == Some(who.id())));
        leaf.map_or(u32::MAX, |leaf| u32::try_from(leaf).expect("small"))
    }

    /// The tree after a commit (RFC 9420 §12.3): leaves become blank, then newcomers take the leftmost blank ones.
    fn tree_after(
        &self,
        epoch: Epoch,
        admits: &[ParticipantId],
        removes: &[ParticipantId],
    ) -> Vec<Option<ParticipantId>> {
        let mut tree = self.trees.get(&epoch).cloned().unwrap_or_default();
        for leaf in &mut tree {
            leaf.take_if(|owner| admits.contains(owner) || removes.contains(owner));
        }
        for admitted in admits {
            match tree.iter_mut().find(|leaf| leaf.is_none()) {
                Some(blank) => *blank = Some(*admitted),
                None => tree.push(Some(*admitted)),
            }
        }
        tree
    }

    /// Arrives and is admitted by `by`.
    pub(crate) fn enters(&mut self, who: Who, by: ConnectionId) -> ConnectionId {
        let tab = self.arrives(who);
        self.commits(by, &[who], &[]);
        tab
    }

    /// The socket breaks.
    pub(crate) fn loses(&mut self, tab: ConnectionId) {
        self.tabs.get_mut(&tab).expect("exists").closed = Some(CloseReason::Left);
        self.give(Input::Disconnected { connection: tab });
    }

    /// The same tab on a new socket, which resumes where the old one broke.
    pub(crate) fn resumes(&mut self, old: ConnectionId) -> ConnectionId {
        let (who, token, received) = {
            let tab = &self.tabs[&old];
            (tab.who.expect("somebody"), tab.token.clone().expect("was placed"), tab.received)
        };
        let tab = self.tab(who);
        let fresh = self.tabs.get_mut(&tab).expect("exists");
        (fresh.token, fresh.received) = (Some(token.clone()), received);
        self.say(tab, ClientMessage::Resume { token, received });
        tab
    }

    /// The forwarder offers a connection.
    pub(crate) fn is_offered(&mut self, who: Who, generation: u32) {
        let sdp = Sdp::new("v=0".to_owned()).expect("small");
        let news = MediaNews::Offer { generation: MediaGeneration(generation), sdp, slots: Vec::new() };
        self.give(Input::Media { participant: who.id(), news });
    }

    /// The forwarder offers the connection that a socket asked for ahead.
    pub(crate) fn is_offered_ahead(&mut self, tab: ConnectionId, generation: u32) {
        let sdp = Sdp::new("v=0".to_owned()).expect("small");
        let generation = MediaGeneration(generation);
        self.give(Input::Prepared { connection: tab, generation, sdp, slots: Vec::new() });
    }

    /// Lets time go by, with a tick whenever the room asked for one.
    pub(crate) fn pass(&mut self, span: Duration) {
        let until = self.now + span;
        while let Some(at) = self.wake_at.take_if(|at| *at <= until) {
            self.now = at.max(self.now);
            self.give(Input::Tick);
        }
        self.now = until;
    }

    /// What came to this tab since the last look.
    pub(crate) fn hears(&mut self, tab: ConnectionId) -> Vec<ServerMessage> {
        let tab = self.tabs.get_mut(&tab).expect("exists");
        let news = tab.envelopes[tab.looked_at..].iter().map(|envelope| envelope.message.clone()).collect();
        tab.looked_at = tab.envelopes.len();
        news
    }

    /// The types of what came to this tab since the last look.
    pub(crate) fn hears_names(&mut self, tab: ConnectionId) -> Vec<&'static str> {
        self.hears(tab).iter().map(name).collect()
    }

    /// Everybody has looked at everything: what comes from here on is news.
    pub(crate) fn all_caught_up(&mut self) {
        for tab in self.tabs.values_mut() {
            tab.looked_at = tab.envelopes.len();
        }
        self.facts.clear();
        self.media.clear();
    }

    pub(crate) fn closed(&self, tab: ConnectionId) -> Option<CloseReason> {
        self.tabs[&tab].closed
    }

    /// The code of the refusal that came last, if that was the last thing that came.
    pub(crate) fn refusal(&self, tab: ConnectionId) -> Option<RefusalCode> {
        match &self.tabs[&tab].envelopes.last()?.message {
            ServerMessage::Refused(refusal) => Some(refusal.code),
            _ => None,
        }
    }
}
