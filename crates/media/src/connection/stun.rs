//! The browser's connectivity checks (STUN binding requests, RFC 8489 and RFC 8445 §7.1), read and signed anew.
//!
//! The user name tells whose connection a stranger's datagram belongs to, and its integrity proves it. Signing a check
//! anew with USE-CANDIDATE nominates the pair at once (trap T1): the browser would do it a second later.

use ring::hmac;

const HEADER: usize = 20;
const COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
const BINDING_REQUEST: [u8; 2] = [0x00, 0x01];
const BINDING_SUCCESS: [u8; 2] = [0x01, 0x01];
const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const USE_CANDIDATE: u16 = 0x0025;
const FINGERPRINT: u16 = 0x8028;
const INTEGRITY: usize = 20;

/// A check as it stands in a datagram; nothing of it is proven until `is_signed_with`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BindingRequest<'a> {
    datagram: &'a [u8],
    /// Our end of the user name.
    pub(crate) ufrag: &'a str,
    /// Where the integrity attribute begins.
    integrity_at: usize,
}

impl<'a> BindingRequest<'a> {
    /// Reads a check that has a user name and integrity, as every check of ICE must.
    pub(crate) fn read(datagram: &'a [u8]) -> Option<Self> {
        if !is_stun(datagram) || datagram[..2] != BINDING_REQUEST {
            return None;
        }
        let mut ufrag = None;
        for (at, kind, value) in Attributes::of(datagram) {
            match kind {
                USERNAME => ufrag = core::str::from_utf8(value).ok()?.split(':').next(),
                // What follows integrity is not covered by it, but for the fingerprint.
                MESSAGE_INTEGRITY if value.len() == INTEGRITY => {
                    return ufrag.map(|ufrag| Self { datagram, ufrag, integrity_at: at });
                }
                _ => {}
            }
        }
        None
    }

    /// The check was made by someone who knows our password.
    pub(crate) fn is_signed_with(&self, password: &str) -> bool {
        let mut signed = self.datagram[..self.integrity_at].to_vec();
        set_length(&mut signed, self.integrity_at + 4 + INTEGRITY);
        let value = &self.datagram[self.integrity_at + 4..self.integrity_at + 4 + INTEGRITY];
        hmac::verify(&key(password), &signed, value).is_ok()
    }

    /// The same check, nominating its pair.
    pub(crate) fn nominating(&self, password: &str) -> Vec<u8> {
        let mut check = self.datagram[..self.integrity_at].to_vec();
        if !Attributes::of(self.datagram).any(|(_, kind, _)| kind == USE_CANDIDATE) {
            add(&mut check, USE_CANDIDATE, &[]);
        }
        let signed_length = check.len() + 4 + INTEGRITY;
        set_length(&mut check, signed_length);
        let signature = hmac::sign(&key(password), &check);
        add(&mut check, MESSAGE_INTEGRITY, signature.as_ref());
        let full_length = check.len() + 8;
        set_length(&mut check, full_length);
        let fingerprint = rtc::stun::fingerprint::fingerprint_value(&check);
        add(&mut check, FINGERPRINT, &fingerprint.to_be_bytes());
        check
    }
}

/// A datagram with STUN's cookie (RFC 8489 §5).
pub(crate) fn is_stun(datagram: &[u8]) -> bool {
    datagram.len() >= HEADER && datagram[0] < 4 && datagram[4..8] == COOKIE
}

/// The browser answers a check of ours.
pub(crate) fn is_binding_success(datagram: &[u8]) -> bool {
    is_stun(datagram) && datagram[..2] == BINDING_SUCCESS
}

fn key(password: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes())
}

/// The header's length counts what follows the header.
#[expect(clippy::cast_possible_truncation, reason = "no check of ours is near 64 KiB")]
fn set_length(message: &mut [u8], total: usize) {
    message[2..4].copy_from_slice(&((total - HEADER) as u16).to_be_bytes());
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "attributes we add have at most 20 bytes, a multiple of four"
)]
fn add(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    message.extend_from_slice(&kind.to_be_bytes());
    message.extend_from_slice(&(value.len() as u16).to_be_bytes());
    message.extend_from_slice(value);
}

/// Type, length, value, padded to four bytes; ends where a length runs over the datagram.
struct Attributes<'a> {
    datagram: &'a [u8],
    at: usize,
}

impl<'a> Attributes<'a> {
    const fn of(datagram: &'a [u8]) -> Self {
        Self { datagram, at: HEADER }
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (usize, u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at;
        let head = self.datagram.get(at..at + 4)?;
        let kind = u16::from_be_bytes([head[0], head[1]]);
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let value = self.datagram.get(at + 4..at + 4 + length)?;
        self.at = at + 4 + length.next_multiple_of(4);
        Some((at, kind, value))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 5769 §2.1, the sample request.
    const SAMPLE: &str = "000100582112a442b7e7a701bc34d686fa87dfae\
        802200105354554e207465737420636c69656e74\
        002400046e0001ff80290008932ff9b151263b36\
        000600096576746a3a68367659202020\
        000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2\
        80280004e57a3bcf";
    const PASSWORD: &str = "VOkJxbRl1RmTxUk/WvJxBt";

    fn sample() -> Vec<u8> {
        let digits = SAMPLE.as_bytes();
        digits
            .chunks(2)
            .map(|pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    #[test]
    fn the_sample_request_of_rfc_5769_is_read_and_proven() {
        let datagram = sample();
        let check = BindingRequest::read(&datagram).unwrap();
        assert_eq!(check.ufrag, "evtj");
        assert!(check.is_signed_with(PASSWORD));
        assert!(!check.is_signed_with("VOkJxbRl1RmTxUk/WvJxBu"));
    }

    #[test]
    fn a_nominating_check_is_signed_and_rtc_reads_it() {
        let datagram = sample();
        let nominating = BindingRequest::read(&datagram).unwrap().nominating(PASSWORD);
        assert!(BindingRequest::read(&nominating).unwrap().is_signed_with(PASSWORD));
        let mut message = rtc::stun::message::Message::new();
        message.unmarshal_binary(&nominating).unwrap();
        assert!(message.contains(rtc::stun::attributes::ATTR_USE_CANDIDATE));
        rtc::stun::fingerprint::FINGERPRINT.check(&message).unwrap();
        let again = BindingRequest::read(&nominating).unwrap().nominating(PASSWORD);
        assert_eq!(again, nominating);
    }

    proptest! {
        #[test]
        fn no_datagram_makes_it_stumble(mut datagram in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(BindingRequest::read(&datagram).is_none_or(|check| !check.is_signed_with("secret")));
            if datagram.len() >= HEADER {
                datagram[..2].copy_from_slice(&BINDING_REQUEST);
                datagram[4..8].copy_from_slice(&COOKIE);
                if let Some(check) = BindingRequest::read(&datagram) {
                    check.nominating("secret");
                }
            }
        }

        #[test]
        fn a_changed_byte_breaks_the_signature(at in 20_usize..76, bit in 0_u8..8) {
            let mut datagram = sample();
            datagram[at] ^= 1 << bit;
            prop_assert!(BindingRequest::read(&datagram).is_none_or(|check| !check.is_signed_with(PASSWORD)));
        }
    }
}
