//! The current code of a demo account: TOTP (RFC 6238) on HMAC (RFC 2104) on SHA-1 (RFC 3174), for the terminal only.
//!
//! Written here because `xtask` has no dependencies. It never checks a code: that is `auth`'s business.

/// Seconds per code and digits of a code, as every authenticator app assumes (RFC 6238 §4).
const STEP_SECONDS: u64 = 30;
const DIGITS: u32 = 6;
/// SHA-1's block, which HMAC pads its key to.
const BLOCK: usize = 64;

/// A code and how long it is good for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Code {
    /// Six digits.
    pub(crate) digits: String,
    /// Seconds until the next one.
    pub(crate) seconds_left: u64,
}

/// The code of a base32 secret at a time in seconds since 1970; `None` when the secret is no base32.
pub(crate) fn code_at(secret: &str, unix_seconds: u64) -> Option<Code> {
    let key = base32(secret)?;
    let number = hotp(&key, unix_seconds / STEP_SECONDS) % 10_u32.pow(DIGITS);
    Some(Code { digits: format!("{number:06}"), seconds_left: STEP_SECONDS - unix_seconds % STEP_SECONDS })
}

/// RFC 4226 §5.3: dynamic truncation.
fn hotp(key: &[u8], counter: u64) -> u32 {
    let mac = hmac_sha1(key, &counter.to_be_bytes());
    let offset = usize::from(mac[19] & 0x0f);
    let mut word = [0; 4];
    word.copy_from_slice(&mac[offset..offset + 4]);
    u32::from_be_bytes(word) & 0x7fff_ffff
}

fn hmac_sha1(key: &[u8], message: &[u8]) -> [u8; 20] {
    let mut padded = [0; BLOCK];
    if key.len() > BLOCK {
        padded[..20].copy_from_slice(&sha1(key));
    } else {
        padded[..key.len()].copy_from_slice(key);
    }
    let mixed = |with: u8| padded.map(|byte| byte ^ with).to_vec();
    let inner = sha1(&[mixed(0x36), message.to_vec()].concat());
    sha1(&[mixed(0x5c), inner.to_vec()].concat())
}

fn sha1(message: &[u8]) -> [u8; 20] {
    let mut state: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    let mut padded = message.to_vec();
    padded.push(0x80);
    while padded.len() % BLOCK != BLOCK - 8 {
        padded.push(0);
    }
    padded.extend((message.len() as u64 * 8).to_be_bytes());
    for block in padded.chunks_exact(BLOCK) {
        mix(&mut state, block);
    }
    let mut digest = [0; 20];
    for (bytes, word) in digest.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    digest
}

/// RFC 3174 §6.1, with the RFC's letters.
#[expect(clippy::many_single_char_names, reason = "the letters of RFC 3174")]
fn mix(state: &mut [u32; 5], block: &[u8]) {
    let mut w = [0_u32; 80];
    for (word, bytes) in w.iter_mut().zip(block.chunks_exact(4)) {
        *word = bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
    }
    for t in 16..80 {
        w[t] = (w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16]).rotate_left(1);
    }
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for (t, word) in w.into_iter().enumerate() {
        let (f, k) = match t {
            0..20 => (b & c | !b & d, 0x5a82_7999),
            20..40 => (b ^ c ^ d, 0x6ed9_eba1),
            40..60 => (b & c | b & d | c & d, 0x8f1b_bcdc),
            _ => (b ^ c ^ d, 0xca62_c1d6_u32),
        };
        let next = a.rotate_left(5).wrapping_add(f).wrapping_add(e).wrapping_add(k).wrapping_add(word);
        (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
    }
    for (word, add) in state.iter_mut().zip([a, b, c, d, e]) {
        *word = word.wrapping_add(add);
    }
}

/// RFC 4648 §6 as authenticator apps write it: any case, no padding needed.
fn base32(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0_u32);
    for letter in text.trim_end_matches('=').bytes() {
        let value = match letter.to_ascii_uppercase() {
            upper @ b'A'..=b'Z' => upper - b'A',
            digit @ b'2'..=b'7' => digit - b'2' + 26,
            _ => return None,
        };
        bits = bits << 5 | u32::from(value);
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
            bits &= (1 << held) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .filter_map(|half| char::from_digit(half.into(), 16))
            .collect()
    }

    #[test]
    fn sha1_agrees_with_rfc_3174() {
        assert_eq!(hex(&sha1(b"abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
        let long = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        assert_eq!(hex(&sha1(long)), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
        assert_eq!(hex(&sha1(&b"a".repeat(1_000_000))), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
    }

    #[test]
    fn hmac_agrees_with_rfc_2202() {
        assert_eq!(
            hex(&hmac_sha1(b"Jefe", b"what do ya want for nothing?")),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
        );
        let long_key = hmac_sha1(&[0xaa; 80], b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(hex(&long_key), "aa4ae5e15272d00e95705637ce8a3b55ed402112");
    }

    /// RFC 6238 appendix B prints eight digits; ours are their last six.
    #[test]
    fn codes_agree_with_rfc_6238() {
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        let table = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (at, digits) in table {
            assert_eq!(code_at(secret, at).unwrap().digits, digits, "at {at}");
        }
        assert_eq!(code_at(secret, 59).unwrap().seconds_left, 1);
        assert_eq!(code_at(secret, 60).unwrap().seconds_left, 30);
    }

    #[test]
    fn base32_reads_rfc_4648_and_refuses_the_rest() {
        assert_eq!(base32("MZXW6YTBOI======").unwrap(), b"foobar");
        assert_eq!(base32("mzxw6").unwrap(), b"foo");
        assert_eq!(base32("MZXW1"), None);
    }
}
