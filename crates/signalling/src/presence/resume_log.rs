//! What a tab was sent and has not acknowledged: a lost connection replays it, nothing lost, nothing twice.

use std::collections::VecDeque;

use curtain_protocol::{Envelope, Limits, ServerMessage};

/// The messages of one tab, numbered from 1.
#[derive(Debug, Default)]
pub(crate) struct ResumeLog {
    kept: VecDeque<(Envelope, usize)>,
    /// The highest number given.
    last: u64,
    /// Everything up to this number is not kept any more.
    dropped: u64,
    bytes: usize,
}

impl ResumeLog {
    /// Gives a message its number and keeps it. The oldest go when there are too many: whoever lost the connection
    /// then has to arrive afresh.
    pub(crate) fn append(&mut self, message: ServerMessage) -> Envelope {
        self.last += 1;
        let envelope = Envelope { seq: self.last, message };
        let weight = weight(&envelope.message);
        self.bytes += weight;
        self.kept.push_back((envelope.clone(), weight));
        while self.kept.len() > Limits::RESUME_MESSAGES || self.bytes > Limits::RESUME_BYTES {
            self.drop_oldest();
        }
        envelope
    }

    /// Forgets what was handled. False when that number was never given.
    pub(crate) fn acknowledge(&mut self, received: u64) -> bool {
        if received > self.last {
            return false;
        }
        while self.kept.front().is_some_and(|(envelope, _)| envelope.seq <= received) {
            self.drop_oldest();
        }
        true
    }

    /// What came after `received`, or `None` when part of it is not kept any more or that number was never given.
    pub(crate) fn after(&self, received: u64) -> Option<Vec<Envelope>> {
        if received < self.dropped || received > self.last {
            return None;
        }
        let missed =
            self.kept.iter().map(|(envelope, _)| envelope).filter(|envelope| envelope.seq > received);
        Some(missed.cloned().collect())
    }

    fn drop_oldest(&mut self) {
        if let Some((envelope, weight)) = self.kept.pop_front() {
            self.dropped = envelope.seq;
            self.bytes -= weight;
        }
    }
}

/// About how many bytes a message holds in memory.
fn weight(message: &ServerMessage) -> usize {
    /// Ids, numbers and the enum itself.
    const FRAME: usize = 128;
    /// A slot or a person of a list, with a name.
    const LINE: usize = 160;
    FRAME
        + match message {
            ServerMessage::Commit { commit, .. } => commit.as_bytes().len(),
            ServerMessage::Welcome { welcome, .. } => welcome.as_bytes().len(),
            ServerMessage::Application { message, .. } => message.as_bytes().len(),
            ServerMessage::Return { key_package, .. } => LINE + key_package.as_bytes().len(),
            ServerMessage::Offer { sdp, slots, .. } => sdp.as_str().len() + slots.len() * LINE,
            ServerMessage::Slots { slots, .. } => slots.len() * LINE,
            ServerMessage::People { people, .. } => people.len() * LINE,
            ServerMessage::Waiting { people } => {
                people.iter().map(|waiting| LINE + waiting.key_package.as_bytes().len()).sum()
            }
            _ => 0,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(messages: usize) -> ResumeLog {
        let mut log = ResumeLog::default();
        for _ in 0..messages {
            log.append(ServerMessage::ReturnRefused {});
        }
        log
    }

    fn numbers(envelopes: &[Envelope]) -> Vec<u64> {
        envelopes.iter().map(|envelope| envelope.seq).collect()
    }

    #[test]
    fn what_was_missed_comes_back_once_and_in_order() {
        let mut log = filled(5);
        assert!(log.acknowledge(2));
        assert_eq!(numbers(&log.after(3).unwrap()), [4, 5]);
        assert_eq!(numbers(&log.after(5).unwrap()), Vec::<u64>::new());
    }

    #[test]
    fn what_was_let_go_cannot_be_resumed() {
        let mut log = filled(5);
        assert!(log.acknowledge(2));
        assert_eq!(log.after(1), None, "message 2 is not there any more");
        assert_eq!(log.after(6), None, "message 6 never was");
        assert!(!log.acknowledge(6));
    }

    #[test]
    fn a_reader_that_never_acknowledges_costs_a_bounded_log() {
        let log = filled(Limits::RESUME_MESSAGES + 10);
        assert_eq!(log.kept.len(), Limits::RESUME_MESSAGES);
        assert_eq!(log.after(9), None);
        assert_eq!(log.after(10).unwrap().len(), Limits::RESUME_MESSAGES);
    }

    #[test]
    fn large_messages_fill_the_log_by_their_bytes() {
        let mut log = ResumeLog::default();
        let large = curtain_protocol::Sdp::new("x".repeat(Limits::SDP_BYTES)).unwrap();
        for _ in 0..200 {
            log.append(ServerMessage::Offer {
                generation: curtain_protocol::MediaGeneration(1),
                sdp: large.clone(),
                slots: Vec::new(),
            });
        }
        assert!(log.bytes <= Limits::RESUME_BYTES);
        assert!(log.kept.len() < 64);
        assert!(log.after(200).is_some(), "the newest are kept");
    }
}
