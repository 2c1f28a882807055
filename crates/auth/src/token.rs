//! Unguessable tokens: what a browser holds, and the hash that the database holds instead (SE1, AU12).
//!
//! Each purpose has its own type, so that a token of one kind can't be presented as another (L11). None can be printed.

use curtain_domain::Entropy;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ring::digest::{SHA256, digest};
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

/// 256 bits: guessing one of a billion live tokens stays hopeless. Fewer would save nothing.
const TOKEN_BYTES: usize = 32;

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut input = parts.concat();
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, &input).as_ref());
    input.zeroize();
    hash
}

macro_rules! token_hash {
    ($(#[$doc:meta])* $hash:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $hash([u8; 32]);

        impl $hash {
            /// The 32 bytes, for the database.
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }
    };
}

macro_rules! token {
    ($(#[$doc:meta])* $token:ident, $(#[$hash_doc:meta])* $hash:ident) => {
        token_hash!($(#[$hash_doc])* $hash);

        $(#[$doc])*
        #[derive(Clone, ZeroizeOnDrop)]
        pub struct $token([u8; TOKEN_BYTES]);

        impl $token {
            /// A new token nobody can guess.
            pub fn new(entropy: &dyn Entropy) -> Self {
                let mut token = Self([0; TOKEN_BYTES]);
                entropy.fill(&mut token.0);
                token
            }

            /// From what a browser sent; `None` when it has not the form of a token.
            pub fn parse(text: &str) -> Option<Self> {
                let bytes = Zeroizing::new(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?);
                Some(Self(bytes.as_slice().try_into().ok()?))
            }

            /// What the browser keeps: 43 characters of base64url.
            pub fn to_text(&self) -> Zeroizing<String> {
                Zeroizing::new(BASE64URL_NOPAD.encode(&self.0))
            }

            /// What the database keeps.
            pub fn hash(&self) -> $hash {
                $hash(sha256(&[&self.0]))
            }
        }
    };
}

token!(
    /// Proves a signed-in browser. Lives in the session cookie only.
    SessionToken,
    /// SHA-256 of a session token.
    SessionHash
);
token!(
    /// Proves that the password was right and the code is still due. Lives in the sign-in cookie only.
    SignInToken,
    /// SHA-256 of a sign-in token.
    SignInHash
);
token!(
    /// Proves that somebody was handed an activation link. Lives in the fragment of that link only.
    ActivationToken,
    /// SHA-256 of an activation token.
    ActivationHash
);
token!(
    /// Proves a browser in which somebody signed in before. Lives in the device cookie only, and signs nobody in.
    DeviceToken,
    /// SHA-256 of a device token.
    DeviceHash
);
token!(
    /// Proves the browser that was asked for a passkey. Lives in the passkey cookie only, and signs nobody in.
    CeremonyToken,
    /// SHA-256 of a ceremony token.
    CeremonyHash
);
token_hash!(
    /// SHA-256 of a context token, as `curtain.actor()` computes it.
    ContextHash
);

/// Tells Postgres who acts in a transaction. Derived from the session token, so that it is as hard to guess and needs
/// no row of its own; the two can't be exchanged, because deriving goes one way.
#[derive(Clone, ZeroizeOnDrop)]
pub struct ContextToken([u8; 32]);

impl ContextToken {
    /// The literal for `set local curtain.context`: 64 hexadecimal digits by construction, never a text from outside.
    pub fn as_hex_literal(&self) -> Zeroizing<String> {
        Zeroizing::new(HEXLOWER.encode(&self.0))
    }

    /// What the database keeps.
    pub fn hash(&self) -> ContextHash {
        ContextHash(sha256(&[&self.0]))
    }
}

impl SessionToken {
    /// The context token of this session.
    pub fn context(&self) -> ContextToken {
        ContextToken(sha256(&[b"curtain context v1\0", &self.0]))
    }
}

#[cfg(test)]
mod tests {
    use curtain_domain::SeededEntropy;

    use super::*;

    #[test]
    fn a_token_survives_its_text_and_nothing_else_parses() {
        let token = SessionToken::new(&SeededEntropy::new(1));
        let text = token.to_text();
        assert_eq!(text.len(), 43);
        assert_eq!(SessionToken::parse(&text).unwrap().hash(), token.hash());
        for wrong in
            ["", "AAAA", &text[1..], &format!("{}A", *text), &format!("{}=", *text), "'; drop table x --"]
        {
            assert!(SessionToken::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn the_database_never_learns_the_token() {
        let token = SignInToken::new(&SeededEntropy::new(2));
        assert_ne!(token.hash().as_bytes(), &token.0);
    }

    #[test]
    fn a_context_literal_is_sixty_four_hex_digits() {
        let literal = SessionToken::new(&SeededEntropy::new(3)).context().as_hex_literal();
        assert_eq!(literal.len(), 64);
        assert!(literal.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)));
    }

    #[test]
    fn the_context_is_not_the_hash_that_the_database_holds() {
        let token = SessionToken::new(&SeededEntropy::new(4));
        assert_ne!(token.context().0, *token.hash().as_bytes());
        assert_ne!(token.context().hash().as_bytes(), token.hash().as_bytes());
    }
}
