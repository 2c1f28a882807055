//! Builds `rtc`'s connection and its offer: settings, codecs, interceptors, eighteen m-lines.

use core::time::Duration;
use std::net::SocketAddr;
use std::time::Instant;

use curtain_protocol::{Sdp, TrackKind};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc::ice::mdns::MulticastDnsMode;
use rtc::interceptor::{
    ReceiverReportBuilder, Registry, SenderReportBuilder, Slot as ChainSlot, TwccReceiverBuilder,
};
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::media_engine::MediaEngine;
use rtc::peer_connection::configuration::setting_engine::{SettingEngine, SettingEngineBuilder};
use rtc::peer_connection::transport::{CandidateConfig, CandidateHostConfig, RTCIceCandidate};
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RTCRtpHeaderExtensionCapability, RTCRtpRtxParameters, RtpCodecKind,
};
use rtc::rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit};

use super::Credentials;
use super::tap::Tap;
use crate::error::MediaError;
use crate::layout::{Codec, SlotIndex, TRANSPORT_WIDE};

/// `rtc` gives a connection up when the one pair of addresses it watches falls silent, though media flows on another
/// (trap T2). It is never to do that: `Liveness` decides.
const NEVER: Duration = Duration::from_hours(7 * 24);
/// SRTP packets that may come late: as many as `routing` still takes.
const REPLAY_WINDOW: usize = 512;

/// A connection with its offer set.
pub(super) struct Prepared {
    pub(super) connection: RTCPeerConnection,
    pub(super) offer: Sdp,
    pub(super) credentials: Credentials,
    pub(super) tap: Tap,
}

/// Makes a connection whose packets come to these addresses, and its offer.
pub(super) fn prepare(now: Instant, locals: &[SocketAddr]) -> Result<Prepared, MediaError> {
    let failed = |error: rtc::shared::error::Error| MediaError::Connection(error.to_string());
    let tap = Tap::default();
    let mut connection = RTCPeerConnectionBuilder::new()
        .with_setting_engine(settings())
        .with_media_engine(codecs().map_err(failed)?)
        .with_interceptor_registry(interceptors(&tap))
        .build(now)
        .map_err(failed)?;
    for kind in TrackKind::ALL {
        let init =
            RTCRtpTransceiverInit { direction: RTCRtpTransceiverDirection::Recvonly, ..Default::default() };
        connection.add_transceiver_from_kind(codec_kind(kind), Some(init)).map_err(failed)?;
    }
    for slot in SlotIndex::all() {
        add_slot(&mut connection, slot).map_err(failed)?;
    }
    for &local in locals {
        connection.add_local_candidate(candidate(local).map_err(failed)?).map_err(failed)?;
    }
    let offer = connection.create_offer(None).map_err(failed)?;
    let text = one_candidate(&offer.sdp);
    connection.set_local_description(now, offer).map_err(failed)?;
    let attribute = |name: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        value.ok_or_else(|| MediaError::Connection(format!("the offer has no {name}")))
    };
    let credentials = Credentials { ufrag: attribute("a=ice-ufrag:")?, password: attribute("a=ice-pwd:")? };
    let offer = Sdp::new(text).map_err(|error| MediaError::Connection(error.to_string()))?;
    Ok(Prepared { connection, offer, credentials, tap })
}

/// `rtc` writes each candidate for RTP and again for RTCP, which has no address of its own here.
fn one_candidate(offer: &str) -> String {
    let twice = |line: &&str| line.starts_with("a=candidate:") && line.split(' ').nth(1) == Some("2");
    offer.split_inclusive('\n').filter(|line| !twice(line)).collect()
}

fn settings() -> SettingEngine {
    SettingEngineBuilder::new()
        .with_lite(true)
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .with_include_loopback_candidate(true)
        .with_ice_timeouts(Some(NEVER), Some(NEVER), Some(NEVER))
        .with_srtp_protection_profiles(vec![
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
            SrtpProtectionProfile::Srtp_Aead_Aes_256_Gcm,
        ])
        .with_srtp_replay_protection_window(REPLAY_WINDOW)
        .with_srtcp_replay_protection_window(64)
        .build()
}

fn codecs() -> Result<MediaEngine, rtc::shared::error::Error> {
    let mut engine = MediaEngine::default();
    for kind in [TrackKind::Microphone, TrackKind::Camera] {
        for codec in Codec::of(kind) {
            let main = RTCRtpCodecParameters {
                rtp_codec: rtp_codec(kind, *codec),
                payload_type: codec.payload_type(),
            };
            engine.register_codec(main, codec_kind(kind))?;
            if let Some(payload_type) = codec.retransmission_type() {
                let again = RTCRtpCodec {
                    mime_type: "video/rtx".to_owned(),
                    clock_rate: codec.clock_rate(),
                    sdp_fmtp_line: format!("apt={}", codec.payload_type()),
                    ..RTCRtpCodec::default()
                };
                let again = RTCRtpCodecParameters { rtp_codec: again, payload_type };
                engine.register_codec(again, codec_kind(kind))?;
            }
        }
        let extension = RTCRtpHeaderExtensionCapability { uri: TRANSPORT_WIDE.to_owned() };
        engine.register_header_extension(extension, codec_kind(kind), None)?;
    }
    Ok(engine)
}

/// The tap nearest to the wire; then what browsers need to hear: arrival times and reports. NACK is ours (trap T3).
fn interceptors(tap: &Tap) -> Registry {
    Registry::new()
        .with(ChainSlot::from(100_usize), tap.interceptor())
        .with(ChainSlot::TwccReceiver, TwccReceiverBuilder::new().build())
        .with(ChainSlot::ReceiverReport, ReceiverReportBuilder::new().build())
        .with(ChainSlot::SenderReport, SenderReportBuilder::new().build())
}

fn add_slot(connection: &mut RTCPeerConnection, slot: SlotIndex) -> Result<(), rtc::shared::error::Error> {
    let kind = slot.kind();
    let codec = Codec::of(kind)[0];
    let again = codec.retransmission_type().map(|_| RTCRtpRtxParameters { ssrc: slot.retransmission_ssrc() });
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            ssrc: Some(slot.ssrc()),
            rtx: again,
            ..RTCRtpCodingParameters::default()
        },
        active: true,
        // Empty for video: naming one codec here would offer that one alone.
        codec: if kind.is_audio() { rtp_codec(kind, codec) } else { RTCRtpCodec::default() },
        ..RTCRtpEncodingParameters::default()
    };
    let track = MediaStreamTrack::new(
        slot.stream(),
        slot.track(),
        slot.track(),
        codec_kind(kind),
        vec![encoding.clone()],
    );
    let init = RTCRtpTransceiverInit {
        direction: RTCRtpTransceiverDirection::Sendonly,
        streams: vec![slot.stream()],
        send_encodings: vec![encoding],
    };
    connection.add_transceiver_from_track(track, Some(init))?;
    Ok(())
}

fn rtp_codec(kind: TrackKind, codec: Codec) -> RTCRtpCodec {
    let media = if kind.is_audio() { "audio" } else { "video" };
    let feedback = codec.feedback().iter().map(|feedback| {
        let (typ, parameter) = feedback.split_once(' ').unwrap_or((feedback, ""));
        RTCPFeedback { typ: typ.to_owned(), parameter: parameter.to_owned() }
    });
    RTCRtpCodec {
        mime_type: format!("{media}/{}", codec.name()),
        clock_rate: codec.clock_rate(),
        channels: codec.channels(),
        sdp_fmtp_line: codec.format().to_owned(),
        rtcp_feedback: feedback.collect(),
    }
}

const fn codec_kind(kind: TrackKind) -> RtpCodecKind {
    if kind.is_audio() { RtpCodecKind::Audio } else { RtpCodecKind::Video }
}

fn candidate(
    local: SocketAddr,
) -> Result<rtc::peer_connection::transport::RTCIceCandidateInit, rtc::shared::error::Error> {
    let candidate = CandidateHostConfig {
        base_config: CandidateConfig {
            network: "udp".to_owned(),
            address: local.ip().to_string(),
            port: local.port(),
            component: 1,
            ..CandidateConfig::default()
        },
        ..CandidateHostConfig::default()
    };
    RTCIceCandidate::from(&candidate.new_candidate_host()?).to_json()
}
