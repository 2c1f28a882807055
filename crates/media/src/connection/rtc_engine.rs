//! `rtc` =0.21.1 as the engine, with its own packet path and the work-arounds it needs (traps T1, T2, T5).

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Instant;

use bytes::{BufMut, BytesMut};
use curtain_protocol::{Sdp, TrackKind};
use rtc::peer_connection::RTCPeerConnection;
use rtc::peer_connection::event::RTCPeerConnectionEvent;
use rtc::peer_connection::message::{RTCMessage, TaggedRTCMessage};
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::state::{RTCIceConnectionState, RTCPeerConnectionState};
use rtc::rtcp;
use rtc::rtp;
use rtc::sansio::Protocol;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};

use super::early::Early;
use super::setup::{self, Prepared};
use super::stun::{self, BindingRequest};
use super::tap::Tap;
use super::{Credentials, Datagram, Engine, FromPeer};
use crate::answer::{Answer, AnswerRefusal};
use crate::error::MediaError;
use crate::layout::{Codec, SLOTS, SlotIndex};
use crate::moment::Moment;
use crate::routing::{Incoming, Outgoing};

/// One participant's `rtc` connection.
pub(crate) struct RtcEngine {
    connection: RTCPeerConnection,
    /// What `rtc`'s instants count from.
    started: Instant,
    /// What browsers were told, one of each family.
    locals: Vec<SocketAddr>,
    offer: Sdp,
    credentials: Credentials,
    tap: Tap,
    answer: Option<Answer>,
    early: Option<Early>,
    /// Source of the last authenticated packet. `rtc` would stay on the first pair for ever (trap T2).
    media_to: Option<SocketAddr>,
    repeats: [u16; SLOTS],
    inbox: VecDeque<FromPeer>,
}

impl RtcEngine {
    /// A connection whose packets come to these addresses. `started` is what moments count from.
    pub(crate) fn new(started: Instant, now: Moment, locals: &[SocketAddr]) -> Result<Self, MediaError> {
        let Prepared { connection, offer, credentials, tap } =
            setup::prepare(started + now.since_start(), locals)?;
        Ok(Self {
            connection,
            started,
            locals: locals.to_vec(),
            offer,
            credentials,
            tap,
            answer: None,
            early: Some(Early::default()),
            media_to: None,
            repeats: [0; SLOTS],
            inbox: VecDeque::new(),
        })
    }

    fn instant(&self, now: Moment) -> Instant {
        self.started + now.since_start()
    }

    /// Gives `rtc` a datagram and takes out everything that follows from it.
    fn feed(&mut self, now: Moment, from: SocketAddr, datagram: &[u8]) {
        let same_family = self.locals.iter().find(|local| local.is_ipv4() == from.is_ipv4());
        let Some(&local_addr) = same_family else { return };
        let message = TaggedBytesMut {
            now: self.instant(now),
            transport: TransportContext {
                local_addr,
                peer_addr: from,
                transport_protocol: TransportProtocol::UDP,
                ecn: None,
            },
            message: BytesMut::from(datagram),
        };
        // An error is about this one datagram: a stranger's, a late one, a broken one.
        if self.connection.handle_read(message).is_err() {
            tracing::trace!("a datagram was not understood");
        }
        self.drain(now);
    }

    fn drain(&mut self, now: Moment) {
        while let Some(TaggedRTCMessage { message, .. }) = self.connection.poll_read() {
            if let RTCMessage::RtpPacket(_, packet) = message
                && let Some(incoming) = self.incoming(packet)
            {
                self.inbox.push_back(FromPeer::Media(incoming));
            }
        }
        while let Some(event) = self.connection.poll_event() {
            self.event(now, &event);
        }
    }

    fn incoming(&self, packet: rtp::Packet) -> Option<Incoming> {
        let kind = self.answer.as_ref()?.kind_of(packet.header.ssrc)?;
        Some(Incoming {
            kind,
            codec: Codec::by_payload_type(kind, packet.header.payload_type)?,
            marker: packet.header.marker,
            sequence: packet.header.sequence_number,
            timestamp: packet.header.timestamp,
            payload: packet.payload,
        })
    }

    fn event(&mut self, now: Moment, event: &RTCPeerConnectionEvent) {
        match event {
            RTCPeerConnectionEvent::OnIceConnectionStateChangeEvent(
                RTCIceConnectionState::Connected | RTCIceConnectionState::Completed,
            ) => {
                for (from, datagram) in
                    self.early.take().map(|mut early| early.connected()).unwrap_or_default()
                {
                    self.feed(now, from, &datagram);
                }
            }
            // `Disconnected` is told of one pair of addresses and means nothing (trap T2).
            RTCPeerConnectionEvent::OnConnectionStateChangeEvent(state) => match state {
                RTCPeerConnectionState::Connected => self.inbox.push_back(FromPeer::Connected),
                RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed => {
                    self.inbox.push_back(FromPeer::Failed);
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// A check of the browser's, or its answer to one of ours, while ICE is not connected yet.
    fn early_stun(&mut self, now: Moment, from: SocketAddr, datagram: &[u8]) {
        let Some(early) = &mut self.early else { return self.feed(now, from, datagram) };
        if BindingRequest::read(datagram).is_some() {
            if early.check(from, datagram) {
                self.feed(now, from, datagram);
            }
            return;
        }
        self.feed(now, from, datagram);
        if !stun::is_binding_success(datagram) {
            return;
        }
        let nominating = self
            .early
            .as_ref()
            .and_then(|early| early.working(from))
            .and_then(BindingRequest::read)
            .map(|check| check.nominating(&self.credentials.password));
        if let Some(check) = nominating {
            self.feed(now, from, &check);
        }
    }

    /// Queues what a receiver told, by slot.
    fn take_feedback(&mut self) -> bool {
        let seen = self.tap.take();
        let wanted = seen.key_frames.iter().filter_map(|&ssrc| SlotIndex::by_ssrc(ssrc));
        self.inbox.extend(wanted.map(FromPeer::KeyFrameWanted));
        for (ssrc, sequences) in seen.missed {
            if let Some(slot) = SlotIndex::by_ssrc(ssrc) {
                self.inbox.push_back(FromPeer::Missed(slot, sequences));
            }
        }
        seen.authentic
    }

    fn write(&mut self, now: Moment, message: RTCMessage) {
        let message = TaggedRTCMessage { now: self.instant(now), message };
        if self.connection.handle_write(message).is_err() {
            tracing::trace!("a packet was not sent");
        }
    }

    fn write_packet(&mut self, now: Moment, packet: rtp::Packet) {
        self.write(now, RTCMessage::RtpPacket(String::new(), packet));
    }

    fn write_feedback(&mut self, now: Moment, feedback: Box<dyn rtcp::Packet>) {
        self.write(now, RTCMessage::RtcpPacket(String::new(), vec![feedback]));
    }
}

impl Engine for RtcEngine {
    fn offer(&self) -> &Sdp {
        &self.offer
    }

    fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    fn accept(&mut self, now: Moment, answer: Answer) -> Result<(), AnswerRefusal> {
        if self.answer.is_some() {
            return Err(AnswerRefusal::NotExpected);
        }
        let description = RTCSessionDescription::answer(answer.to_description());
        let description = description.map_err(|_| AnswerRefusal::NotUnderstood)?;
        let now_instant = self.instant(now);
        self.connection
            .set_remote_description(now_instant, description)
            .map_err(|_| AnswerRefusal::NotUnderstood)?;
        self.answer = Some(answer);
        for (from, check) in self.early.as_mut().map(Early::answered).unwrap_or_default() {
            self.feed(now, from, &check);
        }
        Ok(())
    }

    fn receive(&mut self, now: Moment, from: SocketAddr, datagram: &[u8]) -> bool {
        match datagram.first() {
            // RFC 7983: STUN, DTLS, and RTP or RTCP.
            Some(0..=3) => self.early_stun(now, from, datagram),
            Some(20..=63) => match &mut self.early {
                Some(early) => early.handshake(from, datagram),
                None => self.feed(now, from, datagram),
            },
            Some(128..=191) => self.feed(now, from, datagram),
            _ => {}
        }
        let authentic = self.take_feedback();
        if authentic {
            self.media_to = Some(from);
        }
        authentic
    }

    fn send(&mut self, now: Moment, packet: &Outgoing) {
        let header = header(packet, packet.slot.ssrc(), packet.codec.payload_type(), packet.sequence);
        self.write_packet(now, rtp::Packet { header, payload: packet.payload.clone() });
    }

    fn repeat(&mut self, now: Moment, packet: &Outgoing) {
        let Some(payload_type) = packet.codec.retransmission_type() else { return };
        let count = &mut self.repeats[packet.slot.as_usize()];
        *count = count.wrapping_add(1);
        let header = header(packet, packet.slot.retransmission_ssrc(), payload_type, *count);
        // RFC 4588 §4: the original sequence number, then the original payload.
        let mut payload = BytesMut::with_capacity(2 + packet.payload.len());
        payload.put_u16(packet.sequence);
        payload.extend_from_slice(&packet.payload);
        self.write_packet(now, rtp::Packet { header, payload: payload.freeze() });
    }

    fn ask_key_frame(&mut self, now: Moment, kind: TrackKind) {
        let source = self.answer.as_ref().and_then(|answer| answer.source_of(kind));
        if let Some(media_ssrc) = source {
            let request = rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication {
                sender_ssrc: FEEDBACK_SSRC,
                media_ssrc,
            };
            self.write_feedback(now, Box::new(request));
        }
    }

    fn ask_again(&mut self, now: Moment, kind: TrackKind, sequences: &[u16]) {
        use rtcp::transport_feedbacks::transport_layer_nack::{
            TransportLayerNack, nack_pairs_from_sequence_numbers,
        };
        let source = self.answer.as_ref().and_then(|answer| answer.source_of(kind));
        if let Some(media_ssrc) = source {
            let nacks = nack_pairs_from_sequence_numbers(sequences);
            let request = TransportLayerNack { sender_ssrc: FEEDBACK_SSRC, media_ssrc, nacks };
            self.write_feedback(now, Box::new(request));
        }
    }

    fn poll(&mut self) -> Option<FromPeer> {
        self.inbox.pop_front()
    }

    fn transmit(&mut self) -> Option<Datagram> {
        let sent = self.connection.poll_write()?;
        let is_stun = sent.message.first().is_some_and(|&first| first < 4);
        let to = self.media_to.filter(|_| !is_stun).unwrap_or(sent.transport.peer_addr);
        Some(Datagram { to, bytes: sent.message })
    }

    fn wakes_at(&mut self) -> Option<Moment> {
        let at = self.connection.poll_timeout()?;
        Some(Moment::after_start(at.saturating_duration_since(self.started)))
    }

    fn wake(&mut self, now: Moment) {
        let instant = self.instant(now);
        if self.connection.handle_timeout(instant).is_err() {
            tracing::debug!("a timer of a connection failed");
        }
        self.drain(now);
    }

    fn close(&mut self) {
        if self.connection.close().is_err() {
            tracing::debug!("a connection did not close in order");
        }
    }
}

/// Of our own feedback; it reports on no stream of ours.
const FEEDBACK_SSRC: u32 = 1;

fn header(packet: &Outgoing, ssrc: u32, payload_type: u8, sequence_number: u16) -> rtp::Header {
    rtp::Header {
        version: 2,
        marker: packet.marker,
        payload_type,
        sequence_number,
        timestamp: packet.timestamp,
        ssrc,
        ..rtp::Header::default()
    }
}
