//! Time-based one-time codes (RFC 6238), as every authenticator app makes them (AU8).
//!
//! **This module only says which step a code belongs to.** That a step counts once is decided by one conditional UPDATE
//! in `storage`: two requests that race can't both win there, and they could here.

use curtain_domain::{EmailAddress, Entropy, Timestamp};
use totp_rs::{Algorithm, Builder, Totp};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::AuthError;

/// RFC 4226 §4 recommends 160 bits, the block that HMAC-SHA-1 gives back.
const SECRET_BYTES: usize = 20;
/// Thirty seconds and six digits: what apps assume when they are told nothing (RFC 6238 §5.2).
const STEP_SECONDS: u64 = 30;
const DIGITS: u8 = 6;
/// One step either way covers a phone that is half a minute off; each more step gives a guesser one more code.
const SKEW: u64 = 1;

/// The secret shared with an authenticator app. Can't be printed by accident.
#[derive(Clone, ZeroizeOnDrop)]
pub struct TotpSecret([u8; SECRET_BYTES]);

impl TotpSecret {
    /// A new secret nobody can guess.
    pub fn new(entropy: &dyn Entropy) -> Self {
        let mut secret = Self([0; SECRET_BYTES]);
        entropy.fill(&mut secret.0);
        secret
    }

    /// From the bytes that the vault opened.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, AuthError> {
        bytes.try_into().map(Self).map_err(|_| AuthError::BadSecret)
    }

    /// The bytes, for the vault to seal.
    pub const fn as_bytes(&self) -> &[u8; SECRET_BYTES] {
        &self.0
    }

    /// What somebody types into an app that can't scan: 32 letters of base 32.
    pub fn to_base32(&self) -> Zeroizing<String> {
        Zeroizing::new(data_encoding::BASE32_NOPAD.encode(&self.0))
    }

    /// What the QR code holds.
    pub fn otpauth_uri(
        &self,
        practice: &str,
        address: &EmailAddress,
    ) -> Result<Zeroizing<String>, AuthError> {
        // A colon would end the issuer part of the label (the otpauth key URI format).
        let issuer = practice.replace(':', " ");
        let totp = builder(self).with_account_name(address.as_str()).with_issuer(Some(issuer)).build();
        totp.and_then(|totp| totp.to_url()).map(Zeroizing::new).map_err(|_| AuthError::BadLabel)
    }

    /// The code of this moment. For tests, the demo and nothing that answers a request.
    pub fn code_at(&self, now: Timestamp) -> String {
        totp(self).generate(now.unix_seconds()).to_string()
    }
}

fn builder(secret: &TotpSecret) -> Builder {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(DIGITS)
        .with_step_duration(STEP_SECONDS)
        // The window is walked here, so that it is always walked to its end.
        .with_skew(0)
        .with_secret(secret.0.to_vec())
}

fn totp(secret: &TotpSecret) -> Totp {
    builder(secret).build_noncompliant()
}

/// The time step that the code belongs to, from the one before to the one after now; `None` when it belongs to none.
/// Always computes every step of the window and compares in constant time.
pub fn matching_step(secret: &TotpSecret, code: &str, now: Timestamp) -> Option<u64> {
    let totp = totp(secret);
    let current = now.unix_seconds() / STEP_SECONDS;
    let window = current.saturating_sub(SKEW)..=current + SKEW;
    // Newest first: were two steps ever to share a code, the later one is consumed and the earlier dies with it.
    window.fold(None, |found, step| totp.check(code, step * STEP_SECONDS).or(found))
}

#[cfg(test)]
mod tests {
    use curtain_domain::SeededEntropy;

    use super::*;

    fn rfc_secret() -> TotpSecret {
        TotpSecret::from_bytes(b"12345678901234567890").unwrap()
    }

    const fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix_millis(seconds * 1_000)
    }

    #[test]
    fn the_vectors_of_rfc_6238_appendix_b_hold() {
        // The RFC prints eight digits; six digits are the last six of them (RFC 4226 §5.3, modulo 10^digits).
        for (seconds, code, step) in [
            (59, "94287082", 1),
            (1_111_111_109, "07081804", 0x0235_23EC),
            (1_111_111_111, "14050471", 0x0235_23ED),
            (1_234_567_890, "89005924", 0x0273_EF07),
            (2_000_000_000, "69279037", 0x03F9_40AA),
            (20_000_000_000, "65353130", 0x27BC_86AA),
        ] {
            assert_eq!(rfc_secret().code_at(at(seconds)), code[2..], "{seconds}");
            assert_eq!(matching_step(&rfc_secret(), &code[2..], at(seconds)), Some(step), "{seconds}");
        }
    }

    #[test]
    fn a_phone_may_be_one_step_off_and_no_more() {
        let secret = TotpSecret::new(&SeededEntropy::new(1));
        let now = at(1_700_000_010);
        let current = 1_700_000_010_u64 / 30;
        for (offset, accepted) in [(-2_i64, false), (-1, true), (0, true), (1, true), (2, false)] {
            let step = current.saturating_add_signed(offset);
            let found = matching_step(&secret, &secret.code_at(at(step * 30)), now);
            assert_eq!(found, accepted.then_some(step), "{offset}");
        }
    }

    #[test]
    fn only_six_plain_digits_are_a_code() {
        let secret = rfc_secret();
        for wrong in ["", "28708", "+28708", "2870821", " 287082", "２８７０８２", "28708a", "28_082"] {
            assert_eq!(matching_step(&secret, wrong, at(59)), None, "{wrong}");
        }
    }

    #[test]
    fn the_first_step_of_time_has_no_step_before_it() {
        let secret = rfc_secret();
        assert_eq!(matching_step(&secret, &secret.code_at(at(0)), at(0)), Some(0));
    }

    #[test]
    fn the_address_says_who_and_where() {
        let address = EmailAddress::parse("ana@example.org").unwrap();
        let uri = rfc_secret().otpauth_uri("Dr. Lee: Practice", &address).unwrap();
        assert!(
            uri.starts_with("otpauth://totp/Dr.%20Lee%20%20Practice:ana%40example.org?secret=GEZDGNBV"),
            "{}",
            *uri
        );
        assert!(uri.contains("issuer=Dr.%20Lee%20%20Practice"), "{}", *uri);
    }

    #[test]
    fn a_secret_has_twenty_bytes() {
        assert_eq!(TotpSecret::from_bytes(&[0; 19]).err(), Some(AuthError::BadSecret));
        assert_eq!(rfc_secret().to_base32().as_str(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }
}
