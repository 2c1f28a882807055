//! One visit: its members, who sits where at whom, and what happens with each packet.

use std::collections::BTreeMap;

use curtain_domain::ParticipantId;
use curtain_protocol::{Slot, TrackKind};

use super::packet::{Incoming, Outgoing};
use super::rewrite::{Rewriter, StreamId};
use super::seats::Seats;
use super::track::{Taken, Track};
use crate::layout::{Codec, OWN, SLOTS, SlotIndex, position};
use crate::moment::Moment;

/// What the loop has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// Send a packet.
    Forward {
        /// To this member.
        to: ParticipantId,
        /// In this slot.
        packet: Outgoing,
    },
    /// Send a packet once more, as a retransmission.
    Repeat {
        /// To this member.
        to: ParticipantId,
        /// In this slot, as it was numbered before.
        packet: Outgoing,
    },
    /// Ask a publisher for a key frame.
    AskKeyFrame {
        /// The publisher.
        of: ParticipantId,
        /// The track.
        kind: TrackKind,
    },
    /// Ask a publisher for packets that never came.
    AskAgain {
        /// The publisher.
        of: ParticipantId,
        /// The track.
        kind: TrackKind,
        /// As the publisher numbers them.
        sequences: Vec<u16>,
    },
    /// Report media that isn't sealed.
    Unsealed {
        /// Whose.
        of: ParticipantId,
        /// Which track.
        kind: TrackKind,
    },
}

#[derive(Debug)]
struct Member {
    connected: bool,
    seats: Seats,
    tracks: [Track; OWN],
    slots: [Rewriter; SLOTS],
}

/// The members of a visit that have, or will have, a connection.
#[derive(Debug, Default)]
pub(crate) struct Visit {
    members: BTreeMap<ParticipantId, Member>,
    streams: u64,
}

impl Visit {
    /// Seats a newcomer at everybody and everybody at the newcomer. Returns whose slots changed besides.
    pub(crate) fn join(&mut self, who: ParticipantId) -> Vec<ParticipantId> {
        let mut newcomer = self.member();
        let mut changed = Vec::new();
        for (&other, member) in &mut self.members {
            newcomer.seats.seat(other);
            if member.seats.of(who).is_none() && member.seats.seat(who) {
                changed.push(other);
            }
        }
        self.members.insert(who, newcomer);
        changed
    }

    /// A fresh connection of one who is a member: seats stay, streams begin anew.
    pub(crate) fn restart(&mut self, who: ParticipantId) {
        let fresh = self.member();
        if let Some(member) = self.members.get_mut(&who) {
            let seats = std::mem::take(&mut member.seats);
            *member = Member { seats, ..fresh };
        }
    }

    /// Frees the seats of one who goes. Returns whose slots changed.
    pub(crate) fn leave(&mut self, who: ParticipantId) -> Vec<ParticipantId> {
        self.members.remove(&who);
        let freed =
            self.members.iter_mut().filter_map(|(&other, member)| member.seats.free(who).then_some(other));
        freed.collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(crate) fn has(&self, who: ParticipantId) -> bool {
        self.members.contains_key(&who)
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = ParticipantId> {
        self.members.keys().copied()
    }

    /// Who is on which m-line of one member's connection, in the order of the m-lines.
    pub(crate) fn slots_of(&self, who: ParticipantId) -> Vec<Slot> {
        let Some(member) = self.members.get(&who) else { return Vec::new() };
        slots_with(|slot| member.seats.at(slot.seat()))
    }

    /// A member's connection is up: it needs a key frame of everyone it sees.
    pub(crate) fn connected(&mut self, now: Moment, who: ParticipantId, actions: &mut Vec<Action>) {
        let Some(member) = self.members.get_mut(&who) else { return };
        member.connected = true;
        let seen: Vec<ParticipantId> =
            (0..crate::layout::SEATS).filter_map(|seat| member.seats.at(seat)).collect();
        for of in seen {
            let Some(publisher) = self.members.get_mut(&of) else { continue };
            let tracks = publisher.tracks.iter_mut().zip(TrackKind::ALL);
            let asked = tracks.filter_map(|(track, kind)| track.newcomer(now).then_some(kind));
            actions.extend(asked.map(|kind| Action::AskKeyFrame { of, kind }));
        }
    }

    /// A packet of a member's track came.
    pub(crate) fn packet(
        &mut self,
        now: Moment,
        from: ParticipantId,
        packet: &Incoming,
        actions: &mut Vec<Action>,
    ) {
        let kind = packet.kind;
        let Some(track) = self.members.get_mut(&from).map(|member| &mut member.tracks[position(kind)]) else {
            return;
        };
        let stream = track.stream;
        let number = match track.take(now, packet) {
            Taken::Forward(number) => number,
            Taken::Refused { report: true } => return actions.push(Action::Unsealed { of: from, kind }),
            Taken::Refused { report: false } | Taken::Dropped => return,
        };
        let subscribers = self.members.iter_mut().filter(|(to, member)| **to != from && member.connected);
        for (&to, member) in subscribers {
            let Some(slot) = member.seats.of(from).map(|seat| SlotIndex::at(seat, kind)) else { continue };
            let rewritten = member.slots[slot.as_usize()].rewrite(now, stream, number, packet.timestamp);
            if let Some((sequence, timestamp)) = rewritten {
                actions.push(Action::Forward { to, packet: outgoing(slot, packet, sequence, timestamp) });
            }
        }
    }

    /// A member can't decode a slot without a key frame.
    pub(crate) fn key_frame_wanted(
        &mut self,
        now: Moment,
        by: ParticipantId,
        slot: SlotIndex,
        actions: &mut Vec<Action>,
    ) {
        if let Some(of) = self.members.get(&by).and_then(|member| member.seats.at(slot.seat())) {
            self.want_key_frame(now, of, slot.kind(), actions);
        }
    }

    /// A member missed packets of a slot.
    pub(crate) fn missed(
        &mut self,
        by: ParticipantId,
        slot: SlotIndex,
        sequences: &[u16],
        actions: &mut Vec<Action>,
    ) {
        let Some(member) = self.members.get(&by) else { return };
        let Some(publisher) = member.seats.at(slot.seat()).and_then(|of| self.members.get(&of)) else {
            return;
        };
        let track = &publisher.tracks[position(slot.kind())];
        let rewriter = &member.slots[slot.as_usize()];
        for &sequence in sequences {
            let original = rewriter.original(sequence).filter(|(stream, _)| *stream == track.stream);
            let Some(found) = original.and_then(|(_, number)| track.find(number)) else { continue };
            let packet = outgoing(slot, found, sequence, rewriter.timestamp(found.timestamp));
            actions.push(Action::Repeat { to: by, packet });
        }
    }

    /// Does what has become due.
    pub(crate) fn tick(&mut self, now: Moment, actions: &mut Vec<Action>) {
        for (&of, member) in &mut self.members {
            for (track, kind) in member.tracks.iter_mut().zip(TrackKind::ALL) {
                if track.key_frame_due(now) {
                    actions.push(Action::AskKeyFrame { of, kind });
                }
                let sequences = track.missing_due(now);
                if !sequences.is_empty() {
                    actions.push(Action::AskAgain { of, kind, sequences });
                }
            }
        }
    }

    /// When `tick` has something to do next.
    pub(crate) fn wakes_at(&self) -> Option<Moment> {
        self.members.values().flat_map(|member| &member.tracks).filter_map(Track::wakes_at).min()
    }

    fn want_key_frame(&mut self, now: Moment, of: ParticipantId, kind: TrackKind, actions: &mut Vec<Action>) {
        let publisher = self.members.get_mut(&of);
        if publisher.is_some_and(|publisher| publisher.tracks[position(kind)].want_key_frame(now)) {
            actions.push(Action::AskKeyFrame { of, kind });
        }
    }

    fn member(&mut self) -> Member {
        let tracks = TrackKind::ALL.map(|kind| {
            self.streams += 1;
            Track::new(StreamId(self.streams), kind)
        });
        let slots =
            std::array::from_fn(|slot| Rewriter::new(Codec::of(TrackKind::ALL[slot % OWN])[0].clock_rate()));
        Member { connected: false, seats: Seats::default(), tracks, slots }
    }
}

/// The m-lines of a connection that has no seat: nobody is on them.
pub(crate) fn empty_slots() -> Vec<Slot> {
    slots_with(|_| None)
}

fn slots_with(who: impl Fn(SlotIndex) -> Option<ParticipantId>) -> Vec<Slot> {
    let slot = |slot: SlotIndex| Slot { mid: slot.mid(), participant: who(slot), kind: slot.kind() };
    SlotIndex::all().map(slot).collect()
}

fn outgoing(slot: SlotIndex, packet: &Incoming, sequence: u16, timestamp: u32) -> Outgoing {
    Outgoing {
        slot,
        codec: packet.codec,
        marker: packet.marker,
        sequence,
        timestamp,
        payload: packet.payload.clone(),
    }
}
