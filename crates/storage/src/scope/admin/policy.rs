//! The practice's policy, as an administrator reads and decides it.

use curtain_auth::PolicyChoice;

use super::AdminScope;
use crate::{PolicySave, StorageError, StoredPolicy, policy};

/// The practice's policy.
impl AdminScope {
    /// The policy that holds now.
    pub async fn policy(&mut self) -> Result<StoredPolicy, StorageError> {
        policy::read(self.unit.connection()).await
    }

    /// Puts a choice in the place of the policy of the version that I had before me. `Changed` when that is no longer the
    /// newest one: two administrators never overwrite each other unseen.
    pub async fn save_policy(
        &mut self,
        expected: u32,
        choice: &PolicyChoice,
    ) -> Result<PolicySave, StorageError> {
        policy::save(self.unit.connection(), expected, choice).await
    }
}
