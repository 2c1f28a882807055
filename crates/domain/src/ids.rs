//! Typed identifiers: a visit can never be looked up with a person's id.
//!
//! All are UUID version 7 (RFC 9562 §5.7): time-ordered, so that index pages stay warm, and made from a clock and an
//! entropy that are handed in.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Entropy, Timestamp};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id, from the time and chance that are handed in.
            pub fn new(now: Timestamp, entropy: &dyn Entropy) -> Self {
                let mut random = [0_u8; 10];
                entropy.fill(&mut random);
                Self(uuid::Builder::from_unix_timestamp_millis(now.unix_millis(), &random).into_uuid())
            }

            /// An id that already exists elsewhere: a row, a path, a message.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID itself, for the database.
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }

            /// The sixteen bytes, for what is hashed or signed.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// A person with an account. The same value stands as `person` in an MLS credential.
    AccountId
);
id!(
    /// The practice that runs this Curtain.
    PracticeId
);
id!(
    /// A visit (FHIR Encounter of class virtual).
    VisitId
);
id!(
    /// One person's place in one visit. It stays the same over tabs, reloads and lost connections.
    ParticipantId
);
id!(
    /// The note of a visit.
    NoteId
);
id!(
    /// A key that seals the values of one patient, or of the practice's credentials.
    DataKeyId
);
id!(
    /// A signed-in browser. Not a secret: the token is.
    SessionId
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededEntropy;

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let entropy = SeededEntropy::new(1);
        let early = VisitId::new(Timestamp::from_unix_millis(1_000), &entropy);
        let late = VisitId::new(Timestamp::from_unix_millis(2_000), &entropy);
        assert!(early < late);
    }

    #[test]
    fn an_id_survives_its_text() {
        let id = VisitId::new(Timestamp::from_unix_millis(1_000), &SeededEntropy::new(2));
        assert_eq!(id.to_string().parse::<VisitId>().unwrap(), id);
    }
}
