//! The participant that tests and load generators hold in their hands.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::{BufMut, Bytes, BytesMut};
use curtain_protocol::{Mid, Sdp, TrackKind};
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtp;
use webrtc::media_stream::track_local::TrackLocal as _;

use super::MediaFailure;
use super::answering::{self, Answered};
use super::state::{Received, State};

/// What fits a datagram beside headers, a tag and a tunnel or two.
const PACKET_BYTES: usize = 1_100;
const OPUS: u8 = 111;
const VP8: u8 = 96;

/// One peer connection of one participant.
pub struct NativeParticipant {
    state: Arc<State>,
    answered: Answered,
    counts: [Count; TrackKind::ALL.len()],
}

/// Of one own track.
#[derive(Debug, Default)]
struct Count {
    sequence: AtomicU32,
    timestamp: AtomicU32,
}

impl NativeParticipant {
    /// Answers an offer, listening on 127.0.0.1. Checks begin at once, as in a browser.
    pub async fn answer(offer: &Sdp) -> Result<Self, MediaFailure> {
        Self::answer_on(offer, "127.0.0.1:0").await
    }

    /// Answers an offer, listening on an address and port (0 takes a free one).
    pub async fn answer_on(offer: &Sdp, listen: &str) -> Result<Self, MediaFailure> {
        static MADE: AtomicU32 = AtomicU32::new(1);
        let first_source = MADE.fetch_add(1, Ordering::Relaxed) * 1_000_000;
        let state = Arc::new(State::default());
        let answering = answering::answer(offer, &state, first_source, listen);
        let answered = Box::pin(answering).await?;
        Ok(Self { state, answered, counts: Default::default() })
    }

    /// The answer, for the server.
    pub fn sdp(&self) -> &Sdp {
        &self.answered.answer
    }

    /// Waits for ICE and DTLS.
    pub async fn connected(&self) -> Result<(), MediaFailure> {
        self.state.until("connecting", |facts| facts.connected.then_some(())).await
    }

    /// Sends a sealed frame, in as many packets as it needs.
    pub async fn send_frame(&self, kind: TrackKind, frame: &[u8]) -> Result<(), MediaFailure> {
        let track = track_index(kind);
        let step = if kind.is_audio() { 960 } else { 3_000 };
        let timestamp = self.counts[track].timestamp.fetch_add(step, Ordering::Relaxed);
        if kind.is_audio() {
            return self.send_packet(kind, timestamp, false, Bytes::copy_from_slice(frame)).await;
        }
        let parts = frame.chunks(PACKET_BYTES).count();
        for (part, bytes) in frame.chunks(PACKET_BYTES).enumerate() {
            // The one-byte payload descriptor of VP8: S on the first packet of a frame (RFC 7741 §4.2).
            let mut payload = BytesMut::with_capacity(1 + bytes.len());
            payload.put_u8(if part == 0 { 0x10 } else { 0x00 });
            payload.extend_from_slice(bytes);
            self.send_packet(kind, timestamp, part + 1 == parts, payload.freeze()).await?;
        }
        Ok(())
    }

    /// Sends one packet as it is.
    pub async fn send_packet(
        &self,
        kind: TrackKind,
        timestamp: u32,
        marker: bool,
        payload: Bytes,
    ) -> Result<(), MediaFailure> {
        let track = track_index(kind);
        let sequence = self.counts[track].sequence.fetch_add(1, Ordering::Relaxed);
        let header = rtp::Header {
            version: 2,
            marker,
            payload_type: if kind.is_audio() { OPUS } else { VP8 },
            sequence_number: u16::try_from(sequence & 0xffff).unwrap_or_default(),
            timestamp,
            ssrc: self.answered.sources[track],
            ..rtp::Header::default()
        };
        Ok(self.answered.own[track].write_rtp(rtp::Packet { header, payload }).await?)
    }

    /// Everything received so far, in the order it came.
    pub fn received(&self) -> Vec<Received> {
        self.state.look(|facts| facts.received.clone())
    }

    /// Waits until a slot has received so many packets, and returns the slot's.
    pub async fn until_received(&self, mid: &Mid, packets: usize) -> Result<Vec<Received>, MediaFailure> {
        let of_slot = |received: &&Received| received.mid == *mid;
        self.state
            .until("receiving", |facts| {
                let got: Vec<Received> = facts.received.iter().filter(of_slot).cloned().collect();
                (got.len() >= packets).then_some(got)
            })
            .await
    }

    /// Asks for a key frame of a slot that has received something.
    pub async fn ask_key_frame(&self, mid: &Mid) -> Result<(), MediaFailure> {
        let remote = self.answered.remote.lock().await;
        let track = remote.iter().find(|(of, _)| of == mid).map(|(_, track)| Arc::clone(track));
        let track = track.ok_or(MediaFailure::Late("the first packet of the slot"))?;
        let Some(&media_ssrc) = track.ssrcs().await.first() else { return Ok(()) };
        let request = PictureLossIndication { sender_ssrc: 0, media_ssrc };
        Ok(track.write_rtcp(vec![Box::new(request)]).await?)
    }

    /// How often the forwarder asked this participant for a key frame.
    pub fn key_frames_asked(&self, kind: TrackKind) -> usize {
        self.state.look(|facts| facts.key_frames_asked.iter().filter(|&&asked| asked == kind).count())
    }

    /// Waits until the forwarder has asked so often.
    pub async fn until_asked(&self, kind: TrackKind, times: usize) -> Result<(), MediaFailure> {
        let asked = |facts: &super::state::Facts| {
            (facts.key_frames_asked.iter().filter(|&&asked| asked == kind).count() >= times).then_some(())
        };
        self.state.until("being asked for a key frame", asked).await
    }

    /// Says goodbye.
    pub async fn close(self) -> Result<(), MediaFailure> {
        Ok(self.answered.connection.close().await?)
    }
}

fn track_index(kind: TrackKind) -> usize {
    TrackKind::ALL.iter().position(|&other| other == kind).unwrap_or_default()
}
