//! A client on `rtc` itself, with full ICE and retransmissions as a browser has.

use core::time::Duration;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
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
    RTCPFeedback, RTCRtpCodec, RTCRtpCodingParameters, RTCRtpEncodingParameters, RTCRtpRtxParameters,
    RtpCodecKind,
};
use rtc::sansio::Protocol;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};

use super::network::SERVER;
use crate::command::MediaCommand;
use crate::moment::Moment;

/// Sources of a client's tracks lie so far apart; those of retransmissions ten times as far.
const CAMERA: u32 = 1_000_000;

pub(super) struct Client {
    connection: RTCPeerConnection,
    /// What the client believes, and what the server sees: another address after a move.
    own: SocketAddr,
    pub(super) seen_as: SocketAddr,
    pub(super) unplugged: bool,
    pub(super) connected: bool,
    pub(super) received: usize,
    /// Payload types and payloads of video, each once.
    pub(super) shown: BTreeSet<(u8, Bytes)>,
    sent: u16,
    frames: u16,
    /// The order with the answer, and when it arrives.
    pub(super) answer: Option<(Moment, MediaCommand)>,
}

impl Client {
    /// A client that has answered; the answer is on its way or not, as the network likes.
    pub(super) fn answering(now: Instant, own: SocketAddr, offer: &Sdp) -> (Self, Sdp) {
        let (connection, sdp) = answer(now, own, offer);
        let client = Self {
            connection,
            own,
            seen_as: own,
            unplugged: false,
            connected: false,
            received: 0,
            shown: BTreeSet::new(),
            sent: 0,
            frames: 0,
            answer: None,
        };
        (client, sdp)
    }

    /// A sealed sound packet.
    pub(super) fn speak(&mut self, now: Instant) {
        self.sent += 1;
        let payload = [&[0b0011_1001][..], &self.sent.to_be_bytes(), &[0xAA; 40]].concat();
        let header = header(111, self.sent, 960, u32::from(self.own.port()));
        self.send(now, header, payload);
    }

    /// A sealed video frame of one packet, in VP8 (96) or VP9 (98).
    pub(super) fn show(&mut self, now: Instant, payload_type: u8) {
        self.frames += 1;
        let clear: &[u8] = if payload_type == 96 { &[0x10, 0x11, 0x00, 0x00] } else { &[0x08] };
        let sealed = [0b1001_1001, 0x12, 0x07];
        let payload = [clear, &sealed, &self.frames.to_be_bytes(), &[0xAA; 400]].concat();
        let header = header(payload_type, self.frames, 3_000, u32::from(self.own.port()) + CAMERA);
        self.send(now, header, payload);
    }

    fn send(&mut self, now: Instant, header: rtc::rtp::Header, payload: Vec<u8>) {
        let packet = rtc::rtp::Packet { header, payload: payload.into() };
        let message = RTCMessage::RtpPacket(String::new(), packet);
        self.connection.handle_write(TaggedRTCMessage { now, message }).expect("a connected client can send");
    }

    pub(super) fn wake(&mut self, now: Instant) {
        if self.connection.poll_timeout().is_some_and(|at| at <= now) {
            self.connection.handle_timeout(now).expect("timers work");
        }
        self.look();
    }

    pub(super) fn receive(&mut self, now: Instant, message: BytesMut) {
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
            if let RTCMessage::RtpPacket(_, packet) = message.message {
                self.received += 1;
                if packet.header.payload_type != 111 {
                    self.shown.insert((packet.header.payload_type, packet.payload));
                }
            }
        }
    }

    pub(super) fn outbox(&mut self) -> Vec<(SocketAddr, BytesMut)> {
        let sent = std::iter::from_fn(|| self.connection.poll_write());
        let sent: Vec<_> = sent.map(|datagram| (self.seen_as, datagram.message)).collect();
        if self.unplugged { Vec::new() } else { sent }
    }
}

fn header(payload_type: u8, sequence_number: u16, step: u32, ssrc: u32) -> rtc::rtp::Header {
    rtc::rtp::Header {
        version: 2,
        marker: true,
        payload_type,
        sequence_number,
        timestamp: u32::from(sequence_number) * step,
        ssrc,
        ..rtc::rtp::Header::default()
    }
}

/// A connection and its answer. The source of its sound is its port.
fn answer(now: Instant, own: SocketAddr, offer: &Sdp) -> (RTCPeerConnection, Sdp) {
    let mut engine = MediaEngine::default();
    engine.register_default_codecs().unwrap();
    let registry = register_default_interceptors(rtc::interceptor::Registry::new(), &mut engine).unwrap();
    let settings = SettingEngineBuilder::new()
        .with_answering_dtls_role(RTCDtlsRole::Client)
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .with_ice_timeouts(Some(Duration::from_mins(10)), Some(Duration::from_mins(10)), None)
        .build();
    let mut connection = RTCPeerConnectionBuilder::new()
        .with_media_engine(engine)
        .with_setting_engine(settings)
        .with_interceptor_registry(registry)
        .build(now)
        .unwrap();
    for (index, kind) in TrackKind::ALL.into_iter().enumerate() {
        connection
            .add_track(track(kind, u32::from(own.port()) + CAMERA * u32::try_from(index).unwrap()))
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
    let nack = RTCPFeedback { typ: "nack".to_owned(), parameter: String::new() };
    let codec = RTCRtpCodec {
        mime_type: mime_type.to_owned(),
        clock_rate,
        channels,
        rtcp_feedback: if kind.is_audio() { Vec::new() } else { vec![nack] },
        ..RTCRtpCodec::default()
    };
    let rtp_coding_parameters = RTCRtpCodingParameters {
        ssrc: Some(ssrc),
        rtx: (!kind.is_audio()).then_some(RTCRtpRtxParameters { ssrc: ssrc + 10 * CAMERA }),
        ..RTCRtpCodingParameters::default()
    };
    let encoding =
        RTCRtpEncodingParameters { rtp_coding_parameters, codec, ..RTCRtpEncodingParameters::default() };
    let name = format!("own-{ssrc}");
    MediaStreamTrack::new(name.clone(), name.clone(), name, codec_kind, vec![encoding])
}
