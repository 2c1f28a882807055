//! Walks the whole chain and compares it with the signed heads. Each thing that is wrong is told with its number.

use std::collections::BTreeMap;

use core::time::Duration;
use curtain_domain::Timestamp;
use curtain_storage::{AuditLog, ChainedEvent, canonical};
use curtain_vault::{AuditHash, SignedCheckpoint, audit_genesis, audit_link};

use super::AuditError;
use super::book::{AuditBook, from_row};

/// Entries read at once. More would only take more memory.
const PAGE: u32 = 1_000;
/// Who wants more than these has lost the log, not an entry.
const MAX_BREAKS: usize = 100;
/// An event older than this without a number is not merely waiting.
const SEALED_WITHIN: Duration = Duration::from_mins(5);

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BreakKind {
    /// An entry is missing: the one of this number.
    Gap,
    /// The entry is there, its event is not.
    EventMissing,
    /// The event is not the one that was sealed.
    Changed,
    /// The entry does not follow the one before.
    Unlinked,
    /// The chain is not the one that was signed at this number.
    Rewritten,
    /// The chain ends before this number, which was signed.
    CutOff,
    /// The signature of the checkpoint at this number is not ours.
    Forged,
}

impl BreakKind {
    /// The word in answers of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::EventMissing => "event_missing",
            Self::Changed => "changed",
            Self::Unlinked => "unlinked",
            Self::Rewritten => "rewritten",
            Self::CutOff => "cut_off",
            Self::Forged => "forged",
        }
    }

    /// What is wrong, in plain words.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Gap => "the entry is missing",
            Self::EventMissing => "the event of the entry is missing",
            Self::Changed => "the event was changed",
            Self::Unlinked => "the entry does not follow the one before",
            Self::Rewritten => "the log is not the one that was signed here",
            Self::CutOff => "the log was signed here, and ends before",
            Self::Forged => "the signature of the checkpoint is not ours",
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Break {
    /// At which number.
    pub number: u64,
    /// What.
    pub kind: BreakKind,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// How many entries the chain has.
    pub entries: u64,
    /// The newest signed head: its number and when it was signed.
    pub checkpoint: Option<(u64, Timestamp)>,
    /// Events that wait for a number longer than they should.
    pub unsealed: u64,
    /// What is wrong, by number; the first hundred.
    pub breaks: Vec<Break>,
    /// The last entry that was looked at.
    pub head: Option<ChainHead>,
}

/// An entry, by its number and hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainHead {
    number: u64,
    hash: Vec<u8>,
}

impl Report {
    /// Nothing is wrong.
    pub const fn is_whole(&self) -> bool {
        self.breaks.is_empty()
    }
}

/// Verifies the log against itself, the checkpoints in the database, and those of the file.
pub async fn verify(mut log: AuditLog<'_>, book: &AuditBook) -> Result<Report, AuditError> {
    let mut walk = Walk::new(book);
    let stored = log.checkpoints().await?.into_iter().map(from_row);
    walk.compare_with(stored.chain(book.checkpoints()?).collect(), book);
    walk.through(&mut log).await?;
    walk.report.unsealed = log.unsealed(SEALED_WITHIN).await?;
    Ok(walk.end())
}

/// Checks what came after an entry that was looked at before, and that this one still is what it was. Cheap enough for every
/// minute; what was changed before that entry, and the checkpoints, [`verify`] looks at.
pub async fn follow(
    mut log: AuditLog<'_>,
    book: &AuditBook,
    after: Option<&ChainHead>,
) -> Result<Report, AuditError> {
    let mut walk = Walk::new(book);
    if let Some(ChainHead { number, hash }) = after {
        let still = log.entries(*number, 1).await?.pop().filter(|entry| entry.number == *number);
        match still {
            None => walk.found(*number, BreakKind::CutOff),
            Some(entry) if entry.hash != *hash => walk.found(*number, BreakKind::Rewritten),
            Some(_) => {}
        }
        (walk.expected, walk.previous) = (number + 1, hash.clone());
        walk.report.head = after.cloned();
    }
    walk.through(&mut log).await?;
    Ok(walk.end())
}

struct Walk {
    report: Report,
    expected: u64,
    previous: Vec<u8>,
    /// What was signed, by number.
    heads: BTreeMap<u64, Vec<AuditHash>>,
}

impl Walk {
    fn new(book: &AuditBook) -> Self {
        let previous = audit_genesis(book.practice()).to_vec();
        Self { report: Report::default(), expected: 1, previous, heads: BTreeMap::new() }
    }

    /// Notes which heads were signed, and which say so falsely.
    fn compare_with(&mut self, heads: Vec<SignedCheckpoint>, book: &AuditBook) {
        let signed = book.judge(heads);
        for number in signed.forged {
            self.found(number, BreakKind::Forged);
        }
        for head in signed.good {
            self.report.checkpoint = self.report.checkpoint.max(Some((head.number, head.at)));
            self.heads.entry(head.number).or_default().push(head.hash);
        }
    }

    /// From where it stands to the end.
    async fn through(&mut self, log: &mut AuditLog<'_>) -> Result<(), AuditError> {
        loop {
            let page = log.entries(self.expected, PAGE).await?;
            for entry in &page {
                self.step(entry);
            }
            if page.len() < PAGE as usize {
                return Ok(());
            }
        }
    }

    fn found(&mut self, number: u64, kind: BreakKind) {
        self.report.breaks.push(Break { number, kind });
    }

    fn step(&mut self, entry: &ChainedEvent) {
        if entry.number > self.expected {
            self.found(self.expected, BreakKind::Gap);
        } else if entry.previous_hash != self.previous {
            self.found(entry.number, BreakKind::Unlinked);
        }
        match &entry.event {
            None => self.found(entry.number, BreakKind::EventMissing),
            Some(event) => {
                let bytes = canonical(entry.number, event);
                if audit_link(&entry.previous_hash, &bytes).as_slice() != entry.hash {
                    self.found(entry.number, BreakKind::Changed);
                }
            }
        }
        let signed = self.heads.get(&entry.number);
        if signed.is_some_and(|hashes| hashes.iter().any(|hash| hash.as_slice() != entry.hash)) {
            self.found(entry.number, BreakKind::Rewritten);
        }
        self.previous.clone_from(&entry.hash);
        self.report.head = Some(ChainHead { number: entry.number, hash: entry.hash.clone() });
        self.expected = entry.number + 1;
        self.report.entries += 1;
    }

    fn end(mut self) -> Report {
        if self.heads.keys().next_back().is_some_and(|newest| *newest >= self.expected) {
            self.found(self.expected, BreakKind::CutOff);
        }
        self.report.breaks.sort_by_key(|one| (one.number, one.kind));
        self.report.breaks.dedup();
        self.report.breaks.truncate(MAX_BREAKS);
        self.report
    }
}
