//! The audit log's outside: the key that signs its heads, and the file that keeps them off the database.

use std::fs::{File, OpenOptions, read_to_string};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use curtain_domain::{PracticeId, Timestamp};
use curtain_storage::{StorageError, StoredCheckpoint};
use curtain_vault::{AuditHash, Checkpoint, CheckpointKey, CheckpointVerifier, SignedCheckpoint};

use super::flood::Flood;

/// Why the log could not be sealed or verified.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The database did not do its part.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The checkpoint file can't be read or written.
    #[error("the checkpoint file can't be used: {0}")]
    File(std::io::ErrorKind),
    /// A checkpoint of the file is not in the form of one.
    #[error("checkpoint {0} of the file can't be read")]
    Unreadable(usize),
}

/// Checkpoints, judged.
pub(crate) struct Judged {
    /// What was signed.
    pub(crate) good: Vec<Checkpoint>,
    /// At which numbers somebody else signed.
    pub(crate) forged: Vec<u64>,
}

/// What sealing and verifying need beside the database.
pub struct AuditBook {
    key: CheckpointKey,
    practice: PracticeId,
    file: Option<PathBuf>,
    earlier: Vec<CheckpointVerifier>,
    throttled: Flood,
}

impl AuditBook {
    /// For one practice. Without a file, checkpoints stand in the database only, where whoever rewrites the log can
    /// rewrite them too.
    pub const fn new(key: CheckpointKey, practice: PracticeId, file: Option<PathBuf>) -> Self {
        Self { key, practice, file, earlier: Vec::new(), throttled: Flood::new() }
    }

    /// The practice whose log this is.
    pub(crate) const fn practice(&self) -> PracticeId {
        self.practice
    }

    /// Where checkpoints leave the database.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Whether a refused sign-in is to be written down now: a flood of them must not fill the log that it could not fill
    /// with failures.
    pub(crate) fn takes_throttled(&self, now: Timestamp) -> bool {
        self.throttled.tells(now)
    }

    pub(crate) fn sign(&self, checkpoint: Checkpoint) -> SignedCheckpoint {
        self.key.sign(checkpoint)
    }

    /// Keys that signed before this one, as whoever runs the server vouches for them: nothing in the database can add one.
    #[must_use]
    pub fn with_earlier_keys(mut self, earlier: Vec<CheckpointVerifier>) -> Self {
        self.earlier = earlier;
        self
    }

    /// Which checkpoints are ours. One of an earlier key counts up to where the key of today took over: a key that was
    /// replaced, perhaps because it leaked, signs nothing new.
    pub(crate) fn judge(&self, heads: Vec<SignedCheckpoint>) -> Judged {
        let (ours, others): (Vec<_>, Vec<_>) = heads.into_iter().partition(|head| self.key.signed(head));
        let taken_over = ours.iter().map(|head| head.checkpoint.number).min();
        let of_before = |head: &SignedCheckpoint| {
            taken_over.is_none_or(|from| head.checkpoint.number <= from)
                && self.earlier.iter().any(|key| key.signed(head))
        };
        let (earlier, forged): (Vec<_>, Vec<_>) = others.into_iter().partition(of_before);
        Judged {
            good: ours.into_iter().chain(earlier).map(|head| head.checkpoint).collect(),
            forged: forged.into_iter().map(|head| head.checkpoint.number).collect(),
        }
    }

    /// Appends a checkpoint to the file and waits until the disk has it. Servers that share a file don't mix lines: each
    /// appends a checkpoint in one write.
    pub(crate) fn append(&self, checkpoint: &SignedCheckpoint) -> Result<(), AuditError> {
        let Some(path) = &self.file else { return Ok(()) };
        let write = || -> std::io::Result<()> {
            let mut file: File = OpenOptions::new().create(true).append(true).open(path)?;
            file.write_all(self.key.note(checkpoint).as_bytes())?;
            file.sync_data()
        };
        write().map_err(|error| AuditError::File(error.kind()))
    }

    /// The checkpoints of the file, in their order. A file that isn't there yet has none.
    pub fn checkpoints(&self) -> Result<Vec<SignedCheckpoint>, AuditError> {
        let Some(path) = &self.file else { return Ok(Vec::new()) };
        match read_to_string(path) {
            Ok(text) => self.key.parse_notes(&text).map_err(AuditError::Unreadable),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(AuditError::File(error.kind())),
        }
    }
}

/// As the database keeps it.
pub(crate) fn to_row(signed: &SignedCheckpoint) -> StoredCheckpoint {
    let Checkpoint { number, hash, at } = &signed.checkpoint;
    StoredCheckpoint { number: *number, hash: hash.to_vec(), at: *at, signature: signed.signature.clone() }
}

/// From the database. A hash of another length can't be one; it becomes one that nothing has.
pub(crate) fn from_row(row: StoredCheckpoint) -> SignedCheckpoint {
    let hash: AuditHash = row.hash.try_into().unwrap_or_default();
    SignedCheckpoint {
        checkpoint: Checkpoint { number: row.number, hash, at: row.at },
        signature: row.signature,
    }
}
