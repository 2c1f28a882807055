//! From an offer to a connection and its answer, as a browser would make them.

use std::sync::Arc;

use async_trait::async_trait;
use curtain_protocol::{Mid, Sdp, TrackKind};
use rtc::interceptor::Slot as ChainSlot;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::transport::RTCDtlsRole;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
};
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCPeerConnectionState,
    RTCSessionDescription, Registry, SettingEngineBuilder, SrtpProtectionProfile,
    register_default_interceptors,
};

use super::MediaFailure;
use super::feedback::{Feedback, Sources};
use super::state::{Received, State};

/// Tracks that have received something, and their m-lines.
pub(super) type RemoteTracks = Arc<tokio::sync::Mutex<Vec<(Mid, Arc<dyn TrackRemote>)>>>;

/// A connection that has answered.
pub(super) struct Answered {
    pub(super) connection: Arc<dyn PeerConnection>,
    pub(super) own: [Arc<TrackLocalStaticRTP>; TrackKind::ALL.len()],
    pub(super) sources: Sources,
    pub(super) remote: RemoteTracks,
    pub(super) answer: Sdp,
}

/// Answers. `first_source` makes the synchronisation sources of participants differ in what a test prints.
pub(super) async fn answer(
    offer: &Sdp,
    state: &Arc<State>,
    first_source: u32,
    listen: &str,
) -> Result<Answered, MediaFailure> {
    let sources = [first_source, first_source + 1, first_source + 2];
    let remote = RemoteTracks::default();
    let handler = Handler { state: Arc::clone(state), remote: Arc::clone(&remote) };
    let feedback = Feedback::new(Arc::clone(state), sources);
    let connection = connect(handler, feedback, listen).await?;
    let own = TrackKind::ALL.map(|kind| Arc::new(track(kind, sources)));
    for track in &own {
        connection.add_track(Arc::clone(track) as Arc<dyn TrackLocal>).await?;
    }
    connection.set_remote_description(RTCSessionDescription::offer(offer.as_str().to_owned())?).await?;
    let answer = connection.create_answer(None).await?;
    connection.set_local_description(answer).await?;
    let description =
        connection.local_description().await.map(|description| description.sdp).unwrap_or_default();
    let answer = Sdp::new(sending_only(&description)).map_err(|_| MediaFailure::TooLarge)?;
    Ok(Answered { connection, own, sources, remote, answer })
}

/// Codecs, interceptors and the DTLS role as browsers have them.
async fn connect(
    handler: Handler,
    feedback: Feedback,
    listen: &str,
) -> Result<Arc<dyn PeerConnection>, MediaFailure> {
    let mut engine = MediaEngine::default();
    engine.register_default_codecs()?;
    let registry = register_default_interceptors(Registry::new(), &mut engine)?;
    let settings = SettingEngineBuilder::new()
        .with_include_loopback_candidate(true)
        .with_answering_dtls_role(RTCDtlsRole::Client)
        .with_multicast_dns_mode(rtc::ice::mdns::MulticastDnsMode::Disabled)
        .with_srtp_protection_profiles(vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm])
        .build();
    let building = PeerConnectionBuilder::new()
        .with_media_engine(engine)
        .with_setting_engine(settings)
        .with_interceptor_registry(registry.with(ChainSlot::from(100_usize), feedback))
        .with_handler(Arc::new(handler))
        .with_udp_addrs(vec![listen.to_owned()])
        .build();
    Ok(Arc::new(Box::pin(building).await?))
}

/// `webrtc` answers `sendrecv` where it was offered `recvonly`; a browser that only sends says so.
fn sending_only(answer: &str) -> String {
    answer.replace("a=sendrecv\r\n", "a=sendonly\r\n")
}

fn track(kind: TrackKind, sources: Sources) -> TrackLocalStaticRTP {
    let index = TrackKind::ALL.iter().position(|&other| other == kind).unwrap_or_default();
    let (codec_kind, mime_type, clock_rate, channels, format) = if kind.is_audio() {
        (RtpCodecKind::Audio, "audio/opus", 48_000, 2, "minptime=10;useinbandfec=1")
    } else {
        (RtpCodecKind::Video, "video/VP8", 90_000, 0, "")
    };
    let codec = RTCRtpCodec {
        mime_type: mime_type.to_owned(),
        clock_rate,
        channels,
        sdp_fmtp_line: format.to_owned(),
        rtcp_feedback: Vec::new(),
    };
    let coding = RTCRtpCodingParameters { ssrc: Some(sources[index]), ..RTCRtpCodingParameters::default() };
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: coding,
        codec,
        ..RTCRtpEncodingParameters::default()
    };
    let name = format!("own{index}");
    TrackLocalStaticRTP::new(MediaStreamTrack::new(
        name.clone(),
        name.clone(),
        name,
        codec_kind,
        vec![encoding],
    ))
}

struct Handler {
    state: Arc<State>,
    remote: RemoteTracks,
}

#[async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        if state == RTCPeerConnectionState::Connected {
            self.state.add(|facts| facts.connected = true);
        }
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let Some(mid) = mid_of(&track.track_id().await) else { return };
        self.remote.lock().await.push((mid.clone(), Arc::clone(&track)));
        tokio::spawn(keep(track, mid, Arc::clone(&self.state)));
    }
}

/// The forwarder names its tracks after their slots, `t0` to `t14`; three own m-lines stand before them.
fn mid_of(track_id: &str) -> Option<Mid> {
    let slot: usize = track_id.strip_prefix('t')?.parse().ok()?;
    Some(Mid((slot + TrackKind::ALL.len()).to_string()))
}

async fn keep(track: Arc<dyn TrackRemote>, mid: Mid, state: Arc<State>) {
    while let Some(event) = track.poll().await {
        if let TrackRemoteEvent::OnRtpPacket(packet) = event {
            let received = Received {
                mid: mid.clone(),
                sequence: packet.header.sequence_number,
                timestamp: packet.header.timestamp,
                marker: packet.header.marker,
                payload: packet.payload,
            };
            state.add(|facts| facts.received.push(received));
        }
    }
}
