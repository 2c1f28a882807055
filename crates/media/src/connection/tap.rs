//! Sees every packet right after `rtc` has decrypted it: proof of who sent it, and the feedback of receivers.
//!
//! `rtc` swallows RTCP by default; what it can be told to deliver it sorts by the first packet of a compound only and
//! drops reports without blocks. So the tap copies what we need and hands everything on unchanged.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rtc::interceptor::{Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtcp::transport_feedbacks::transport_layer_nack::TransportLayerNack;
use rtc::sansio::Protocol;
use rtc::shared::error::Error;

/// Feedback kept between two looks, which come after every datagram. One datagram holds far less.
const KEPT: usize = 512;

/// What the tap saw since the last look.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// A packet was authenticated by the connection's keys.
    pub(super) authentic: bool,
    /// Sources that can't be decoded without a key frame.
    pub(super) key_frames: Vec<u32>,
    /// Sources and the packets of them that did not arrive.
    pub(super) missed: Vec<(u32, Vec<u16>)>,
}

/// The loop's end of the tap.
#[derive(Debug, Clone, Default)]
pub(super) struct Tap(Arc<Mutex<Seen>>);

impl Tap {
    /// Takes what was seen.
    pub(super) fn take(&self) -> Seen {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The end that goes into `rtc`'s chain.
    pub(super) fn interceptor(&self) -> TapInterceptor {
        TapInterceptor { seen: Arc::clone(&self.0), inbound: VecDeque::new(), outbound: VecDeque::new() }
    }
}

/// `rtc`'s end of the tap.
pub(super) struct TapInterceptor {
    seen: Arc<Mutex<Seen>>,
    inbound: VecDeque<TaggedPacket>,
    outbound: VecDeque<TaggedPacket>,
}

impl TapInterceptor {
    fn look(&self, packet: &Packet) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.authentic = true;
        let Packet::Rtcp(compound) = packet else { return };
        for packet in compound {
            let packet = packet.as_any();
            if seen.key_frames.len() + seen.missed.len() >= KEPT {
                return;
            }
            if let Some(pli) = packet.downcast_ref::<PictureLossIndication>() {
                seen.key_frames.push(pli.media_ssrc);
            } else if let Some(fir) = packet.downcast_ref::<FullIntraRequest>() {
                seen.key_frames.extend(fir.fir.iter().map(|entry| entry.ssrc));
            } else if let Some(nack) = packet.downcast_ref::<TransportLayerNack>() {
                let sequences: Vec<u16> =
                    nack.nacks.iter().flat_map(|pair| numbers(pair.packet_id, pair.lost_packets)).collect();
                seen.missed.push((nack.media_ssrc, sequences.into_iter().take(KEPT).collect()));
            }
        }
    }
}

/// A generic NACK names a packet and, by a bit each, the sixteen after it (RFC 4585 §6.2.1).
fn numbers(first: u16, following: u16) -> impl Iterator<Item = u16> {
    let rest = (0..16_u16).filter(move |bit| following & 1 << bit != 0);
    std::iter::once(first).chain(rest.map(move |bit| first.wrapping_add(bit + 1)))
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for TapInterceptor {
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

impl Interceptor for TapInterceptor {
    fn bind_local_stream(&mut self, _info: &StreamInfo) {}

    fn unbind_local_stream(&mut self, _info: &StreamInfo) {}

    fn bind_remote_stream(&mut self, _info: &StreamInfo) {}

    fn unbind_remote_stream(&mut self, _info: &StreamInfo) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nack_names_its_packet_and_those_of_its_bits_also_over_the_wrap() {
        let named: Vec<u16> = numbers(65_534, 0b1000_0000_0000_0011).collect();
        assert_eq!(named, [65_534, 65_535, 0, 14]);
    }
}
