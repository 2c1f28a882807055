//! Counts the key-frame requests that come back. `webrtc` keeps RTCP to itself unless an interceptor looks.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use curtain_protocol::TrackKind;
use rtc::interceptor::{Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::sansio::Protocol;
use rtc::shared::error::Error;

use super::state::State;

/// Sources of the own tracks, in the order of the m-lines.
pub(super) type Sources = [u32; TrackKind::ALL.len()];

/// Looks at what comes in and hands it on unchanged.
pub(super) struct Feedback {
    state: Arc<State>,
    sources: Sources,
    inbound: VecDeque<TaggedPacket>,
    outbound: VecDeque<TaggedPacket>,
}

impl Feedback {
    pub(super) fn new(state: Arc<State>, sources: Sources) -> Self {
        Self { state, sources, inbound: VecDeque::new(), outbound: VecDeque::new() }
    }

    fn look(&self, packet: &Packet) {
        let Packet::Rtcp(compound) = packet else { return };
        for request in compound.iter().filter_map(|one| one.as_any().downcast_ref::<PictureLossIndication>())
        {
            let track = self.sources.iter().position(|&source| source == request.media_ssrc);
            if let Some(track) = track {
                self.state.add(|facts| facts.key_frames_asked.push(TrackKind::ALL[track]));
            }
        }
    }
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Feedback {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        self.look(&packet.message.packet);
        self.inbound.push_back(packet);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.inbound.pop_front()
    }

    fn handle_write(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        self.outbound.push_back(packet);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.outbound.pop_front()
    }

    fn handle_timeout(&mut self, _now: Instant) -> Result<(), Error> {
        Ok(())
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        None
    }
}

impl Interceptor for Feedback {
    fn bind_local_stream(&mut self, _info: &StreamInfo) {}

    fn unbind_local_stream(&mut self, _info: &StreamInfo) {}

    fn bind_remote_stream(&mut self, _info: &StreamInfo) {}

    fn unbind_remote_stream(&mut self, _info: &StreamInfo) {}
}
