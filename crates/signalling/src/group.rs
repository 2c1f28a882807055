//! The group as the server counts it: epochs, and who should have which leaf. Members know better; this is only enough to
//! put their commits in order and to refuse what can't be one.

use std::collections::{BTreeSet, VecDeque};

use curtain_domain::ParticipantId;
use curtain_protocol::{CommitFrame, Epoch, GoneReason, GroupId, GroupState};

use crate::commits_in_doubt::InDoubt;

/// One group, from its opening to its end.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) id: GroupId,
    pub(crate) epoch: Epoch,
    /// In the order in which people were added; a leaf taken back keeps its turn.
    pub(crate) leaves: Vec<Leaf>,
    /// The last commits, oldest first, which nobody who has to follow them has followed yet.
    pub(crate) in_doubt: VecDeque<InDoubt>,
}

/// Somebody's leaf.
#[derive(Debug, Clone)]
pub(crate) struct Leaf {
    pub(crate) participant: ParticipantId,
    /// Its index in the tree (RFC 9420 §7.7), as the commits' claims make it.
    number: u32,
    /// Its owner is gone and a member should commit the Remove.
    pub(crate) orphaned: Option<GoneReason>,
}

impl Group {
    /// A new group has one leaf, its founder's.
    pub(crate) fn opened_by(founder: ParticipantId, id: GroupId) -> Self {
        let leaf = Leaf { participant: founder, number: 0, orphaned: None };
        Self { id, epoch: Epoch(0), leaves: vec![leaf], in_doubt: VecDeque::new() }
    }

    pub(crate) fn state(&self) -> GroupState {
        GroupState { group_id: self.id.clone(), epoch: self.epoch }
    }

    pub(crate) fn leaf(&self, of: ParticipantId) -> Option<&Leaf> {
        self.leaves.iter().find(|leaf| leaf.participant == of)
    }

    pub(crate) fn leaf_mut(&mut self, of: ParticipantId) -> Option<&mut Leaf> {
        self.leaves.iter_mut().find(|leaf| leaf.participant == of)
    }

    /// Whether a commit so framed could be this sender's for this epoch.
    pub(crate) fn could_be(&self, frame: CommitFrame<'_>, sender: ParticipantId) -> bool {
        frame.group_id == self.id.as_bytes()
            && frame.epoch == self.epoch
            && self.leaf(sender).is_some_and(|leaf| leaf.number == frame.leaf)
    }

    /// The next epoch. Leaves go before others come (RFC 9420 §12.3), also those of people who come back; each newcomer
    /// takes the first number that is free (§7.7).
    pub(crate) fn advance(&mut self, admits: &[ParticipantId], removes: &[ParticipantId]) {
        self.epoch = self.epoch.next();
        self.leaves.retain(|leaf| !removes.contains(&leaf.participant));
        let stays = |leaf: &&Leaf| !admits.contains(&leaf.participant);
        let mut taken: BTreeSet<u32> = self.leaves.iter().filter(stays).map(|leaf| leaf.number).collect();
        for admitted in admits {
            let number = first_free(&taken);
            taken.insert(number);
            self.seat(*admitted, number);
        }
    }

    fn seat(&mut self, participant: ParticipantId, number: u32) {
        let leaf = Leaf { participant, number, orphaned: None };
        match self.leaf_mut(participant) {
            Some(old) => *old = leaf,
            None => self.leaves.push(leaf),
        }
    }
}

/// One more number than are taken always holds a free one.
fn first_free(taken: &BTreeSet<u32>) -> u32 {
    let most = u32::try_from(taken.len()).unwrap_or(u32::MAX);
    (0..=most).find(|number| !taken.contains(number)).unwrap_or(most)
}
