//! What people are called. Personal data: `Debug` prints no letter of it, so that it can't slip into a log.

use core::fmt;

/// Why a text was refused. Says what is wrong, never what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// Nothing but white space.
    #[error("is empty")]
    Empty,
    /// More characters than the limit.
    #[error("is longer than {0} characters")]
    TooLong(usize),
    /// Control or direction-changing characters, which can make one name look like another.
    #[error("holds characters that can't be shown")]
    Unprintable,
    /// Not of the form `name@host`.
    #[error("is not an e-mail address")]
    NotAnAddress,
}

/// A person's name as others see it: 1 to 100 characters, trimmed, printable.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonName(String);

impl PersonName {
    /// Long enough for any real name; longer ones would break every list.
    pub const MAX_CHARS: usize = 100;

    /// Takes what somebody typed.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        let name = text.trim();
        if name.is_empty() {
            return Err(InvalidText::Empty);
        }
        if name.chars().count() > Self::MAX_CHARS {
            return Err(InvalidText::TooLong(Self::MAX_CHARS));
        }
        if name.chars().any(is_unprintable) {
            return Err(InvalidText::Unprintable);
        }
        Ok(Self(name.to_owned()))
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(…)")
    }
}

/// An e-mail address, lower-cased, at most 254 characters (RFC 5321 §4.5.3.1).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// RFC 5321 §4.5.3.1.3 allows a path of 256 with its angle brackets.
    pub const MAX_CHARS: usize = 254;

    /// Takes what somebody typed. Only the form is checked; whether it is real, a mail shows.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        let address = text.trim().to_lowercase();
        if address.chars().count() > Self::MAX_CHARS {
            return Err(InvalidText::TooLong(Self::MAX_CHARS));
        }
        let well_formed = address
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
        if !well_formed || address.chars().any(|c| c.is_whitespace() || is_unprintable(c)) {
            return Err(InvalidText::NotAnAddress);
        }
        Ok(Self(address))
    }

    /// The address itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

/// Control characters and the bidirectional controls of Unicode TR9.
fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_and_never_printed() {
        let name = PersonName::parse("  Ana Ruiz ").unwrap();
        assert_eq!(name.as_str(), "Ana Ruiz");
        assert!(!format!("{name:?}").contains("Ana"));
    }

    #[test]
    fn names_that_deceive_are_refused() {
        assert_eq!(PersonName::parse("   "), Err(InvalidText::Empty));
        assert_eq!(PersonName::parse("Dr\u{202E}eel"), Err(InvalidText::Unprintable));
        assert_eq!(PersonName::parse(&"x".repeat(101)), Err(InvalidText::TooLong(100)));
    }

    #[test]
    fn an_address_has_one_at_sign_and_no_spaces() {
        assert_eq!(EmailAddress::parse(" Ana@Example.org ").unwrap().as_str(), "ana@example.org");
        for wrong in ["", "ana", "@b", "a@", "a@b@c", "a b@c"] {
            assert_eq!(EmailAddress::parse(wrong), Err(InvalidText::NotAnAddress), "{wrong}");
        }
    }
}
