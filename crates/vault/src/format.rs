//! The bytes of a sealed value: `version | scheme | key id | salt | nonce | ciphertext | tag | commitment`.
//!
//! HKDF-SHA256 (RFC 5869) over data key, salt and place gives a fresh AES-256-GCM key per value, so random nonces are
//! safe at any volume, and a commitment, because GCM alone lets one ciphertext open under two keys.

use curtain_domain::{DataKeyId, Entropy};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::VaultError;
use crate::key_encryption_key::KEY_BYTES;

/// The layout of these bytes.
const VERSION: u8 = 1;
/// Who sealed: 1 is this vault. 2 is kept for values sealed in the browser.
const SCHEME: u8 = 1;
const KEY_ID_BYTES: usize = 16;
/// Twice the birthday bound that anybody will reach with the values of one patient.
const SALT_BYTES: usize = 16;
const TAG_BYTES: usize = 16;
/// 128 bits against a collision found in advance; half of it would leave 64, within reach.
const COMMITMENT_BYTES: usize = 32;
const HEADER_BYTES: usize = 2 + KEY_ID_BYTES + SALT_BYTES + NONCE_LEN;
/// A note has at most 100 000 characters of four bytes; nothing sealed here is longer than a mebibyte.
const MAX_PLAINTEXT_BYTES: usize = 1 << 20;

struct ValueKey {
    cipher: LessSafeKey,
    commitment: [u8; COMMITMENT_BYTES],
}

struct Expanded;

impl KeyType for Expanded {
    fn len(&self) -> usize {
        KEY_BYTES + COMMITMENT_BYTES
    }
}

fn value_key(data_key: &[u8; KEY_BYTES], salt: &[u8], info: &[u8]) -> Result<ValueKey, VaultError> {
    let mut expanded = Zeroizing::new([0_u8; KEY_BYTES + COMMITMENT_BYTES]);
    Salt::new(HKDF_SHA256, salt)
        .extract(data_key)
        .expand(&[info], Expanded)
        .and_then(|okm| okm.fill(expanded.as_mut()))
        .map_err(|_| VaultError::DoesNotOpen)?;
    let (key, rest) = expanded.split_at(KEY_BYTES);
    let mut commitment = [0; COMMITMENT_BYTES];
    commitment.copy_from_slice(rest);
    let cipher = UnboundKey::new(&AES_256_GCM, key).map_err(|_| VaultError::DoesNotOpen)?;
    Ok(ValueKey { cipher: LessSafeKey::new(cipher), commitment })
}

/// A key for another purpose than sealing, derived under its own label: neither tells anything of the other.
pub(crate) fn purpose_key(
    data_key: &[u8; KEY_BYTES],
    label: &[u8],
    context: &[u8],
) -> Result<Zeroizing<[u8; KEY_BYTES]>, VaultError> {
    let mut expanded = Zeroizing::new([0_u8; KEY_BYTES]);
    Salt::new(HKDF_SHA256, label)
        .extract(data_key)
        .expand(&[context], HKDF_SHA256)
        .and_then(|okm| okm.fill(expanded.as_mut()))
        .map_err(|_| VaultError::DoesNotOpen)?;
    Ok(expanded)
}

/// Version and scheme are part of what is authenticated: a later scheme can't be passed off as this one.
fn info(place: &[u8]) -> Vec<u8> {
    [&[VERSION, SCHEME], place].concat()
}

/// Seals bytes for a place.
pub(crate) fn seal(
    data_key: &[u8; KEY_BYTES],
    key_id: DataKeyId,
    place: &[u8],
    plaintext: &[u8],
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, VaultError> {
    if plaintext.len() > MAX_PLAINTEXT_BYTES {
        return Err(VaultError::TooLong);
    }
    let (mut salt, mut nonce) = ([0; SALT_BYTES], [0; NONCE_LEN]);
    entropy.fill(&mut salt);
    entropy.fill(&mut nonce);
    let info = info(place);
    let key = value_key(data_key, &salt, &info)?;
    let mut sealed = Vec::with_capacity(HEADER_BYTES + plaintext.len() + TAG_BYTES + COMMITMENT_BYTES);
    sealed.extend_from_slice(&[VERSION, SCHEME]);
    sealed.extend_from_slice(key_id.as_bytes());
    sealed.extend_from_slice(&salt);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plaintext);
    let tag = key
        .cipher
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(&info),
            &mut sealed[HEADER_BYTES..],
        )
        .map_err(|_| VaultError::TooLong)?;
    sealed.extend_from_slice(tag.as_ref());
    sealed.extend_from_slice(&key.commitment);
    Ok(sealed)
}

/// Opens bytes in a place. Every refusal is the same.
pub(crate) fn open(
    data_key: &[u8; KEY_BYTES],
    key_id: DataKeyId,
    place: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    open_or_none(data_key, key_id, place, sealed).ok_or(VaultError::DoesNotOpen)
}

fn open_or_none(
    data_key: &[u8; KEY_BYTES],
    key_id: DataKeyId,
    place: &[u8],
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let (&[VERSION, SCHEME], rest) = sealed.split_first_chunk::<2>()? else { return None };
    let (stored_id, rest) = rest.split_first_chunk::<KEY_ID_BYTES>()?;
    let (salt, rest) = rest.split_first_chunk::<SALT_BYTES>()?;
    let (nonce, rest) = rest.split_first_chunk::<NONCE_LEN>()?;
    let (body, commitment) = rest.split_last_chunk::<COMMITMENT_BYTES>()?;
    if stored_id != key_id.as_bytes() || body.len() < TAG_BYTES {
        return None;
    }
    let info = info(place);
    let key = value_key(data_key, salt, &info).ok()?;
    if !bool::from(key.commitment.ct_eq(commitment)) {
        return None;
    }
    let mut buffer = Zeroizing::new(body.to_vec());
    let length = key
        .cipher
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(&info), &mut buffer)
        .ok()?
        .len();
    buffer.truncate(length);
    Some(buffer)
}
