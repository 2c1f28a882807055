//! The library asks: is this leaf valid, which member is it, may it become that one?
//!
//! Asked for every leaf of a group we join, for every Add, for our own leaf and for every update path.

use mls_rs_core::extension::ExtensionList;
use mls_rs_core::identity::{CredentialType, IdentityProvider, MemberValidationContext, SigningIdentity};
use mls_rs_core::time::MlsTime;

use super::Rules;
use crate::credential::{CREDENTIAL_TYPE, Credential};
use crate::error::Refusal;

impl IdentityProvider for Rules {
    type Error = Refusal;

    // The library's own time argument is missing on some paths: the time of the running call is always there.
    fn validate_member(
        &self,
        identity: &SigningIdentity,
        _time: Option<MlsTime>,
        _context: MemberValidationContext<'_>,
    ) -> Result<(), Refusal> {
        let watch = self.watch();
        let credential = Credential::of(&identity.credential)?;
        credential.check(&self.suite, &identity.signature_key, self.visit, &watch.practice, watch.now)
    }

    fn validate_external_sender(
        &self,
        _identity: &SigningIdentity,
        _time: Option<MlsTime>,
        _extensions: Option<&ExtensionList>,
    ) -> Result<(), Refusal> {
        Err(Refusal::ProposalNotAllowed)
    }

    // The leaf key, not the person: a person who returns has an old leaf and a new one in the same commit.
    fn identity(&self, identity: &SigningIdentity, _extensions: &ExtensionList) -> Result<Vec<u8>, Refusal> {
        Ok(identity.signature_key.to_vec())
    }

    // Rule R0: a commit renews encryption keys and nothing else.
    fn valid_successor(
        &self,
        old: &SigningIdentity,
        new: &SigningIdentity,
        _extensions: &ExtensionList,
    ) -> Result<bool, Refusal> {
        Ok(old == new)
    }

    fn supported_types(&self) -> Vec<CredentialType> {
        vec![CredentialType::new(CREDENTIAL_TYPE)]
    }
}
