//! What makes the audit log tamper-evident: each entry's hash over the one before, and heads signed with a key that the
//! database never sees. docs/audit.md describes both for whoever checks a log without us.
//!
//! A checkpoint is a signed note in the form of C2SP (tlog-checkpoint), so that the witnesses of that world can keep it.

use curtain_domain::{PracticeId, Timestamp};
use data_encoding::{BASE64, HEXLOWER};
use ring::digest::{Context, SHA256, digest};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use zeroize::Zeroizing;

use crate::VaultError;
use crate::key_encryption_key::KEY_BYTES;

/// SHA-256.
pub type AuditHash = [u8; 32];

const CHAIN: &[u8] = b"curtain audit chain v1\0";
const GENESIS: &[u8] = b"curtain audit genesis v1\0";
const KEY_LABEL: &[u8] = b"curtain audit checkpoint key v1";
/// C2SP signed-note: the algorithm byte of Ed25519.
const ED25519_NOTE: u8 = 1;

/// What stands before the first entry: another practice's chain can't be put in place of this one.
pub fn audit_genesis(practice: PracticeId) -> AuditHash {
    hash(&[GENESIS, practice.as_bytes()])
}

/// The hash of an entry, from the hash before it and the canonical bytes of its event.
pub fn audit_link(previous: &[u8], event: &[u8]) -> AuditHash {
    hash(&[CHAIN, previous, event])
}

fn hash(parts: &[&[u8]]) -> AuditHash {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// The head of the chain at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// How many entries the chain has.
    pub number: u64,
    /// The hash of the last one.
    pub hash: AuditHash,
    /// When it was signed.
    pub at: Timestamp,
}

/// A checkpoint with a signature, which may be wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What is said.
    pub checkpoint: Checkpoint,
    /// Ed25519, 64 bytes when it is one at all.
    pub signature: Vec<u8>,
}

/// Tells which checkpoints a key signed, without being able to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointVerifier {
    public: Vec<u8>,
    practice: PracticeId,
}

impl CheckpointVerifier {
    /// From a verifier line, as [`CheckpointKey::verifier`] writes it. `VaultError::BadKey` for any other text, and for a
    /// line of another practice.
    pub fn parse(line: &str, practice: PracticeId) -> Result<Self, VaultError> {
        let key = line.trim().strip_prefix(&origin(practice)).and_then(|rest| rest.strip_prefix('+'));
        let key = key.and_then(|rest| rest.split_once('+')).map(|(_, key)| key.as_bytes());
        let bytes = key.and_then(|key| BASE64.decode(key).ok()).ok_or(VaultError::BadKey)?;
        let (_, public) = bytes.split_first().ok_or(VaultError::BadKey)?;
        let verifier = Self { public: public.to_vec(), practice };
        // Algorithm and hash are right when the same line comes out again.
        if public.len() == 32 && verifier.line() == line.trim() {
            Ok(verifier)
        } else {
            Err(VaultError::BadKey)
        }
    }

    /// Whether this key signed it.
    pub fn signed(&self, signed: &SignedCheckpoint) -> bool {
        let text = text(self.practice, &signed.checkpoint);
        UnparsedPublicKey::new(&ED25519, &self.public).verify(text.as_bytes(), &signed.signature).is_ok()
    }

    fn line(&self) -> String {
        let hash = HEXLOWER.encode(&self.key_hash());
        let key = BASE64.encode(&[&[ED25519_NOTE], self.public.as_slice()].concat());
        format!("{}+{hash}+{key}", origin(self.practice))
    }

    fn key_hash(&self) -> [u8; 4] {
        let named = [origin(self.practice).as_bytes(), b"\n", &[ED25519_NOTE], &self.public].concat();
        let mut hash = [0; 4];
        hash.copy_from_slice(&digest(&SHA256, &named).as_ref()[..4]);
        hash
    }
}

fn origin(practice: PracticeId) -> String {
    format!("curtain-audit/{practice}")
}

/// What is signed: origin, number of entries, hash of the last one, milliseconds since 1970.
fn text(practice: PracticeId, checkpoint: &Checkpoint) -> String {
    let Checkpoint { number, hash, at } = checkpoint;
    format!("{}\n{number}\n{}\n{}\n", origin(practice), BASE64.encode(hash), at.unix_millis())
}

/// Signs checkpoints, and tells which signatures are its own.
pub struct CheckpointKey {
    pair: Ed25519KeyPair,
    public: CheckpointVerifier,
}

impl CheckpointKey {
    /// The key of a practice, from the secret that `KeyEncryptionKey` keeps for it.
    pub(crate) fn from_seed(seed: &[u8; KEY_BYTES], practice: PracticeId) -> Result<Self, VaultError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| VaultError::BadKey)?;
        let public = CheckpointVerifier { public: pair.public_key().as_ref().to_vec(), practice };
        Ok(Self { pair, public })
    }

    /// Signs the head of the chain.
    pub fn sign(&self, checkpoint: Checkpoint) -> SignedCheckpoint {
        let text = text(self.public.practice, &checkpoint);
        let signature = self.pair.sign(text.as_bytes()).as_ref().to_vec();
        SignedCheckpoint { checkpoint, signature }
    }

    /// Whether this practice's key signed it.
    pub fn signed(&self, signed: &SignedCheckpoint) -> bool {
        self.public.signed(signed)
    }

    /// The signed note, as it stands in a file: six lines and an empty one.
    pub fn note(&self, signed: &SignedCheckpoint) -> String {
        let signature = BASE64.encode(&[self.public.key_hash().as_slice(), &signed.signature].concat());
        format!("{}\n— {} {signature}\n\n", text(self.public.practice, &signed.checkpoint), self.origin())
    }

    /// The notes of a file, in their order. `Err` names the note (from 1) that can't be read.
    pub fn parse_notes(&self, text: &str) -> Result<Vec<SignedCheckpoint>, usize> {
        let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
        lines.chunks(5).enumerate().map(|(index, lines)| self.parse(lines).ok_or(index + 1)).collect()
    }

    /// The public key as a verifier line of C2SP (`name+hash+key`), to keep with the checkpoints.
    pub fn verifier(&self) -> String {
        self.public.line()
    }

    fn origin(&self) -> String {
        origin(self.public.practice)
    }

    fn parse(&self, lines: &[&str]) -> Option<SignedCheckpoint> {
        let [origin, number, hash, at, signature] = lines else { return None };
        let signature = signature.strip_prefix("— ")?.strip_prefix(&self.origin())?.trim_start();
        let signature = BASE64.decode(signature.as_bytes()).ok()?;
        let checkpoint = Checkpoint {
            number: number.parse().ok()?,
            hash: BASE64.decode(hash.as_bytes()).ok()?.try_into().ok()?,
            at: Timestamp::from_unix_millis(at.parse().ok()?),
        };
        // The key's hash only tells signatures of several keys apart; the signature itself is what counts.
        (*origin == self.origin())
            .then(|| SignedCheckpoint { checkpoint, signature: signature[4.min(signature.len())..].to_vec() })
    }
}

/// The secret of the checkpoint key: whoever holds the key-encryption key can sign, the database never can.
pub(crate) fn checkpoint_seed(key: &[u8; KEY_BYTES]) -> Result<Zeroizing<[u8; KEY_BYTES]>, VaultError> {
    let mut seed = Zeroizing::new([0; KEY_BYTES]);
    Salt::new(HKDF_SHA256, b"")
        .extract(key)
        .expand(&[KEY_LABEL], HKDF_SHA256)
        .and_then(|derived| derived.fill(seed.as_mut()))
        .map_err(|_| VaultError::BadKey)?;
    Ok(seed)
}
