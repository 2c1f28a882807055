//! Passwords that many people have chosen (AU3): 233 650 of them, from lists that leaked and that guessers begin with.
//!
//! `common.bin` holds a 32-bit fingerprint of each, sorted, as differences in LEB128: half a megabyte. A password that is
//! not in the list is taken for one of it once in eighteen thousand times, and then another is chosen.
//! docs/decisions/0007-common-passwords.md tells where the list comes from; `examples/common_passwords.rs` packs it.

use std::sync::OnceLock;

static PACKED: &[u8] = include_bytes!("common.bin");

/// What people put behind or before a common word to satisfy a rule: more than this and it is not the word any more.
const MAX_DECORATION: usize = 6;

/// Packs words, in any order and case, into the form of `common.bin`.
pub fn pack<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let mut prints: Vec<u32> = words.into_iter().map(|word| fingerprint(&word.to_lowercase())).collect();
    prints.sort_unstable();
    prints.dedup();
    let (mut packed, mut before) = (Vec::new(), 0);
    for print in prints {
        let mut difference = print - before;
        before = print;
        while difference >= 0x80 {
            packed.push(difference.to_le_bytes()[0] | 0x80);
            difference >>= 7;
        }
        packed.push(difference.to_le_bytes()[0]);
    }
    packed
}

/// Whether the password is a common one: as it stands, without the digits and signs around it, or said twice.
pub(super) fn is_common(password: &str) -> bool {
    let lower = zeroize::Zeroizing::new(password.to_lowercase());
    let word =
        lower.trim_matches(|c: char| c.is_ascii_digit() || c.is_ascii_punctuation() || c.is_whitespace());
    let decoration = lower.chars().count() - word.chars().count();
    let decorated = decoration <= MAX_DECORATION && word.chars().count() >= 4 && contains(word);
    contains(&lower) || decorated || said_twice(&lower).is_some_and(contains)
}

/// The half of which the text is made twice, or the third of which it is made three times.
fn said_twice(text: &str) -> Option<&str> {
    (2..=3).find_map(|times| {
        let part = text.get(..text.len() / times)?;
        (!part.is_empty() && part.repeat(times) == text).then_some(part)
    })
}

fn contains(word: &str) -> bool {
    static PRINTS: OnceLock<Vec<u32>> = OnceLock::new();
    PRINTS.get_or_init(unpacked).binary_search(&fingerprint(word)).is_ok()
}

fn unpacked() -> Vec<u32> {
    let (mut prints, mut sum, mut difference, mut shift) = (Vec::with_capacity(240_000), 0_u32, 0, 0);
    for byte in PACKED {
        difference |= u32::from(byte & 0x7F) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            sum = sum.wrapping_add(difference);
            prints.push(sum);
            (difference, shift) = (0, 0);
        }
    }
    prints
}

/// FNV-1a of 64 bits, folded to 32. Nobody gains by a collision: it would only refuse them a password.
fn fingerprint(word: &str) -> u32 {
    let hash = word.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let [high, low] = [hash >> 32, hash & 0xFFFF_FFFF].map(|half| u32::try_from(half).unwrap_or(0));
    high ^ low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_as_long_as_it_should_be() {
        let prints = unpacked();
        assert!(prints.len() >= 100_000, "{}", prints.len());
        assert!(prints.windows(2).all(|pair| pair[0] < pair[1]), "sorted, each once");
    }

    #[test]
    fn what_is_packed_is_found_again() {
        let packed = pack(["Zebra", "apple", "zebra", "ÄPFEL"]);
        let mut expected = ["apple", "zebra", "äpfel"].map(fingerprint).to_vec();
        expected.sort_unstable();
        let (mut found, mut sum, mut difference, mut shift) = (Vec::new(), 0_u32, 0_u32, 0);
        for byte in packed {
            difference |= u32::from(byte & 0x7F) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                sum += difference;
                found.push(sum);
                (difference, shift) = (0, 0);
            }
        }
        assert_eq!(found, expected);
    }

    #[test]
    fn well_known_passwords_are_common_in_all_their_disguises() {
        for common in [
            "1qaz2wsx3edc",
            "qwerty123456",
            "unbelievable",
            "UnBelievable",
            "password1234",
            "Password2026!",
            "!!monkey!!12",
            "letmeinletmein",
            "dragondragondragon",
        ] {
            assert!(is_common(common), "{common}");
        }
    }

    #[test]
    fn a_sentence_of_ones_own_is_not_common() {
        for own in [
            "four rivers meet below the mill",
            "correct horse battery staple",
            "heron over the weir",
            "curtain demo visit 2026",
            "zqmark: heron over the weir",
        ] {
            assert!(!is_common(own), "{own}");
        }
    }
}
