//! Why something was refused, as one enum with stable codes.
//!
//! The codes cross into the browser as thrown strings and stand in `curtain_e2ee.d.ts`: they never change their
//! meaning. They hold no name, no key and nothing that came from outside, so they may be logged.

use mls_rs::error::{IntoAnyError, MlsError};

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)+) => {
        /// Why the machine refused. Nothing changed: the group stands where it stood.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
        #[error("{}", self.code())]
        pub enum Refusal {
            $($(#[$doc])* $name,)+
        }

        impl Refusal {
            /// Every refusal, for tests that must cover all.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable code.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }
        }
    };
}

refusals! {
    /// The bytes are not what they should be.
    Malformed = "malformed",
    /// A message of another group.
    WrongGroup = "wrong_group",
    /// A message of an epoch that is over.
    Stale = "stale",
    /// A message of an epoch that we have not reached: a commit is missing.
    EpochAhead = "epoch_ahead",
    /// A signature, membership tag or confirmation tag of MLS that does not hold.
    BadSignature = "bad_signature",
    /// The device key did not sign this leaf.
    BadLeafSignature = "bad_leaf_signature",
    /// The device key did not sign this policy.
    BadPolicySignature = "bad_policy_signature",
    /// A policy that is missing, unreadable or not for this visit.
    BadPolicy = "bad_policy",
    /// A credential of another type, or one that can't be read.
    BadCredential = "bad_credential",
    /// A name where none may be, or none where one must be.
    BadName = "bad_name",
    /// The practice's key did not sign this certificate.
    BadPracticeSignature = "bad_practice_signature",
    /// Another practice's key, or none, stands behind it than the one that this client holds to be the practice's.
    OtherPractice = "other_practice",
    /// A device of staff that the practice did not certify.
    NotCertified = "not_certified",
    /// The practice's certificate of the device has ended.
    CertificateExpired = "certificate_expired",
    /// The practice took the device's certificate back.
    DeviceRevoked = "device_revoked",
    /// An invitation, which this version can't check.
    InvitationNotSupported = "invitation_not_supported",
    /// A credential for another visit.
    OtherVisit = "other_visit",
    /// Another cipher suite than the policy's.
    OtherSuite = "other_suite",
    /// A clinician who is not the one of the policy.
    OtherClinician = "other_clinician",
    /// A device that is not certified for the role it takes.
    RoleNotCertified = "role_not_certified",
    /// From the future, by more than clocks differ.
    NotYetValid = "not_yet_valid",
    /// A credential, KeyPackage or policy that has ended.
    Expired = "expired",
    /// Rule R1: only the clinician, and co-hosts named in the policy, add people.
    NotAllowedToAdd = "not_allowed_to_add",
    /// Only who may add people may remove them at will.
    NotAllowedToRemove = "not_allowed_to_remove",
    /// Rule R3: the person is not known to be gone, or not for long enough.
    NotGone = "not_gone",
    /// The person has a leaf already.
    AlreadyHere = "already_here",
    /// No place left.
    GroupFull = "group_full",
    /// Rule R2: nobody to return as.
    NoOldLeaf = "no_old_leaf",
    /// Rule R2: the removed leaf is somebody else's.
    OtherPerson = "other_person",
    /// Rule R2: returns in another role.
    OtherRole = "other_role",
    /// Returns on another device; or the clinician's leaf is not on the device that signed the policy.
    OtherDevice = "other_device",
    /// Rule R2: a credential no later than the one it replaces, so maybe a replayed one.
    NotLater = "not_later",
    /// A commit without an update path.
    PathMissing = "path_missing",
    /// A proposal or message that this house does not know: external commits, re-inits, standalone proposals.
    ProposalNotAllowed = "proposal_not_allowed",
    /// A pre-shared key in a commit of somebody who may not add people.
    PskNotAllowed = "psk_not_allowed",
    /// A member changed credential or key.
    IdentityChanged = "identity_changed",
    /// The Welcome is from somebody who may not add us.
    WelcomeNotByAdmitter = "welcome_not_by_admitter",
    /// The Welcome is for another KeyPackage.
    NotForUs = "not_for_us",
    /// There is no group (any more).
    NotInGroup = "not_in_group",
    /// There is a group already.
    AlreadyInGroup = "already_in_group",
    /// The leaf has not been signed by the device key yet.
    NotSigned = "not_signed",
    /// A commit of ours has not come back yet.
    CommitPending = "commit_pending",
    /// Nobody has this leaf or this person id.
    UnknownMember = "unknown_member",
    /// Not one of the four media contexts.
    UnknownContext = "unknown_context",
    /// An application payload that breaks its form.
    BadPayload = "bad_payload",
    /// An argument of the wrong size or range.
    BadArgument = "bad_argument",
    /// The MLS library refused, for a reason without a code of ours.
    Refused = "refused",
}

impl IntoAnyError for Refusal {
    fn into_dyn_error(self) -> Result<Box<dyn std::error::Error + Send + Sync>, Self> {
        Ok(self.into())
    }
}

impl From<MlsError> for Refusal {
    fn from(error: MlsError) -> Self {
        match error {
            // Our own rules refused: their reason travels through the library unchanged.
            MlsError::IdentityProviderError(inner) | MlsError::MlsRulesError(inner) => {
                inner.inner_dyn_error().downcast_ref().copied().unwrap_or(Self::Refused)
            }
            MlsError::SerializationError(_) => Self::Malformed,
            MlsError::InvalidEpoch | MlsError::EpochNotFound => Self::Stale,
            MlsError::GroupIdMismatch => Self::WrongGroup,
            MlsError::InvalidSignature
            | MlsError::InvalidMembershipTag
            | MlsError::InvalidConfirmationTag => Self::BadSignature,
            MlsError::InvalidLifetime { .. } => Self::Expired,
            MlsError::CommitMissingPath => Self::PathMissing,
            MlsError::InvalidSuccessor => Self::IdentityChanged,
            MlsError::ExistingPendingCommit => Self::CommitPending,
            MlsError::WelcomeKeyPackageNotFound => Self::NotForUs,
            MlsError::CipherSuiteMismatch | MlsError::UnsupportedCipherSuite(_) => Self::OtherSuite,
            MlsError::UnencryptedApplicationMessage => Self::ProposalNotAllowed,
            _ => Self::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_refusal_has_a_code_of_its_own() {
        let codes: BTreeSet<_> = Refusal::ALL.iter().map(|refusal| refusal.code()).collect();
        assert_eq!(codes.len(), Refusal::ALL.len());
        assert_eq!(Refusal::OtherVisit.to_string(), "other_visit");
    }

    #[test]
    fn the_typescript_surface_lists_exactly_these_codes() {
        let types = include_str!("../curtain_e2ee.d.ts");
        let list = types.split("export type Refusal =").nth(1).unwrap().split(';').next().unwrap();
        let listed: BTreeSet<_> = list.split('"').skip(1).step_by(2).collect();
        assert_eq!(listed, Refusal::ALL.iter().map(|refusal| refusal.code()).collect());
    }
}
