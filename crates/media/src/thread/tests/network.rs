//! Clients on `rtc` itself (full ICE, as a browser has), and a network of 10 ms between them and the worker.

use core::time::Duration;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use curtain_domain::{ParticipantId, VisitId};
use curtain_protocol::{Sdp, TrackKind};
use rtc::ice::mdns::MulticastDnsMode;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::interceptor_registry::register_default_interceptors;
use rtc::peer_connection::configuration::media_engine::MediaEngine;
use rtc::peer_connection::configuration::setting_engine::SettingEngineBuilder;
use rtc::peer_connection::event::RTCPeerConnectionEvent;
use rtc::peer_connection::message::{RTCMessage, TaggedRTCMessage};
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::state::RTCPeerConnectionState;
use rtc::peer_connection::transport::{CandidateConfig, CandidateHostConfig, RTCDtlsRole, RTCIceCandidate};
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
};
use rtc::sansio::Protocol;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};
use uuid::Uuid;

use super::super::worker::Worker;
use crate::command::{MediaCommand, MediaEvent, What};
use crate::connection::RtcEngine;
use crate::moment::Moment;

pub(super) const VISIT: VisitId = VisitId::from_uuid(Uuid::from_u128(0xA));
pub(super) const ANA: ParticipantId = ParticipantId::from_uuid(Uuid::from_u128(1));
pub(super) const BEN: ParticipantId = ParticipantId::from_uuid(Uuid::from_u128(2));

/// One way. The clock goes in these steps.
const STEP: Duration = Duration::from_millis(10);
const SERVER: ([u8; 4], u16) = ([192, 0, 2, 1], 3_478);

pub(super) struct Client {
    connection: RTCPeerConnection,
    /// What the client believes, and what the server sees: another address after a move.
    own: SocketAddr,
    seen_as: SocketAddr,
    unplugged: bool,
    pub(super) connected: bool,
    pub(super) received: usize,
    sent: u16,
    /// The order with the answer, and when it arrives.
    answer: Option<(Moment, MediaCommand)>,
}

pub(super) struct Network {
    started: Instant,
    now: Moment,
    pub(super) worker: Worker,
    clients: BTreeMap<ParticipantId, Client>,
    ports: u16,
    pub(super) told: Vec<MediaEvent>,
}

impl Network {
    #[expect(
        clippy::disallowed_methods,
        reason = "rtc's instants must count from somewhere; the rest is virtual"
    )]
    pub(super) fn new() -> Self {
        let started = Instant::now();
        let make = move |now| Ok(Box::new(RtcEngine::new(started, now, SERVER.into())?) as _);
        let worker = Worker::new(Box::new(make));
        let told = Vec::new();
        Self { started, now: Moment::START, worker, clients: BTreeMap::new(), ports: 40_000, told }
    }

    pub(super) fn client(&self, who: ParticipantId) -> &Client {
        &self.clients[&who]
    }

    pub(super) fn order(&mut self, command: MediaCommand) {
        self.worker.command(self.now, command);
    }

    /// Somebody joins and answers; the answer takes that long.
    pub(super) fn join(&mut self, participant: ParticipantId, late: Duration) {
        self.order(MediaCommand::Join { visit: VISIT, participant });
        let events: Vec<_> = self.worker.events().collect();
        let offer = events.iter().find_map(|event| match &event.what {
            What::Offer { generation, sdp, .. } => Some((*generation, sdp.clone())),
            _ => None,
        });
        let (generation, offer) = offer.expect("joining is answered with an offer");
        self.told.extend(events);
        self.ports += 1;
        let own = SocketAddr::from(([198, 51, 100, 1], self.ports));
        let (connection, sdp) = answering(self.started + self.now.since_start(), own, &offer);
        let answer = MediaCommand::Answer { visit: VISIT, participant, generation, sdp };
        let client = Client {
            connection,
            own,
            seen_as: own,
            unplugged: false,
            connected: false,
            received: 0,
            sent: 0,
            answer: Some((self.now + late, answer)),
        };
        self.clients.insert(participant, client);
    }

    /// Turns the clock.
    pub(super) fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while self.now < end {
            self.now = self.now + STEP;
            self.deliver_answers();
            self.step();
        }
    }

    /// A sealed sound packet.
    pub(super) fn speak(&mut self, who: ParticipantId) {
        let now = self.started + self.now.since_start();
        let Some(client) = self.clients.get_mut(&who) else { return };
        client.sent += 1;
        let counter = client.sent.to_be_bytes();
        let header = rtc::rtp::Header {
            version: 2,
            payload_type: 111,
            sequence_number: client.sent,
            timestamp: u32::from(client.sent) * 960,
            ssrc: u32::from(client.own.port()),
            ..rtc::rtp::Header::default()
        };
        let payload = Bytes::from([&[0b0011_1001][..], &counter, &[0xAA; 40]].concat());
        let message = RTCMessage::RtpPacket(String::new(), rtc::rtp::Packet { header, payload });
        client
            .connection
            .handle_write(TaggedRTCMessage { now, message })
            .expect("a connected client can send");
    }

    pub(super) fn unplug(&mut self, who: ParticipantId, unplugged: bool) {
        self.clients.get_mut(&who).expect("a client").unplugged = unplugged;
    }

    /// The client does not notice, its network does: what the server sends to the old address is lost.
    pub(super) fn move_to_another_address(&mut self, who: ParticipantId) {
        self.ports += 1;
        let moved = SocketAddr::from(([203, 0, 113, 9], self.ports));
        self.clients.get_mut(&who).expect("a client").seen_as = moved;
    }

    pub(super) fn inject_from_elsewhere(&mut self, datagram: &[u8]) {
        self.worker.datagram(self.now, SocketAddr::from(([203, 0, 113, 66], 6_666)), datagram);
    }

    fn deliver_answers(&mut self) {
        for client in self.clients.values_mut() {
            if let Some((_, command)) = client.answer.take_if(|(at, _)| *at <= self.now) {
                self.worker.command(self.now, command);
            }
        }
    }

    /// What is on its way arrives, on both ends, and what follows is sent.
    fn step(&mut self) {
        let now = self.started + self.now.since_start();
        self.worker.tick(self.now);
        for client in self.clients.values_mut() {
            client.wake(now);
        }
        let up: Vec<_> = self.clients.values_mut().flat_map(Client::outbox).collect();
        let down: Vec<_> = self.worker.outbox().collect();
        for (from, datagram) in up {
            self.worker.datagram(self.now, from, &datagram);
        }
        for datagram in down {
            if let Some(client) = self.clients.values_mut().find(|client| client.seen_as == datagram.to) {
                client.receive(now, datagram.bytes);
            }
        }
        self.told.extend(self.worker.events());
    }
}

impl Client {
    fn wake(&mut self, now: Instant) {
        if self.connection.poll_timeout().is_some_and(|at| at <= now) {
            self.connection.handle_timeout(now).expect("timers work");
        }
        self.look();
    }

    fn receive(&mut self, now: Instant, message: BytesMut) {
        if self.unplugged {
            return;
        }
        let transport = TransportContext {
            local_addr: self.own,
            peer_addr: SERVER.into(),
            transport_protocol: TransportProtocol::UDP,
            ecn: None,
        };
        self.connection
            .handle_read(TaggedBytesMut { now, transport, message })
            .expect("the server sends no noise");
        self.look();
    }

    fn look(&mut self) {
        while let Some(event) = self.connection.poll_event() {
            if let RTCPeerConnectionEvent::OnConnectionStateChangeEvent(RTCPeerConnectionState::Connected) =
                event
            {
                self.connected = true;
            }
        }
        while let Some(message) = self.connection.poll_read() {
            self.received += usize::from(matches!(message.message, RTCMessage::RtpPacket(..)));
        }
    }

    fn outbox(&mut self) -> Vec<(SocketAddr, BytesMut)> {
        let sent = std::iter::from_fn(|| self.connection.poll_write());
        let sent: Vec<_> = sent.map(|datagram| (self.seen_as, datagram.message)).collect();
        if self.unplugged { Vec::new() } else { sent }
    }
}

/// A client that sends sound, from the source that is its port.
fn answering(now: Instant, own: SocketAddr, offer: &Sdp) -> (RTCPeerConnection, Sdp) {
    let mut engine = MediaEngine::default();
    engine.register_default_codecs().unwrap();
    let registry = register_default_interceptors(rtc::interceptor::Registry::new(), &mut engine).unwrap();
    let settings = SettingEngineBuilder::new()
        .with_answering_dtls_role(RTCDtlsRole::Client)
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .with_ice_timeouts(Some(Duration::from_secs(600)), Some(Duration::from_secs(600)), None)
        .build();
    let mut connection = RTCPeerConnectionBuilder::new()
        .with_media_engine(engine)
        .with_setting_engine(settings)
        .with_interceptor_registry(registry)
        .build(now)
        .unwrap();
    for (index, kind) in TrackKind::ALL.into_iter().enumerate() {
        connection
            .add_track(track(kind, u32::from(own.port()) + 1_000_000 * u32::try_from(index).unwrap()))
            .unwrap();
    }
    connection
        .set_remote_description(now, RTCSessionDescription::offer(offer.as_str().to_owned()).unwrap())
        .unwrap();
    let candidate = CandidateHostConfig {
        base_config: CandidateConfig {
            network: "udp".to_owned(),
            address: own.ip().to_string(),
            port: own.port(),
            component: 1,
            ..CandidateConfig::default()
        },
        ..CandidateHostConfig::default()
    };
    let candidate = RTCIceCandidate::from(&candidate.new_candidate_host().unwrap()).to_json().unwrap();
    connection.add_local_candidate(candidate).unwrap();
    let answer = connection.create_answer(None).unwrap();
    let sdp = Sdp::new(answer.sdp.replace("a=sendrecv\r\n", "a=sendonly\r\n")).unwrap();
    connection.set_local_description(now, answer).unwrap();
    (connection, sdp)
}

fn track(kind: TrackKind, ssrc: u32) -> MediaStreamTrack {
    let (codec_kind, mime_type, clock_rate, channels) = if kind.is_audio() {
        (RtpCodecKind::Audio, "audio/opus", 48_000, 2)
    } else {
        (RtpCodecKind::Video, "video/VP8", 90_000, 0)
    };
    let codec =
        RTCRtpCodec { mime_type: mime_type.to_owned(), clock_rate, channels, ..RTCRtpCodec::default() };
    let rtp_coding_parameters =
        RTCRtpCodingParameters { ssrc: Some(ssrc), ..RTCRtpCodingParameters::default() };
    let encoding =
        RTCRtpEncodingParameters { rtp_coding_parameters, codec, ..RTCRtpEncodingParameters::default() };
    let name = format!("own-{ssrc}");
    MediaStreamTrack::new(name.clone(), name.clone(), name, codec_kind, vec![encoding])
}
