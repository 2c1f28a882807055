//! Bytes that the server carries and can't read. `Debug` tells their length only.

use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use ts_rs::TS;

use crate::Limits;

/// The text was not base64 (RFC 4648 §4, padded).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not base64")]
pub struct NotBase64;

/// The bytes exceed their limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is larger than {0} bytes")]
pub struct TooLarge(pub usize);

macro_rules! opaque {
    ($(#[$doc:meta])* $name:ident, $limit:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, TS)]
        #[ts(type = "string")]
        pub struct $name(Vec<u8>);

        impl $name {
            /// Largest size in bytes before base64.
            pub const MAX_BYTES: usize = $limit;

            /// Takes bytes up to the limit.
            pub fn new(bytes: Vec<u8>) -> Result<Self, TooLarge> {
                if bytes.len() > Self::MAX_BYTES { Err(TooLarge(Self::MAX_BYTES)) } else { Ok(Self(bytes)) }
            }

            /// The bytes, to be passed on.
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({} bytes)"), self.0.len())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&STANDARD.encode(&self.0))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                let bytes = STANDARD.decode(text).map_err(|_| de::Error::custom(NotBase64))?;
                Self::new(bytes).map_err(de::Error::custom)
            }
        }
    };
}

opaque!(
    /// An MLS KeyPackage (RFC 9420 §10): how a browser asks to be added.
    KeyPackage,
    Limits::KEY_PACKAGE_BYTES
);
opaque!(
    /// An MLS Commit as a `PublicMessage` (RFC 9420 §12.4).
    Commit,
    Limits::HANDSHAKE_BYTES
);
opaque!(
    /// An MLS Welcome with its ratchet tree (RFC 9420 §12.4.3.1).
    Welcome,
    Limits::HANDSHAKE_BYTES
);
opaque!(
    /// An MLS application message as a `PrivateMessage` (RFC 9420 §15): chat, ready, hello.
    PrivateMessage,
    Limits::APPLICATION_BYTES
);
opaque!(
    /// The MLS group's id: the visit's sixteen bytes and eight random ones.
    GroupId,
    24
);
opaque!(
    /// Takes back a place after a lost connection. A secret of one tab.
    ResumeToken,
    32
);

/// The MLS epoch that a message belongs to (RFC 9420 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[ts(type = "number")]
pub struct Epoch(pub u64);

impl Epoch {
    /// The epoch after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}
